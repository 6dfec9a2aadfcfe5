"""Tables for spreadsheets and for Stata: one workbook with a sheet a table, and a .dta a table with labels."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter

from planmine.codebook import Codebook
from planmine.report.dictionary import TABLES, code_names, label
from planmine.report.tables import plain_text

ROWS = 1_048_575  # of a sheet, below its header
CELL = 32_767  # characters of a cell
_WIDTHS = {"text": 60, "title": 32, "source": 32, "reason": 40, "remedy": 40, "notice": 40, "label": 32, "formula": 32}  # fmt: skip
_TIME = datetime(2000, 1, 1, tzinfo=UTC)  # no clock: the same tables give the same bytes


def write_workbook(path: Path, tables: Mapping[str, pd.DataFrame]) -> Path:
    """Write ``tables`` as one .xlsx: frozen headers, a filter on each column, the columns' names as comments.

    Texts are text: no formula, no link. A table of more rows than a sheet holds is cut there, and its sheet's
    name says so; CSV and Parquet have all. A text longer than a cell is cut.
    """
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "nan_inf_to_errors": True,
    }
    with xlsxwriter.Workbook(path, options) as book:
        book.set_properties({"title": "PlanMine", "created": _TIME.replace(tzinfo=None)})
        bold = book.add_format({"bold": True, "bottom": 1})
        for name, (zh, _, _) in TABLES.items():
            table = tables.get(name)
            if table is None:
                continue
            cut = len(table) > ROWS
            sheet = book.add_worksheet(f"{zh} {name}"[:24] + (" (cut)" if cut else ""))
            sheet.freeze_panes(1, 0)
            if len(table.columns):
                sheet.autofilter(0, 0, min(len(table), ROWS), len(table.columns) - 1)
            for k, column in enumerate(table.columns):
                sheet.set_column(k, k, _WIDTHS.get(str(column), 14))
            sheet.write_row(0, 0, map(str, table.columns), bold)
            for k, column in enumerate(table.columns):
                sheet.write_comment(0, k, f"{label(str(column), 'zh')} / {label(str(column), 'en')}")
            for number, row in enumerate(_cells(table.head(ROWS)), 1):
                for k, value in enumerate(row):
                    if isinstance(value, str):
                        sheet.write_string(number, k, value[:CELL])
                    elif value is not None:
                        sheet.write(number, k, value)
    return path


def _cells(table: pd.DataFrame) -> Any:
    """Rows of Python's own values: lists as JSON, null as None."""
    columns = []
    for name in table.columns:
        column = plain_text(table[name], guard=False)
        columns.append(column.astype(object).where(column.notna(), None).tolist())
    return zip(*columns, strict=True)


def write_stata(folder: Path, tables: Mapping[str, pd.DataFrame], codebook: Codebook) -> list[Path]:
    """Write each table as ``name.dta`` (Stata 14 and later, Unicode) with labels; the paths, sorted.

    Every variable has a label in Chinese and English; the codes of categories, statuses and relations are
    numbers with value labels. ``end``, a word of Stata's own, is ``_end``. Lists are JSON; long texts are strL. A table without rows is left out, since
    Stata has no empty data sets.
    """
    paths = []
    for name, table in tables.items():
        if name not in TABLES or table.empty:
            continue
        columns, strings = {}, []
        for column in map(str, table.columns):
            columns[column], text = _stata_column(table[column], column, codebook)
            strings += [column] if text else []
        data = pd.DataFrame(columns).rename(columns={"end": "_end"})
        path = folder / f"{name}.dta"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # value labels of Unicode are what version 118 is for
            data.to_stata(
                path,
                write_index=False,
                version=118,
                time_stamp=_TIME.replace(tzinfo=None),
                data_label=f"PlanMine: {TABLES[name][1]}",
                variable_labels={
                    c: f"{label(c.lstrip('_'), 'zh')} {label(c.lstrip('_'), 'en')}"[:80] for c in data.columns
                },
                convert_strl=[c for c in strings if data[c].str.len().max() > 200],
            )
        paths.append(path)
    return sorted(paths)


def _stata_column(column: pd.Series, name: str, codebook: Codebook) -> tuple[pd.Series, bool]:
    """A column as Stata holds it, and whether it is text."""
    names = code_names(name, codebook.categories)
    if names:
        codes = [code for code in names if code in set(column)]
        codes += sorted(set(column.dropna().astype(str)) - set(codes))
        named = {code: f"{code} {' '.join(names.get(code, ()))}".strip() for code in codes}
        kinds = pd.CategoricalDtype([named[code] for code in codes])
        return column.map(named).astype(kinds).reset_index(drop=True), False
    if pd.api.types.is_bool_dtype(column):
        return column.astype("int8").reset_index(drop=True), False
    if pd.api.types.is_numeric_dtype(column):
        return column.astype("float64" if column.isna().any() else column.dtype.name.lower()).reset_index(
            drop=True
        ), False
    return plain_text(column, guard=False).astype("string").fillna("").astype(object).reset_index(
        drop=True
    ), True
