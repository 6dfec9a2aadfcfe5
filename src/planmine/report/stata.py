"""Tables for Stata: one .dta a table, with labels of variables and values."""

from __future__ import annotations

import warnings
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pandas.io import stata

from planmine.codebook import Codebook
from planmine.report.dictionary import TABLES, code_names, label
from planmine.report.tables import plain_values

_TIME = datetime(2000, 1, 1)
LONG = 200  # characters: a column with a longer text is of type strL, which holds each text once


class _Strings(stata.StataStrLWriter):
    """pandas' table of long texts, made column by column; going through a frame row by row is slow."""

    def generate_table(self) -> tuple[dict[Any, tuple[int, int]], pd.DataFrame]:
        table, frame = self._gso_table, self.df
        places = [(name, frame.columns.get_loc(name) + 1) for name in self.columns]
        values = [frame[name].tolist() for name in self.columns]
        keys = np.empty((len(frame), len(places)), dtype=np.uint64)
        for row, texts in enumerate(zip(*values, strict=True)):
            for k, text in enumerate(texts):
                if (key := table.get(text)) is None:
                    key = table[text] = (places[k][1], row + 1)
                keys[row, k] = self._convert_key(key)
        for k, (name, _) in enumerate(places):
            frame[name] = keys[:, k]
        return table, frame


class _Writer(stata.StataWriterUTF8):
    def _convert_strls(self, data: pd.DataFrame) -> pd.DataFrame:
        if self._convert_strl:
            strings = _Strings(data, self._convert_strl, version=self._dta_version, byteorder=self._byteorder)
            table, data = strings.generate_table()
            self._strl_blob = strings.generate_blob(table)
        return data


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
        _Writer(
            folder / f"{name}.dta",
            pd.DataFrame(columns),
            write_index=False,
            version=118,
            time_stamp=_TIME,
            data_label=f"PlanMine: {TABLES[name][1]}",
            variable_labels={
                c: f"{label(c.lstrip('_'), 'zh')} {label(c.lstrip('_'), 'en')}"[:80] for c in columns
            },
            convert_strl=long,
        ).write_file()


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
