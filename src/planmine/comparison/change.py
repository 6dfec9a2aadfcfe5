"""What became of a city's measures in its next plan: kept, strengthened, weakened, dropped, new."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from planmine.comparison.figures import pair_figures, written
from planmine.comparison.frames import named, number, plan_of, table
from planmine.comparison.versions import plan_versions

COUNTERPART = 0.2  # least probability of a counterpart; scripts/fit_themes.py chose both
SHARED = 0.6  # of one that is another measure's counterpart already

CHANGES = {
    "city": "string",
    "year_from": "Int64",
    "year_to": "Int64",
    "measure_from": "string",
    "measure_to": "string",
    "change": "string",
    "probability": "float64",
    "evidence": "string",
}


def find_changes(
    measures: pd.DataFrame,
    links: pd.DataFrame,
    *,
    plans: pd.DataFrame | None = None,
    least: float = COUNTERPART,
    shared: float = SHARED,
) -> pd.DataFrame:
    """Each planned measure and goal of a city beside its counterpart in the city's next plan.

    Counterparts are assigned one to one, the most probable first, down to ``least``; a measure that is left shares
    the counterpart of another, where that is ``shared`` probable (plans split and join items). Where both state a figure
    of the same thing, more of it (less, of a limit or of what is to fall) is ``strengthened``, less ``weakened``; else
    the strength of the wording tells (coding guide), and what differs in neither is ``kept``. What has no counterpart
    is ``dropped`` or ``new``, where the other year has a plan of the same agency or one whose agency is unknown.
    Years without a plan are passed over; drafts and revisions are left out where a final version stands
    (``plan_versions``). ``probability`` is that of the counterpart, or that there is none. ``evidence``: the figures,
    or ``strength 2 -> 1``. ``links``: table of ``find_links``, or of
    ``through_themes``.
    """
    rows = _planned(measures, plans)
    index = _Index(rows, links)
    found = []
    for city, own in rows.groupby("city", sort=True):
        years = {int(year): group.index.to_numpy() for year, group in own.groupby("year", sort=True)}
        for (before, first), (after, second) in pairwise(years.items()):
            found += [
                (city, before, after, *change)
                for change in _compare(rows, index, first, second, least, shared)
            ]
    frame = pd.DataFrame(found, columns=list(CHANGES))
    order = ["city", "year_from", "measure_from", "measure_to"]
    return table(frame.sort_values(order, kind="stable"), CHANGES)


def _planned(measures: pd.DataFrame, plans: pd.DataFrame | None) -> pd.DataFrame:
    """Planned measures and goals of standing plans with a year, with the agency of their plan."""
    versions = plan_versions(measures, plans).set_index("plan_id")
    frame = named(measures).merge(
        measures.reindex(columns=["measure_id", "strength"]).astype({"measure_id": "string"}), on="measure_id"
    )
    plan = pd.Series(plan_of(frame["measure_id"]), index=frame.index, dtype="string")
    frame = frame.assign(agency=plan.map(versions["agency"]), standing=plan.map(versions["standing"]))
    chosen = frame["status"].isin(["planned", "goal"]) & frame["year"].notna() & frame["standing"]
    return frame[chosen].sort_values("measure_id").reset_index(drop=True)


class _Index:
    """The probabilities of the links of one frame's rows."""

    def __init__(self, rows: pd.DataFrame, links: pd.DataFrame) -> None:
        ids = rows["measure_id"].tolist()
        i, j = number(ids, links["measure_a"]), number(ids, links["measure_b"])
        known = (i >= 0) & (j >= 0)
        value = links["probability"].to_numpy(dtype=np.float64)[known]
        self.links: dict[int, list[tuple[int, float]]] = {}
        for a, b, p in zip(i[known].tolist(), j[known].tolist(), value.tolist(), strict=True):
            self.links.setdefault(a, []).append((b, p))
            self.links.setdefault(b, []).append((a, p))

    def block(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """(first, second) probabilities, 0 where not listed."""
        place = {row: k for k, row in enumerate(second.tolist())}
        block = np.zeros((len(first), len(second)))
        for r, row in enumerate(first.tolist()):
            for other, p in self.links.get(row, ()):
                if other in place:
                    block[r, place[other]] = p
        return block


def _compare(
    rows: pd.DataFrame, index: _Index, first: np.ndarray, second: np.ndarray, least: float, shared: float
) -> Iterator[tuple[str | None, str | None, str, float, str]]:
    block = index.block(first, second)
    ids, targets, strength = rows["measure_id"], rows["targets"], rows["strength"]
    pairs = sorted(_counterparts(block, least, shared))
    for a, b in pairs:
        change, evidence = _direction(*((targets[k], strength[k]) for k in (first[a], second[b])))
        yield ids[first[a]], ids[second[b]], change, float(block[a, b]), evidence
    for kind, own, other, best, side in (
        ("dropped", first, second, block.max(axis=1, initial=0), 0),
        ("new", second, first, block.max(axis=0, initial=0), 1),
    ):
        agencies = set(rows.loc[other, "agency"].fillna(""))
        for k in sorted(set(range(len(own))) - {pair[side] for pair in pairs}):
            agency = rows.at[own[k], "agency"]
            if pd.isna(agency) or "" in agencies or agency in agencies:
                ends = (ids[own[k]], None) if kind == "dropped" else (None, ids[own[k]])
                yield *ends, kind, 1 - float(best[k]), ""


def _counterparts(block: np.ndarray, least: float, shared: float) -> set[tuple[int, int]]:
    """Rows and columns one to one, the most probable pair first; then what is left to the best it has, if likely."""
    r, c = np.nonzero(block >= least)
    pairs: set[tuple[int, int]] = set()
    rows, columns = set[int](), set[int]()
    for k in np.lexsort((c, r, -block[r, c])).tolist():
        a, b = int(r[k]), int(c[k])
        if a not in rows and b not in columns:
            pairs.add((a, b))
            rows.add(a)
            columns.add(b)
    left = {(a, int(block[a].argmax())) for a in set(r.tolist()) - rows}
    left |= {(int(block[:, b].argmax()), b) for b in set(c.tolist()) - columns}
    return pairs | {(a, b) for a, b in left if block[a, b] >= shared}


def _direction(before: tuple[Any, Any], after: tuple[Any, Any]) -> tuple[str, str]:
    """The change of a measure that has a counterpart, and the figures or the wording that show it.

    Each measure is given by its targets and its strength.
    """
    pairs = pair_figures(before[0], after[0])
    turns = []
    for pair in pairs:
        old, new = pair.values
        turns.append((new > old) - (new < old) if not pair.less_is_more else (new < old) - (new > old))
    if pairs:
        evidence = "; ".join(f"{written(p.first)} -> {written(p.second)}" for p in pairs)
        return _named(sum(turns)), evidence
    if pd.isna(before[1]) or pd.isna(after[1]):
        return "kept", ""
    old, new = int(before[1]), int(after[1])
    return _named(new - old), f"strength {old} -> {new}" if old != new else ""


def _named(turn: int) -> str:
    return "strengthened" if turn > 0 else "weakened" if turn < 0 else "kept"
