"""Which plan is whose, from when, and which version of it: what comes before what."""

from __future__ import annotations

import pandas as pd

from planmine.comparison.frames import named, plan_of, table

VERSIONS = {
    "plan_id": "string",
    "city": "string",
    "province": "string",
    "level": "string",
    "year": "Int64",
    "agency": "string",
    "published": "string",
    "version": "string",
    "standing": "boolean",
}
_DRAFT = r"征求意见|草案|讨论稿|送审稿|初稿|草稿|审议稿|征集稿"
_REVISED = r"修订|修改稿|修正|调整稿|调整方案|[（(](?:调整|修改)[)）]"
_RANK = {"final": 0, "revised": 1, "draft": 2}


def plan_versions(measures: pd.DataFrame, plans: pd.DataFrame | None = None) -> pd.DataFrame:
    """One row for each plan of the measures: place, year, agency, and whether draft, final or revised.

    ``version`` is read in the title, or where that says nothing in the file's name: ``draft`` (征求意见稿, 草案 …),
    ``revised`` (修订, 调整稿 …), else ``final``. Several versions of one place, year and agency are one plan; the
    final one is ``standing``, where there is none the revised one, else the draft, so that a plan counts once.
    ``city`` is named as in the other tables. Without ``plans`` (table ``plans``) only what the measures tell is known.
    """
    rows = measures if len(measures) else pd.DataFrame(columns=["plan_id", "measure_id", "city", "year"])
    own = rows[["city", "year"]].assign(plan_id=plan_of(rows["measure_id"]))
    own = own.astype({"city": "string", "year": "Int64", "plan_id": "string"})
    own = own.sort_values(["plan_id", "city", "year"]).drop_duplicates("plan_id")
    if len(measures):  # the names that tell two places of one name apart
        names = named(measures).drop_duplicates("measure_id")
        renamed = dict(zip(plan_of(names["measure_id"]), names["city"], strict=True))
        own["city"] = own["plan_id"].map(renamed).astype("string")
    if plans is not None:
        known = ["plan_id", "province", "level", "agency", "published", "title", "source"]
        own = own.merge(plans.reindex(columns=known).astype("string"), on="plan_id", how="left")
    for name in ("province", "level", "agency", "published", "title", "source"):
        if name not in own:
            own[name] = pd.array([pd.NA] * len(own), dtype="string")
    words = own["title"].fillna("") + " " + own["source"].fillna("").str.replace(r"^.*/", "", regex=True)
    own["version"] = "final"
    own.loc[words.str.contains(_REVISED), "version"] = "revised"
    own.loc[words.str.contains(_DRAFT), "version"] = "draft"
    place = own["city"].fillna(own["province"]).fillna("")
    keys = [place, own["year"].fillna(0), own["agency"].fillna("")]
    rank = own["version"].map(_RANK)
    own["standing"] = rank.eq(rank.groupby(keys).transform("min")) if len(own) else rank.eq(0)
    return table(own, VERSIONS)
