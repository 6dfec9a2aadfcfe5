"""The tables of a report: their columns, and what each is called in a spreadsheet, in Stata and in the page.

The names stand in ``dictionary.yaml``. A table that a comparison does not bring is there without rows, so that a
script that reads it does not fail.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

_GIVEN = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
# Table -> (its name in Chinese, in English, its columns), in the order of the workbook's sheets.
TABLES: dict[str, tuple[str, str, list[str]]] = {
    name: (table["zh"], table["en"], table["columns"].split()) for name, table in _GIVEN["tables"].items()
}
COMPARED: list[str] = _GIVEN["compared"].split()
LABELS: dict[str, tuple[str, str]] = {name: tuple(names) for name, names in _GIVEN["labels"].items()}
# Column -> code -> what it is called; names of categories come from the codebook.
CODES: dict[str, dict[str, tuple[str, str]]] = {
    column: {code: tuple(names) for code, names in codes.items()} for column, codes in _GIVEN["codes"].items()
}


def compared(comparison: Any) -> dict[str, pd.DataFrame]:
    """The tables of a comparison by name; those it lacks, and columns they lack, are there and empty."""
    return {name: _whole(name, getattr(comparison, name, None)) for name in COMPARED}


def _whole(name: str, table: pd.DataFrame | None) -> pd.DataFrame:
    columns = TABLES[name][2]
    if table is None:
        return pd.DataFrame({column: pd.Series(dtype="object") for column in columns})
    lacking = {column: None for column in columns if column not in table}
    return table.assign(**lacking) if lacking else table


def label(column: str, language: str) -> str:
    """What a column is called; its own name where it has no other."""
    names = LABELS.get(column)
    return names[0 if language == "zh" else 1] if names else column


def code_names(column: str, categories: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """What the codes of a column are called, in Chinese and English; empty where it holds none."""
    if column == "category":
        return {"all": ("全部", "all"), **{code: (c.zh, c.en) for code, c in categories.items()}}
    return CODES.get(column, {})
