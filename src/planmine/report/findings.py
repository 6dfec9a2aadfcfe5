"""What was read and found, in numbers that the overview puts into sentences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from planmine.report.charts import most_similar
from planmine.report.dictionary import compared
from planmine.report.payload import SHOWN, plain
from planmine.report.scale import SMALL

REST = "other"  # the codebook's category for what no other covers: to lack it says nothing
NAMED = 5  # how many cities or categories a sentence names


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A category with its count among all measures of known cities."""

    category: str
    measures: int
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A category that some cities have no measure of in any year."""

    category: str
    cities: list[str]
    compared: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """Counts of what was read, and what stands out.

    ``units`` is every unit, context too; ``gaps`` and ``pairs`` are of cities with SMALL or more measures.
    """

    plans: int
    cities: int
    year_from: int | None
    year_to: int | None
    units: int
    statuses: dict[str, int]
    measures: int
    with_target: int
    left_out: int
    failures: int
    notices: int
    attention: list[Share]
    gaps: list[Gap]
    pairs: list[dict[str, Any]]
    matches: int
    same_text: int
    copied: list[tuple[str, str, int]]
    themes: int
    top_themes: list[dict[str, Any]]
    theme_gaps: int
    changes: dict[str, int]
    outcomes: dict[str, int]


def find(tables: dict[str, pd.DataFrame], comparison: Any) -> Findings:
    """Count and rank; every number is one that the page can show the measures of."""
    measures, matches = tables["measures"], comparison.matches
    shown = measures[measures["status"].isin(SHOWN)]
    coverage = comparison.coverage
    years = coverage["year"].dropna()
    by_category = (
        coverage.groupby("category", sort=False)["measures"].sum().sort_values(ascending=False, kind="stable")
    )
    total = max(int(by_category.sum()), 1)
    found = compared(comparison)
    overall = comparison.similarity[comparison.similarity["category"] == "all"]
    firm = overall[overall[["measures_a", "measures_b"]].min(axis=1) >= SMALL]
    copied = matches[matches["relation"] == "same_text"].groupby(["city_a", "city_b"]).size()
    copied = copied.sort_values(ascending=False, kind="stable")
    return Findings(
        plans=len(tables["plans"]),
        cities=int(coverage["city"].nunique()),
        year_from=int(years.min()) if len(years) else None,
        year_to=int(years.max()) if len(years) else None,
        units=len(measures),
        statuses={str(name): int(count) for name, count in measures["status"].value_counts().items()},
        measures=len(shown),
        with_target=sum(len(targets) > 0 for targets in shown["targets"]),
        left_out=int(comparison.left_out),
        failures=len(tables["failures"]),
        notices=len(tables["notices"]),
        attention=[
            Share(category=str(category), measures=int(count), share=count / total)
            for category, count in by_category.items()
            if count
        ],
        gaps=_gaps(coverage),
        pairs=[
            dict(zip(overall.columns, plain(row), strict=True))
            for row in most_similar(firm, NAMED).itertuples(index=False)
        ],
        matches=len(matches),
        same_text=int((matches["relation"] == "same_text").sum()),
        copied=[(str(a), str(b), int(count)) for (a, b), count in copied.head(NAMED).items()],
        themes=len(found["themes"]),
        top_themes=_top_themes(found["themes"]),
        theme_gaps=len(found["gaps"]),
        changes=_counts(found["changes"]["change"]),
        outcomes=_counts(found["results"]["outcome"]),
    )


def _top_themes(themes: pd.DataFrame) -> list[dict[str, Any]]:
    """The three themes of most cities; ties by their measures, then by name."""
    order = themes.sort_values(["cities", "measures", "label"], ascending=[False, False, True])
    return [
        dict(zip(order.columns, plain(row), strict=True)) for row in order.head(3).itertuples(index=False)
    ]


def _counts(codes: pd.Series) -> dict[str, int]:
    return {str(code): int(count) for code, count in codes.value_counts().items()}


def _gaps(coverage: pd.DataFrame) -> list[Gap]:
    """Categories that cities with SMALL or more measures never touch; most cities first."""
    counts = coverage.pivot_table(
        index="city", columns="category", values="measures", aggfunc="sum", sort=False
    )
    enough = counts[counts.sum(axis=1) >= SMALL]
    gaps = [
        Gap(
            category=str(name), cities=[str(c) for c in enough.index[enough[name] == 0]], compared=len(enough)
        )
        for name in enough.columns
        if name != REST
    ]
    return sorted((gap for gap in gaps if gap.cities), key=lambda gap: -len(gap.cities))
