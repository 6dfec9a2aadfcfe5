"""Promise and result: a figure that was planned beside the figure that the next report gives as done."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd

from planmine.comparison.figures import LIKE, Paired, pair_figures
from planmine.comparison.frames import named, number, plan_of, table
from planmine.comparison.versions import plan_versions

COUNTERPART = 0.2  # least probability that promise and result are of the same action
# From here on a unit that both state once is of the same thing, whatever the indicators' words; less is asked where
# both state no other figure, as then the figure is what they are about.
SURE, SURE_ALONE = 0.9, 0.5
RATIO = 3  # a result that is so many times the promise, or less than its part, is of something else

RESULTS = {
    "city": "string",
    "year_promised": "Int64",
    "year_reported": "Int64",
    "measure_promised": "string",
    "measure_result": "string",
    "indicator": "string",
    "unit": "string",
    "promised": "float64",
    "comparator": "string",
    "achieved": "float64",
    "outcome": "string",
    "probability": "float64",
}
# A figure that the result quotes from the plan is no result.
_QUOTED = re.compile(r"(?:计划|预期|原定|目标|任务|年初(?:确定|下达|提出))[^,，。;；]{0,8}$")
# A figure of several years is none of last year's, a figure for later none of this year's.
_YEARS = re.compile(
    r"年均|[三四五六七八九]年(?:来|间|累计|共|以来)|近[三四五]年|(?<!\d)十[一二三四]五|20\d\d年以来|以来累计|本届政府|任期|未来[三五]年|今后[三五]年"
)
_UNTIL = re.compile(r"到(20\d\d)年")


def find_results(
    measures: pd.DataFrame,
    links: pd.DataFrame,
    *,
    plans: pd.DataFrame | None = None,
    least: float = COUNTERPART,
) -> pd.DataFrame:
    """Each planned figure of a city beside the figure of the same thing that was reported as done.

    The result stands as completed in the city's plan of the year after, which looks back, or in a summary of the
    year itself. Both measures are the same action with probability ``least`` or more, and the figures have the same
    unit and a like indicator (``pair_figures``). Of several results the most probable is taken, each figure once; what
    is said of several years, or for a later one, is left out. ``outcome``: ``met`` or ``missed`` by the promise's
    comparator (at least, for =), ``unclear`` where about so much was promised (~) and less was reached. ``promised`` and ``achieved`` are in ``unit``, that of the promise.
    ``links``: table of ``find_links`` or ``through_themes``.
    """
    versions = plan_versions(measures, plans).set_index("plan_id")
    rows = named(measures)
    rows = rows.assign(plan_id=plan_of(rows["measure_id"]))
    summaries = set(plans.loc[plans["doc_type"].eq("summary"), "plan_id"]) if plans is not None else set()
    standing = rows["plan_id"].map(versions["standing"]).fillna(True).astype(bool)
    usable = rows["year"].notna() & standing & rows["targets"].map(len).gt(0)
    usable &= ~rows["text"].str.contains(_YEARS)
    promise = rows[usable & rows["status"].isin(["planned", "goal"])]
    later = [
        any(int(y) > year for y in _UNTIL.findall(text))
        for text, year in zip(promise["text"], promise["year"], strict=True)
    ]
    promise = promise[~np.array(later, dtype=bool)]
    result = rows[usable & rows["status"].eq("completed")]
    # before figures are paired: what the result quotes would be taken for it, or stand beside it in the same unit
    result = result.assign(targets=[_unquoted(row) for row in result.itertuples()])
    # the year that a result is about: the one before its plan's, or a summary's own
    about = result["year"] - (~result["plan_id"].isin(summaries)).astype("Int64")
    pairs = _pairs(promise, result.assign(about=about), links, least)
    found: list[dict[str, Any]] = []
    taken: set[tuple[str, int]] = set()
    for probability, p, r, both in pairs:
        keys = (p.measure_id, both.first["start"]), (r.measure_id, both.second["start"])
        if taken.isdisjoint(keys):
            taken.update(keys)
            found.append(_row(p, r, both, probability))
    frame = pd.DataFrame(found, columns=list(RESULTS))
    return table(
        frame.sort_values(["city", "year_promised", "measure_promised", "measure_result"], kind="stable"),
        RESULTS,
    )


def _unquoted(result: Any) -> list[Any]:
    return [t for t in result.targets if not _QUOTED.search(result.text[: t["start"] - result.start])]


def _pairs(promise: pd.DataFrame, result: pd.DataFrame, links: pd.DataFrame, least: float) -> list:
    """(probability, promise, result, figures) of the same city and year, the most probable first."""
    promises, results = (list(frame.itertuples()) for frame in (promise, result))
    found = []
    for one, other in (("measure_a", "measure_b"), ("measure_b", "measure_a")):
        i, j = (
            number(promise["measure_id"].tolist(), links[one]),
            number(result["measure_id"].tolist(), links[other]),
        )
        known = np.flatnonzero((i >= 0) & (j >= 0) & (links["probability"].to_numpy() >= least))
        for k in known.tolist():
            p, r = promises[i[k]], results[j[k]]
            if p.city != r.city or p.year != r.about:
                continue
            probability = float(links["probability"].iloc[k])
            sure = SURE_ALONE if len(p.targets) == len(r.targets) == 1 else SURE
            for both in pair_figures(p.targets, r.targets, alone=LIKE * (probability >= sure)):
                old, new = both.values
                if old != 0 and 1 / RATIO <= new / old <= RATIO:
                    found.append((probability * both.likeness, probability, p, r, both))
    found.sort(
        key=lambda f: (-f[0], f[2].measure_id, f[3].measure_id, f[4].first["start"], f[4].second["start"])
    )
    return [row[1:] for row in found]


def _row(p: Any, r: Any, both: Paired, probability: float) -> dict[str, Any]:
    promised, achieved = both.values
    scale = float(both.first["value"]) / promised if promised else 1.0
    return {
        "city": p.city,
        "year_promised": p.year,
        "year_reported": r.year,
        "measure_promised": p.measure_id,
        "measure_result": r.measure_id,
        "indicator": both.first["indicator"],
        "unit": both.first["unit"],
        "promised": float(both.first["value"]),
        "comparator": both.first["comparator"],
        "achieved": achieved * scale,
        "outcome": _outcome(both),
        "probability": probability,
    }


def _outcome(both: Paired) -> str:
    promised, achieved = both.values
    enough = achieved <= promised if both.less_is_more else achieved >= promised
    if enough:
        return "met"
    return "unclear" if both.first["comparator"] == "~" else "missed"
