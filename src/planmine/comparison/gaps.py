"""Gaps: what most of a city's peers have and it lacks, and why it may be missing from what was read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from planmine.comparison.frames import named, plan_of, table
from planmine.comparison.versions import plan_versions

MOST = 0.5  # a gap is what more than this share of the peers have
LOW_RECALL = 0.8  # of a category, below which a lack may be the coder's

GAPS = {
    "city": "string",
    "theme_id": "string",
    "label": "string",
    "peers_with": "Int64",
    "peers": "Int64",
    "example": "string",
    "reason": "string",
}


def find_gaps(
    themes: pd.DataFrame,
    theme_measures: pd.DataFrame,
    measures: pd.DataFrame,
    *,
    plans: pd.DataFrame | None = None,
    failures: pd.DataFrame | None = None,
    peers: Mapping[str, Sequence[str]] | None = None,
    recall: Mapping[str, float] | None = None,
    most: float = MOST,
) -> pd.DataFrame:
    """For each city the themes that more than ``most`` of its peers have and it has in none of its plans.

    ``peers``: the cities that each is held against; by default all others with plans. ``example`` is the theme's
    medoid. ``reason`` says why a theme may be missing though the city acts so, the first that holds:
    ``failed``, a document that could not be read names the city; ``agency``, no plan of the city is by an agency of
    the kind whose plans have the theme (places taken out of the names; said only where all agencies are known);
    ``recall``, the coder finds less than 0.8 of the theme's category (``recall``: category to recall); ``none``,
    nothing speaks against a real gap. ``failures``, ``plans``: tables of those names.
    """
    named_rows = named(measures)
    cities = sorted(set(named_rows["city"]))
    held = {theme: set(of) for theme, of in theme_measures.groupby("theme_id")["city"]}
    kinds = _Kinds(theme_measures, measures, plans)
    failed = _failed(cities, failures)
    found = []
    for theme in themes.itertuples():
        have = held.get(theme.theme_id, set())
        for city in cities:
            against = set(cities if peers is None else peers.get(city, ())) - {city}
            with_it = len(have & against)
            if city in have or not against or with_it <= most * len(against):
                continue
            if city in failed:
                reason = "failed"
            elif kinds.lacks(city, theme.theme_id):
                reason = "agency"
            elif recall is not None and recall.get(theme.category, 1.0) < LOW_RECALL:
                reason = "recall"
            else:
                reason = "none"
            found.append((city, theme.theme_id, theme.label, with_it, len(against), theme.medoid, reason))
    frame = pd.DataFrame(found, columns=list(GAPS))
    return table(frame.sort_values(["city", "peers_with", "theme_id"], ascending=[True, False, True]), GAPS)


class _Kinds:
    """What kinds of agency wrote the plans of each city, and those that have each theme."""

    def __init__(
        self, theme_measures: pd.DataFrame, measures: pd.DataFrame, plans: pd.DataFrame | None
    ) -> None:
        versions = plan_versions(measures, plans)
        kind = {
            row.plan_id: None if pd.isna(row.agency) else agency_kind(row.agency, row.city)
            for row in versions.itertuples()
        }
        self.of_city: dict[str, set[str | None]] = {}
        for row in versions.dropna(subset=["city"]).itertuples():
            self.of_city.setdefault(row.city, set()).add(kind[row.plan_id])
        self.of_theme: dict[str, set[str | None]] = {}
        for theme, plan in zip(
            theme_measures["theme_id"], plan_of(theme_measures["measure_id"]), strict=True
        ):
            self.of_theme.setdefault(theme, set()).add(kind.get(plan))

    def lacks(self, city: str, theme: str) -> bool:
        own, with_it = self.of_city.get(city, {None}), self.of_theme.get(theme, {None})
        known = not any(pd.isna(kind) for kind in own | with_it)
        return known and own.isdisjoint(with_it)


def agency_kind(agency: str, city: str | None) -> str:
    """An agency's name without its place: 青岚市城市管理局 and 云泽市城市管理局 are of one kind."""
    from planmine.gazetteer import place_pattern

    name = place_pattern().sub("", agency.replace(city.partition(" (")[0], "") if city else agency)
    return name.strip() or agency


def _failed(cities: Sequence[str], failures: pd.DataFrame | None) -> set[str]:
    """Cities whose name stands in the name of a file that could not be read."""
    files = [] if failures is None else failures["file"].dropna().astype(str).tolist()
    names = {city: city.partition(" (")[0] for city in cities}
    stems = {city: {name, name.rstrip("市县区")} if len(name) > 2 else {name} for city, name in names.items()}
    return {city for city in cities if any(stem in file for stem in stems[city] for file in files)}
