"""Tables for Stata: one .dta a table, with labels of variables and values."""

from __future__ import annotations

import warnings
from datetime import datetime
from pathlib import Path

import pandas as pd

from planmine.codebook import Codebook
from planmine.report.dictionary import TABLES, code_names, label
from planmine.report.tables import plain_values

_TIME = datetime(2000, 1, 1)
LONG = 200  # characters: a column with a longer text is of type strL, which holds each text once


def write_stata(folder: Path, name: str, table: pd.DataFrame, codebook: Codebook) -> None:
    """Write a table of ``TABLES`` as ``name.dta`` (Stata 14 and later, Unicode) with labels.

    Every variable has a label in Chinese and English; the codes of categories, statuses and relations are
    numbers with value labels. ``end``, a word of Stata's own, is ``_end``. Lists are JSON; long texts are strL. A table
    without rows has no file, since Stata has no empty data sets.
    """
    columns, long = {}, []
    for column in map(str, table.columns):
        stored = "_end" if column == "end" else column
        columns[stored] = _column(table[column], column, codebook)
        if columns[stored].dtype == object and max(map(len, columns[stored])) > LONG:
            long.append(stored)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # value labels of Unicode are what version 118 is for
        pd.DataFrame(columns).to_stata(
            folder / f"{name}.dta",
            write_index=False,
            version=118,
            time_stamp=_TIME,
            data_label=f"PlanMine: {TABLES[name][1]}",
            variable_labels={
                c: f"{label(c.lstrip('_'), 'zh')} {label(c.lstrip('_'), 'en')}"[:80] for c in columns
            },
            convert_strl=long,
        )


def _column(column: pd.Series, name: str, codebook: Codebook) -> pd.Series:
    """A column as Stata holds it: codes with their labels, numbers, or text (object)."""
    if names := code_names(name, codebook.categories):
        values = plain_values(column)
        found = set(values) - {None}
        codes = [code for code in names if code in found]
        codes += sorted(set(map(str, found)) - set(codes))
        rank = {code: k for k, code in enumerate(codes)}
        return pd.Series(
            pd.Categorical.from_codes(
                [-1 if value is None else rank[str(value)] for value in values],
                [f"{code} {' '.join(names.get(code, ()))}".strip() for code in codes],
            )
        )
    if pd.api.types.is_bool_dtype(column):
        return column.astype("int8").reset_index(drop=True)
    if pd.api.types.is_numeric_dtype(column):
        kind = "float64" if column.isna().any() else column.dtype.name.lower()
        return column.astype(kind).reset_index(drop=True)
    return pd.Series(["" if value is None else str(value) for value in plain_values(column)], dtype=object)
