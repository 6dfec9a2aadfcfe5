"""All tables as one workbook, a sheet a table.

xlsxwriter makes the book with its headers; the rows are put into its sheets here, a column at a time. Its own way
of writing, cell by cell, took more time than any other file of a report.
"""

from __future__ import annotations

import io
import math
import re
import zipfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from planmine.report.dictionary import TABLES, label
from planmine.report.tables import plain_values

ROWS = 1_048_575  # of a sheet, below its header
CELL = 32_767  # characters of a cell
BLOCK = 10_000  # rows that are put into words at once
_WIDTHS = {"text": 60, "title": 32, "source": 32, "reason": 40, "remedy": 40, "notice": 40, "label": 32, "formula": 32}  # fmt: skip
_TIME = datetime(2000, 1, 1, tzinfo=UTC)  # no clock: the same tables give the same bytes
# What XML cannot hold, and what a spreadsheet would read as such a character written out.
_SPECIAL = re.compile("[&<>\x00-\x08\x0b-\x1f\ufffe\uffff\ud800-\udfff]|_x[0-9a-fA-F]{4}_")
_NAMED = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def write_workbook(path: Path, tables: Mapping[str, pd.DataFrame]) -> Path:
    """Write ``tables`` as one .xlsx: frozen headers, a filter on each column, the columns' names as comments.

    Texts are text: no formula, no link. A table of more rows than a sheet holds is cut there, and its sheet's
    name says so; CSV and Parquet have all. A text longer than a cell is cut.
    """
    given = [table.head(ROWS) for name in TABLES if (table := tables.get(name)) is not None]
    with (
        zipfile.ZipFile(_headers(tables)) as empty,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book,
    ):
        for item in empty.infolist():
            number = re.fullmatch(r"xl/worksheets/sheet(\d+)\.xml", item.filename)
            data = empty.read(item)
            if number is None:
                book.writestr(item, data)
                continue
            table = given[int(number[1]) - 1]
            begin, end, rest = data.partition(b"</sheetData>")
            last = xl_col_to_name(max(len(table.columns) - 1, 0))
            begin = re.sub(
                rb'<dimension ref="[^"]*"', f'<dimension ref="A1:{last}{len(table) + 1}"'.encode(), begin
            )
            with book.open(item, "w", force_zip64=len(table) > ROWS // 2) as sheet:
                sheet.write(begin)
                for block in _rows(table):
                    sheet.write(block.encode())
                sheet.write(end + rest)
    return path


def _headers(tables: Mapping[str, pd.DataFrame]) -> io.BytesIO:
    """The book with the sheets of all tables and no row but their headers."""
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
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
    made.seek(0)
    return made


def _rows(table: pd.DataFrame) -> Iterator[str]:
    """The rows of a sheet below its header, as SpreadsheetML, some at a time."""
    for start in range(0, len(table), BLOCK):
        rows = table.iloc[start : start + BLOCK]
        numbers = range(start + 2, start + 2 + len(rows))
        columns = [
            _cells(plain_values(rows[name]), f'<c r="{xl_col_to_name(k)}', numbers)
            for k, name in enumerate(table.columns)
        ]
        lines = zip(numbers, map("".join, zip(*columns, strict=True)), strict=True)
        yield "".join(f'<row r="{number}">{cells}</row>' for number, cells in lines)


def _cells(values: list[Any], head: str, numbers: range) -> list[str]:
    """One column: nothing for null, text in place (not in the table of shared strings), numbers as they are."""
    cells = []
    for value, number in zip(values, numbers, strict=True):
        if value is None or value == "":
            cells.append("")
        elif isinstance(value, str):
            text = value[:CELL]
            if _SPECIAL.search(text):
                text = _SPECIAL.sub(_escaped, text)
            cells.append(f'{head}{number}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>')
        elif isinstance(value, bool):
            cells.append(f'{head}{number}" t="b"><v>{value:d}</v></c>')
        elif math.isfinite(value):
            cells.append(f'{head}{number}"><v>{value!r}</v></c>')
        else:
            cells.append(f'{head}{number}" t="e"><v>#NUM!</v></c>')
    return cells


def _escaped(found: re.Match[str]) -> str:
    sign = found[0]
    if sign in _NAMED:
        return _NAMED[sign]
    if len(sign) > 1:
        return "_x005F" + sign
    return "\ufffd" if "\ud800" <= sign <= "\udfff" else f"_x{ord(sign):04X}_"
