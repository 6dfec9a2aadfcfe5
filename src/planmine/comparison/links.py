"""Links: measures of one place, or of a city and its province, that state the same action.

``compare`` joins different cities; what became of a measure, and what stood above it, is asked here. Evidence
and weights are the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pandas as pd

from planmine.comparison.evidence import Evidence, MatchModel
from planmine.comparison.frames import comparable, plan_of, table
from planmine.comparison.search import LEAST as COSINE
from planmine.comparison.themes import LISTED
from planmine.comparison.versions import plan_versions

LEAST = 0.2  # below it a pair says nothing; decisions have thresholds of their own
NEAREST = 5  # candidates of a measure in each plan
_ROWS = 1024  # measures multiplied at a time
_PAIRS = 1 << 16  # pairs weighed at a time

LINKS = {"measure_a": "string", "measure_b": "string", "probability": "float64"}


def find_links(
    measures: pd.DataFrame,
    vectors: np.ndarray,
    *,
    plans: pd.DataFrame | None = None,
    model: MatchModel | None = None,
    least: float = LEAST,
) -> pd.DataFrame:
    """Pairs of measures of one city, or of a city and its province, of probability ``least`` or more.

    The ``NEAREST`` of each measure in each plan, of cosine 0.3 and more, are weighed by the model of ``compare``. A plan
    of a province has no city; ``plans`` (table ``plans``) tells its province. ``measure_a`` sorts before ``measure_b``.
    ``vectors``: (n, d), row k that of row k of ``measures``, of unit length.
    """
    model = model or MatchModel.load()
    places = _with_provinces(measures, plans)
    corpus = comparable(places)
    unit = np.asarray(vectors, dtype=np.float32)[corpus.position] if len(measures) else np.empty((0, 1))
    evidence = Evidence.read(corpus.rows)
    bound = max(model.least_cosine(least), COSINE)
    plan = pd.factorize(np.array(plan_of(corpus.rows["measure_id"]), dtype=object))[0]
    parts = [(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0))]
    for first, second in _places(corpus.city, _above(corpus.cities, measures, plans)):
        i, j = _candidates(unit, first, second, plan, bound)
        for part in range(0, len(i), _PAIRS):
            a, b = i[part : part + _PAIRS], j[part : part + _PAIRS]
            cosine = np.einsum("pd,pd->p", unit[a], unit[b], dtype=np.float64)
            probability = model.probability(evidence.signals(a, b, cosine))
            keep = probability >= least
            parts.append((a[keep], b[keep], probability[keep]))
    i, j, probability = (np.concatenate(part) for part in zip(*parts, strict=True))
    ids = corpus.rows["measure_id"].to_numpy(dtype=object)
    a, b = np.where(ids[i] < ids[j], ids[i], ids[j]), np.where(ids[i] < ids[j], ids[j], ids[i])
    order = np.lexsort((b.astype(str), a.astype(str)))
    return table({"measure_a": a[order], "measure_b": b[order], "probability": probability[order]}, LINKS)


def _with_provinces(measures: pd.DataFrame, plans: pd.DataFrame | None) -> pd.DataFrame:
    """The measures, those of a province's plan under the province's name."""
    if plans is None or measures.empty:
        return measures
    of = dict(zip(plans["plan_id"], plans["province"], strict=True))
    province = pd.Series([of.get(plan) for plan in plan_of(measures["measure_id"])], index=measures.index)
    return measures.assign(city=measures["city"].where(measures["city"].notna(), province))


def _above(cities: list[str], measures: pd.DataFrame, plans: pd.DataFrame | None) -> list[tuple[int, int]]:
    """(city, province) as places in ``cities``, where both have plans."""
    if plans is None or measures.empty:
        return []
    versions = plan_versions(measures, plans)
    own = versions[versions["city"].notna() & versions["province"].isin(cities)]
    pairs = own[["city", "province"]].drop_duplicates()
    pairs = pairs[pairs["city"] != pairs["province"]]  # 北京市 is its own province
    place = {name: k for k, name in enumerate(cities)}
    return sorted((place[a], place[b]) for a, b in pairs.itertuples(index=False) if a in place)


def _places(city: np.ndarray, above: list[tuple[int, int]]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Rows against rows: each city against itself and against its province."""
    rows = {place: np.flatnonzero(city == place) for place in np.unique(city)}
    for first, second in [(place, place) for place in rows] + [
        p for p in above if p[0] in rows and p[1] in rows
    ]:
        yield rows[first], rows[second]


def _candidates(
    unit: np.ndarray, first: np.ndarray, second: np.ndarray, plan: np.ndarray, bound: float
) -> tuple[np.ndarray, np.ndarray]:
    """(p,) and (p,) rows i < j, each pair once: NEAREST of each row of one side in each ``plan`` of the other."""
    count, found = len(unit), [np.empty(0, dtype=np.int64)]
    for own, other in ((first, second),) if first is second else ((first, second), (second, first)):
        ends = np.flatnonzero(np.diff(plan[other], append=-1)) + 1  # a plan's rows stand together
        for top in range(0, len(own), _ROWS):
            block = own[top : top + _ROWS]
            cosine = unit[block] @ unit[other].T
            for begin, end in pairwise([0, *ends.tolist()]):
                part = cosine[:, begin:end]
                most = min(NEAREST + 1, end - begin)  # one may be the measure itself
                near = np.argpartition(-part, most - 1, axis=1)[:, :most]
                r, c = np.nonzero(np.take_along_axis(part, near, axis=1) >= bound)
                i, j = block[r], other[begin + near[r, c]]
                found.append(np.minimum(i, j) * count + np.maximum(i, j))
    i, j = np.divmod(np.unique(np.concatenate(found)), max(count, 1))
    return i[i < j], j[i < j]


def through_themes(links: pd.DataFrame, theme_measures: pd.DataFrame) -> pd.DataFrame:
    """The links of ``find_links`` with what the themes say of them: many wordings tell more than two.

    Measures of one theme in two years of a city that follow one another are linked, too, with the product of their
    strengths or ``LEAST`` where that is more. Of measures of two themes no link below ``themes.LISTED`` stays.
    """
    rows = theme_measures.dropna(subset=["year"])
    years = rows[["city", "year"]].drop_duplicates().sort_values(["city", "year"])
    years["next"] = years.groupby("city")["year"].shift(-1)
    pairs = rows.merge(years.dropna(), on=["city", "year"]).merge(
        rows,
        left_on=["theme_id", "city", "next"],
        right_on=["theme_id", "city", "year"],
        suffixes=("_a", "_b"),
    )
    ids = np.sort(pairs[["measure_id_a", "measure_id_b"]].to_numpy(dtype=str), axis=1)
    found = pd.DataFrame(ids, columns=["measure_a", "measure_b"])
    found["probability"] = np.maximum(pairs["strength_a"] * pairs["strength_b"], LEAST)
    both = pd.concat([links, found], ignore_index=True)
    both = both.groupby(["measure_a", "measure_b"], as_index=False)["probability"].max()
    theme = theme_measures.set_index("measure_id")["theme_id"].astype(object)
    one, other = both["measure_a"].map(theme), both["measure_b"].map(theme)
    apart = one.notna() & other.notna() & one.ne(other) & both["probability"].lt(LISTED)
    return table(both[~apart], LINKS)
