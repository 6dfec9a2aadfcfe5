"""Plans above and before: which measures of a plan have a counterpart in an earlier one, and what is new."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from planmine.comparison.frames import plan_of, table
from planmine.comparison.versions import plan_versions

COUNTERPART = 0.5  # as in similarity: about as many are missed as are wrong
Plan = Mapping[str, Any]
KINDS = ("own", "province", "peer")

PRECEDENTS = {
    "plan_id": "string",
    "city": "string",
    "year": "Int64",
    "version": "string",
    "measures": "Int64",
    "own": "float64",
    "province": "float64",
    "peer": "float64",
    "new": "float64",
}
PRECEDENT_LINKS = {
    "measure_id": "string",
    "kind": "string",
    "measure_earlier": "string",
    "probability": "float64",
}


def find_precedents(
    measures: pd.DataFrame,
    matches: pd.DataFrame,
    links: pd.DataFrame,
    *,
    plans: pd.DataFrame | None = None,
    least: float = COUNTERPART,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Of each city's plan, the shares of planned measures and goals with a counterpart in an earlier plan.

    ``own``: an earlier plan of the city itself; ``province``: a plan of its province; ``peer``: of another city;
    ``new``: in none of them. Null where no such earlier plan was read. A plan is earlier where its year is, or in the same year its date of publication; where
    one of two plans of a year has no date, neither is earlier. Versions of one plan (draft, final, revised) have rows of
    their own and are no precedents of each other: an own precedent is of an earlier year. Shares count counterparts of
    probability ``least``; the second table has the most probable one of each measure and kind. That a counterpart
    is earlier does not say that it was copied. ``matches``, ``links``: tables of ``compare`` and ``find_links``.
    """
    versions = plan_versions(measures, plans).set_index("plan_id")
    rows = measures.reindex(columns=["measure_id", "status"]).astype("string")
    rows = rows[rows["status"].isin(["planned", "goal"])]
    rows = rows.assign(plan_id=plan_of(rows["measure_id"]))
    rows = rows[rows["plan_id"].isin(versions.index[versions["city"].notna()])]
    pairs = _pairs(matches, links, least)
    pairs = pairs[pairs["measure_id"].isin(rows["measure_id"])]
    plan_rows = {row["plan_id"]: row for row in versions.reset_index().to_dict("records")}
    ends = [plan_of(pairs[name]) for name in ("measure_id", "measure_earlier")]
    kinds = {pair: _kind(plan_rows[pair[0]], plan_rows[pair[1]]) for pair in set(zip(*ends, strict=True))}
    kind = pd.Series([kinds[pair] for pair in zip(*ends, strict=True)], index=pairs.index, dtype=object)
    found = pairs.assign(kind=kind)[kind.notna()]
    found = found.sort_values(
        ["measure_id", "kind", "probability", "measure_earlier"], ascending=[True, True, False, True]
    )
    best = found.drop_duplicates(["measure_id", "kind"])
    return _shares(rows, best, versions, plan_rows), table(best, PRECEDENT_LINKS)


def _kind(own: Plan, other: Plan) -> str | None:
    """What the one plan (a row of ``plan_versions``) is to the other: own, province, peer, or None where not earlier."""
    if pd.isna(own["year"]) or pd.isna(other["year"]) or other["year"] > own["year"]:
        return None
    home = own["city"] == other["city"] if not pd.isna(other["city"]) else False
    if other["year"] == own["year"]:
        dates = other["published"], own["published"]
        if home or pd.isna(dates[0]) or pd.isna(dates[1]) or dates[0] >= dates[1]:
            return None
    if home:
        return "own"
    if not pd.isna(other["city"]):
        return "peer"
    known = not pd.isna(own["province"]) and not pd.isna(other["province"])
    return "province" if known and own["province"] == other["province"] else None


def _pairs(matches: pd.DataFrame, links: pd.DataFrame, least: float) -> pd.DataFrame:
    """Every pair of probability ``least``, in both directions: measure_id, measure_earlier, probability."""
    columns = ["measure_a", "measure_b", "probability"]
    both = pd.concat([matches[columns], links[columns]], ignore_index=True)
    both = both[both["probability"] >= least]
    parts = [
        both.rename(columns={one: "measure_id", other: "measure_earlier"})
        for one, other in (("measure_a", "measure_b"), ("measure_b", "measure_a"))
    ]
    return pd.concat(parts, ignore_index=True)[["measure_id", "measure_earlier", "probability"]]


def _shares(
    rows: pd.DataFrame, best: pd.DataFrame, versions: pd.DataFrame, plan_rows: Mapping[str, Plan]
) -> pd.DataFrame:
    for kind in KINDS:
        rows = rows.assign(**{kind: rows["measure_id"].isin(best.loc[best["kind"] == kind, "measure_id"])})
    rows = rows.assign(new=~rows[list(KINDS)].any(axis=1))
    shares = rows.groupby("plan_id")[[*KINDS, "new"]].mean()
    # a share is null where no plan of that kind was read that could be a precedent
    groups: dict[str, list[bool]] = {kind: [] for kind in KINDS}
    for plan_id in shares.index:
        own = plan_rows[plan_id]
        there = {kind: any(_kind(own, other) == kind for other in plan_rows.values()) for kind in KINDS}
        for kind, found in there.items():
            groups[kind].append(found)
    for kind in KINDS:
        shares[kind] = shares[kind].where(groups[kind])
    shares["new"] = shares["new"].where(shares[list(KINDS)].notna().any(axis=1))
    shares["measures"] = rows.groupby("plan_id").size()
    frame = shares.join(versions[["city", "year", "version"]]).reset_index()
    return table(frame.sort_values(["city", "year", "plan_id"]), PRECEDENTS)
