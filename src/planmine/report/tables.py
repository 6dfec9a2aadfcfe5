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

    The same tables give the same bytes. Raises ValueError where a table has values that no column type holds.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, table in tables.items():
        paths.append(write_parquet(folder / f"{name}.parquet", table))
        paths.append(write_csv(folder / f"{name}.csv", flattened(table)))
    return sorted(paths)


def write_parquet(path: Path, table: pd.DataFrame) -> Path:
    """Write one table as Parquet, with lists as lists and every text as it is. Raises ValueError as write_tables."""
    try:
        rows = pa.Table.from_pandas(_typed(table), preserve_index=False)
    except pa.ArrowException as error:
        raise ValueError(f"table {path.stem}: {error}; every column needs values of one type") from error
    pq.write_table(rows.replace_schema_metadata(None), path, compression="zstd")
    return path


def write_csv(path: Path, table: pd.DataFrame) -> Path:
    """Write one table as CSV: UTF-8 with BOM, no index, lists as JSON.

    A text that a spreadsheet would run as a formula gets an apostrophe in front, here only.
    """
    columns = {name: _guarded(table[name]) for name in table.columns}
    table.assign(**columns).to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\n")
    return path


def flattened(table: pd.DataFrame) -> pd.DataFrame:
    """The table with its lists as JSON, which CSV, Excel and Stata share: made once for all three."""
    nested = [name for name in table.columns if _nested(table[name])]
    return table.assign(
        **{name: pd.Series(_json(table[name]), index=table.index, dtype=object) for name in nested}
    )


def plain_values(column: pd.Series) -> list[Any]:
    """A column as Python's own values: text as text, lists as JSON, null as None."""
    if _nested(column):
        return _json(column)
    values = column.to_numpy(dtype=object)
    null = column.isna().to_numpy()
    if null.any():
        values = np.where(null, None, values)
    if pd.api.types.is_numeric_dtype(column):
        return values.tolist()
    return [value if value is None or type(value) is str else str(value) for value in values.tolist()]


def _guarded(column: pd.Series) -> pd.Series:
    """A column for CSV, where a text must not begin as a formula does."""
    if pd.api.types.is_numeric_dtype(column):
        return column
    values = [f"'{text}" if text and text.startswith(_FORMULA) else text for text in plain_values(column)]
    return pd.Series(values, index=column.index, dtype=object)


def _json(column: pd.Series) -> list[str | None]:
    write = json.JSONEncoder(ensure_ascii=False, default=_listed).encode
    return [None if _absent(value) else write(value) for value in column]


def _absent(value: Any) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and value != value)


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
