"""Tables to files: CSV that Excel reads, and Parquet that keeps the types."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

# What a spreadsheet takes for a formula at the start of a cell. Plans come from anywhere.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_tables(folder: Path, tables: Mapping[str, pd.DataFrame]) -> list[Path]:
    """Write ``name.csv`` and ``name.parquet`` of each table into ``folder``; the paths, sorted.

    CSV is UTF-8 with BOM and has lists as JSON; a text that a spreadsheet would run as a formula gets an
    apostrophe in front, there only. Parquet has lists as lists and every text as it is. The same tables
    give the same bytes. Raises ValueError where a table has values that no column type holds.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, table in tables.items():
        csv, parquet = folder / f"{name}.csv", folder / f"{name}.parquet"
        write_csv(csv, table)
        try:
            rows = pa.Table.from_pandas(_typed(table), preserve_index=False)
        except pa.ArrowException as error:
            raise ValueError(f"table {name}: {error}; every column needs values of one type") from error
        pq.write_table(rows.replace_schema_metadata(None), parquet, compression="zstd")
        paths += [csv, parquet]
    return sorted(paths)


def write_csv(path: Path, table: pd.DataFrame) -> None:
    """Write one table as CSV: UTF-8 with BOM, no index, lists as JSON, no formulas."""
    columns = {name: plain_text(table[name]) for name in table.columns}
    table.assign(**columns).to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\n")


def plain_text(column: pd.Series, *, guard: bool = True) -> pd.Series:
    """A column as a spreadsheet may have it: numbers as they are, lists as JSON, ``guard``: no formulas."""
    if pd.api.types.is_numeric_dtype(column):
        return column
    if _nested(column):
        return column.map(
            lambda value: json.dumps(value, ensure_ascii=False, default=_listed), na_action="ignore"
        )
    text = column.astype("string")
    if not guard:
        return text
    return text.where(~text.str.startswith(_FORMULA).fillna(False).astype(bool), "'" + text)


def _nested(column: pd.Series) -> bool:
    """Whether a column holds lists or records and no plain values."""
    kinds = (list, tuple, dict, np.ndarray)
    return column.dtype == object and any(isinstance(value, kinds) for value in column)


def _listed(value: Any) -> Any:
    """numpy's arrays and numbers as Python's."""
    return value.tolist()


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    """Text columns as text even where all is null, so that a type does not depend on the corpus."""
    columns = {}
    for name in table.columns:
        column = table[name]
        if column.dtype == object and not _nested(column):
            columns[name] = column.astype("string")
    return table.assign(**columns)
