"""What the comparison reads from the table of measures, and the form of the tables it gives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from planmine.codebook import Codebook, load_codebook

STRINGS = ["measure_id", "city", "city_code", "text", "status", "category"]
COLUMNS = [
    "measure_id",
    "city",
    "city_code",
    "year",
    "start",
    "text",
    "status",
    "category",
    "labels",
    "targets",
]
COMPARED = ("planned", "completed", "goal")  # context states no action
ALL = "all"  # the row that stands for every category together


@dataclass(frozen=True, slots=True)
class Comparable:
    """The measures that cities are compared by, in an order that does not depend on the input's.

    ``rows``: (n,) measures with a city and an action, by city and measure_id; ``position``: (n,) their
    places in the frame given; ``cities``: every city named there, sorted; ``city``, ``category``: (n,)
    indices into ``cities`` and ``categories``; ``bounds``: (cities + 1,) where each city's rows begin;
    ``left_out``: measures with an action and no known city.
    """

    rows: pd.DataFrame
    position: np.ndarray
    cities: list[str]
    city: np.ndarray
    categories: list[str]
    category: np.ndarray
    bounds: np.ndarray
    left_out: int


def named(measures: pd.DataFrame) -> pd.DataFrame:
    """The measures whose city is known, sorted by city and measure_id, index = place in the frame given.

    Two places of one name and different codes (鼓楼区) become ``name (code)``: they are two cities.
    Raises ValueError where a column or a category is missing or a measure_id stands twice.
    """
    missing = [name for name in COLUMNS if name not in measures.columns]
    if missing and len(measures):
        raise ValueError(
            f"measures: no column {', '.join(missing)}; give the table that planmine.extract makes"
        )
    types = {**dict.fromkeys(STRINGS, "string"), "year": "Int64"}
    frame = measures.reindex(columns=COLUMNS).reset_index(drop=True).astype(types)
    twice = frame["measure_id"][frame["measure_id"].duplicated()]
    if len(twice):
        raise ValueError(f"measures: measure_id {twice.iloc[0]} stands twice; drop duplicate plans first")
    uncoded = frame["measure_id"][frame["status"].isin(COMPARED) & frame["category"].isna()]
    if len(uncoded):
        raise ValueError(
            f"measures: {uncoded.iloc[0]} has no category; code the measures before comparing them"
        )
    frame = frame[frame["city"].notna()]
    codes = frame.groupby("city")["city_code"].nunique()
    shared = frame["city"].isin(codes.index[codes > 1]) & frame["city_code"].notna()
    frame["city"] = frame["city"].where(~shared, frame["city"] + " (" + frame["city_code"] + ")")
    return frame.sort_values(["city", "measure_id"], kind="stable")


def category_codes(measures: pd.DataFrame, codebook: Codebook | None) -> list[str]:
    """The codebook's categories in its order, then any others that occur in the measures."""
    known = list((codebook or load_codebook()).categories)
    return known + sorted(set(measures["category"].dropna()) - set(known))


def comparable(measures: pd.DataFrame, codebook: Codebook | None = None) -> Comparable:
    """Sort and index the measures that are compared: those with a city, planned, completed or goal."""
    frame = named(measures)
    cities = sorted(set(frame["city"]))
    categories = category_codes(frame, codebook)
    rows = frame[frame["status"].isin(COMPARED)]
    city = number(cities, rows["city"])
    return Comparable(
        rows=rows.reset_index(drop=True),
        position=rows.index.to_numpy(dtype=np.int64),
        cities=cities,
        city=city,
        categories=categories,
        category=number(categories, rows["category"]),
        bounds=np.searchsorted(city, np.arange(len(cities) + 1)),
        left_out=int(measures["status"].isin(COMPARED).sum()) - len(rows) if len(measures) else 0,
    )


def number(known: Sequence[str], values: Iterable[str]) -> np.ndarray:
    """(v,) the place of each value in ``known``, -1 where it is not there."""
    place = {value: k for k, value in enumerate(known)}
    if isinstance(values, pd.Series):
        values = values.to_numpy(dtype=object)  # reading Arrow's texts one by one is slow
    return np.fromiter((place.get(value, -1) for value in values), dtype=np.int64)


def table(columns: Mapping[str, Any] | pd.DataFrame, types: Mapping[str, str]) -> pd.DataFrame:
    """A frame of exactly the columns and dtypes of ``types``; numbers to six decimals.

    Six decimals keep the last bits of a float, which differ between processors, out of the files.
    """
    frame = pd.DataFrame({name: np.asarray(columns[name]) for name in types})
    return frame.astype(dict(types)).round(6)


def plan_of(measure_ids: Iterable[str]) -> list[str]:
    """The plan_id in each measure_id."""
    if isinstance(measure_ids, pd.Series):
        measure_ids = measure_ids.to_numpy(dtype=object)
    return [str(name).rpartition(":")[0] for name in measure_ids]
