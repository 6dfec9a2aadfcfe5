"""Diffusion: when themes came up where. Timing, and no claim about what caused it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from planmine.comparison.frames import named, number, table
from planmine.comparison.versions import plan_versions

ADOPTION = {
    "theme_id": "string",
    "year": "Int64",
    "observed": "Int64",
    "adopters": "Int64",
    "new": "Int64",
    "active": "Int64",
}
SPREAD = {
    "theme_id": "string",
    "city": "string",
    "year": "Int64",
    "province": "string",
    "province_before": "Int64",
    "province_observed": "Int64",
    "neighbours_before": "Int64",
    "neighbours_observed": "Int64",
    "elsewhere_before": "Int64",
    "elsewhere_observed": "Int64",
}

NEVER = np.iinfo(np.int64).max


def find_adoption(theme_measures: pd.DataFrame, measures: pd.DataFrame) -> pd.DataFrame:
    """The adoption curve of each theme: one row a year in which any city has a plan (Rogers 2003, Diffusion of Innovations).

    ``observed`` cities have a plan that year; ``new`` ones have the theme for the first time among the plans read,
    ``adopters`` are those up to then; ``active`` ones have it that year. Panels are rarely balanced: a city whose
    first plan already has the theme is new in that year, though it may have begun before; active / observed does not
    suffer from that.
    """
    seen = named(measures)[["city", "year"]].dropna().drop_duplicates()
    observed = seen.groupby("year")["city"].nunique().sort_index()
    years = observed.index
    having = theme_measures[["theme_id", "city", "year"]].dropna().drop_duplicates()
    first = having.groupby(["theme_id", "city"])["year"].min().reset_index()
    themes = sorted(set(having["theme_id"]))
    index = pd.MultiIndex.from_product([themes, years], names=["theme_id", "year"])
    new = first.groupby(["theme_id", "year"]).size().reindex(index, fill_value=0)
    active = having.groupby(["theme_id", "year"]).size().reindex(index, fill_value=0)
    frame = pd.DataFrame({"new": new, "active": active}).reset_index()
    frame["adopters"] = frame.groupby("theme_id")["new"].cumsum()
    frame["observed"] = frame["year"].map(observed)
    return table(frame, ADOPTION)


def find_spread(
    theme_measures: pd.DataFrame,
    measures: pd.DataFrame,
    *,
    plans: pd.DataFrame | None = None,
    neighbours: Mapping[str, Sequence[str]] | None = None,
) -> pd.DataFrame:
    """Who had a theme before each city that took it up: of its province, of its neighbours, and of all others.

    One row a theme and city, ``year`` its first. ``…_observed`` counts the other cities with a plan before that
    year, ``…_before`` those of them that had the theme before it. Where before / observed is higher in the province than
    elsewhere, the theme came up close by first; that is timing and may have a common cause. ``neighbours``: city to
    those it borders, yours to give; null without it, as the province's are without ``plans``.
    """
    versions = plan_versions(measures, plans)
    province = versions.dropna(subset=["city"]).groupby("city")["province"].first().to_dict()
    seen = named(measures).dropna(subset=["year"]).groupby("city")["year"].min()
    first = theme_measures.dropna(subset=["year"]).groupby(["theme_id", "city"])["year"].min()
    cities = sorted({*seen.index, *first.index.get_level_values("city")})
    place = {city: k for k, city in enumerate(cities)}
    read = np.array([seen.get(city, NEVER) for city in cities], dtype=np.int64)
    homes = ["" if pd.isna(home := province.get(city)) else str(home) for city in cities]
    home = number(sorted({*homes} - {""}), homes)  # -1: not known
    beside = None if neighbours is None else _borders(cities, neighbours)
    found = []
    for theme, years in first.groupby(level="theme_id"):
        own = np.array([place[city] for city in years.index.get_level_values("city")])
        year = years.to_numpy(dtype=np.int64)
        since = np.full(len(cities), NEVER)
        since[own] = year
        # (cities of the theme, all cities): those that had a plan, and the theme, before each of its cities
        observed = (read < year[:, None]) & (own[:, None] != np.arange(len(cities)))
        before = observed & (since < year[:, None])
        near = (home[own, None] == home) & (home[own, None] >= 0)
        far = ~near if beside is None else ~(near | beside[own])
        groups = (near, far if beside is None else beside[own], far)
        counts = [[(who & group).sum(axis=1) for who in (before, observed)] for group in groups]
        sizes = np.array(counts).reshape(len(SPREAD) - 4, -1).T.astype(object)
        sizes[home[own] < 0, :2] = pd.NA
        if beside is None:
            sizes[:, 2:4] = pd.NA
        found += [
            [theme, cities[k], int(year[row]), homes[k] or pd.NA, *sizes[row]]
            for row, k in enumerate(own.tolist())
        ]
    frame = pd.DataFrame(found, columns=list(SPREAD)).replace({np.nan: pd.NA})
    return table(frame.sort_values(["theme_id", "year", "city"]), SPREAD)


def _borders(cities: Sequence[str], neighbours: Mapping[str, Sequence[str]]) -> np.ndarray:
    """(cities, cities) whether the second is named as a neighbour of the first."""
    return np.array(
        [[other in near for other in cities] for near in (set(neighbours.get(c, ())) for c in cities)]
    )
