"""Diffusion: when themes came up where. Timing, and no claim about what caused it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from planmine.comparison.frames import named, table
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
    found = []
    for theme, years in first.groupby(level="theme_id"):
        since = years.droplevel("theme_id")
        for city, year in since.items():
            observed = set(seen.index[(seen < year) & (seen.index != city)])
            before = observed & set(since.index[since < year])
            home = province.get(city)
            near = {c for c in observed if province.get(c) == home} if not pd.isna(home) else None
            beside = observed & set(neighbours.get(str(city), ())) if neighbours is not None else None
            far = observed - (near or set()) - (beside or set())
            row = [theme, city, year, home]
            for group in (near, beside, far):
                row += [pd.NA, pd.NA] if group is None else [len(before & group), len(group)]
            found.append(row)
    frame = pd.DataFrame(found, columns=list(SPREAD)).replace({np.nan: pd.NA})
    return table(frame.sort_values(["theme_id", "year", "city"]), SPREAD)
