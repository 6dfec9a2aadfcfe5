"""How alike cities are: shared actions, attention, verbatim reuse; and the order that shows groups."""

from __future__ import annotations

from zlib import crc32

import numpy as np
import pandas as pd
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import jensenshannon

from planmine.comparison.frames import ALL, Comparable, table
from planmine.comparison.memory import Arrays
from planmine.comparison.pairs import ONE, by_category

SIMILARITY = {
    "city_a": "string",
    "city_b": "string",
    "category": "string",
    "similarity": "float64",
    "low": "float64",
    "high": "float64",
    "profile_similarity": "float64",
    "reuse_share": "float64",
    "a_covered_by_b": "float64",
    "b_covered_by_a": "float64",
    "measures_a": "Int64",
    "measures_b": "Int64",
    "with_formulae": "float64",
    "expected": "float64",
    "beyond": "float64",
}


def similarity(
    corpus: Comparable,
    left: np.ndarray,
    characters: np.ndarray,
    best: np.ndarray,
    pairs: list[Arrays],
    intervals: list[Arrays],
    expected: np.ndarray,
) -> pd.DataFrame:
    """Compare each pair of cities, over all measures and in each category.

    ``a_covered_by_b`` is the expected share of A's measures (of the category) that have a counterpart in B, of whatever
    category there: the mean over them of the probability of the most probable one, set phrases taken out;
    ``similarity`` is the mean of both directions, ``with_formulae`` the same of the measures as they are written. A measure that
    is a set phrase and no more counts in ``with_formulae`` alone. ``low`` and ``high``: see ``bootstrap``.
    ``profile_similarity`` is one less the Jensen-Shannon distance, base 2 (Lin 1991), of the cities' shares of
    categories; it stands in the rows of ``all`` only. ``reuse_share``: characters of either city that stand word for
    word in the other, of all. ``expected``, ``beyond``: see ``expected_similarity``. Null where a city has no such
    measures.

    ``left`` (measures,) bool: which say more than a set phrase; ``characters`` (measures,) of each without them;
    ``best``: see ``fill``; ``pairs``, ``intervals``: results of the pairs of cities in the order of the table;
    ``expected`` (pairs, 1 + categories).
    """
    cities, kinds = len(corpus.cities), len(corpus.categories)
    a, b = np.triu_indices(cities, 1)
    counts, every, lengths = (_counts(corpus, of) for of in (left, np.ones(len(left)), characters))
    covered = np.zeros((cities, kinds, cities), dtype=np.int64)  # [A, kind, B]
    for city in range(cities):
        covered[city] = by_category(corpus, best[corpus.bounds[city] : corpus.bounds[city + 1]], city)
    n_a, n_b = with_all(counts[a]), with_all(counts[b])
    written = _stack(pairs, "written", (2, kinds))
    reused = _stack(pairs, "reused", (2, kinds)).sum(axis=1)
    with np.errstate(invalid="ignore"):
        share_a = with_all(covered[a, :, b]) / ONE / n_a
        share_b = with_all(covered[b, :, a]) / ONE / n_b
        as_written = (
            with_all(written[:, 0]) / with_all(every[a]) + with_all(written[:, 1]) / with_all(every[b])
        ) / (2 * ONE)
        copied = with_all(reused) / with_all(lengths[a] + lengths[b])
        profile = counts / counts.sum(axis=1, keepdims=True)
        mean = (share_a + share_b) / 2
        attention = np.full_like(mean, np.nan)
        attention[:, 0] = 1 - jensenshannon(profile[a], profile[b], base=2, axis=1)
    low, high = (_stack(intervals, name, (1 + kinds,)) for name in ("low", "high"))
    nothing = np.isnan(mean)
    names = np.array(corpus.cities, dtype=object)
    columns = {
        "city_a": np.repeat(names[a], kinds + 1),
        "city_b": np.repeat(names[b], kinds + 1),
        "category": np.tile(np.array([ALL, *corpus.categories], dtype=object), len(a)),
        "similarity": mean.ravel(),
        # an interval holds its estimate, at 0 and 1 too; np.minimum passes the nulls on
        "low": np.minimum(np.where(nothing, np.nan, low), mean).ravel(),
        "high": np.maximum(np.where(nothing, np.nan, high), mean).ravel(),
        "profile_similarity": np.clip(attention, 0, 1).ravel(),
        "reuse_share": copied.ravel(),
        "a_covered_by_b": share_a.ravel(),
        "b_covered_by_a": share_b.ravel(),
        "measures_a": n_a.ravel(),
        "measures_b": n_b.ravel(),
        "with_formulae": as_written.ravel(),
        "expected": np.where(nothing, np.nan, expected).ravel(),
        "beyond": (mean - expected).ravel(),
    }
    return table(columns, SIMILARITY)


def _counts(corpus: Comparable, of: np.ndarray) -> np.ndarray:
    """(cities, categories) sums of ``of`` (measures,)."""
    counts = np.zeros((len(corpus.cities), len(corpus.categories)), dtype=np.int64)
    np.add.at(counts, (corpus.city, corpus.category), of.astype(np.int64))
    return counts


def _stack(results: list[Arrays], name: str, shape: tuple[int, ...]) -> np.ndarray:
    return np.stack([result[name] for result in results]) if results else np.empty((0, *shape))


def with_all(values: np.ndarray) -> np.ndarray:
    """(…, categories) to (…, 1 + categories): the sum of all first."""
    return np.concatenate([values.sum(axis=-1, keepdims=True), values], axis=-1)


def bootstrap(
    corpus: Comparable,
    left: np.ndarray,
    best: np.ndarray,
    pairs: list[tuple[int, int]],
    draws: int,
    seed: int,
) -> list[Arrays]:
    """Intervals of some pairs of cities: ``low``, ``high`` (1 + categories,), and ``drawn`` (draws,) of all categories.

    A Bayesian bootstrap (Rubin 1981, "The Bayesian Bootstrap", Annals of Statistics 9(1)) over the measures of each
    city and, where it has several, over its plans, whose measures rise and fall together; half a measure of each
    kind is added (Jeffreys), since two measures that match are not certainty. What B plans is held fixed while
    A's measures are drawn. The draws of a city depend on ``seed``, its name and its measures, not on which other cities
    are compared. The interval holds 95 % of the draws.
    """
    cities, kinds = len(corpus.cities), len(corpus.categories)
    missing = np.zeros((cities, cities), dtype=bool)
    for a, b in pairs:
        missing[a, b] = missing[b, a] = True
    low, high = (np.full((cities, cities, 1 + kinds), np.nan) for _ in range(2))
    hits = np.zeros((cities, draws, cities), dtype=np.float32)  # of all categories so far
    total = np.zeros((cities, draws, 1), dtype=np.float32)
    plan = np.array([name.rpartition(":")[0] for name in corpus.rows["measure_id"]], dtype=object)
    plans = [np.unique(plan[begin:end], return_inverse=True) for begin, end in _spans(corpus)]
    share = np.zeros_like(hits)
    for kind in [*range(kinds), -1]:  # the last: all together
        for city, (begin, end) in enumerate(_spans(corpus)):
            wanted = np.flatnonzero(missing[city])
            if not len(wanted):
                continue
            generator = np.random.default_rng([seed, crc32(corpus.cities[city].encode()), kind + 1])
            matched, other = generator.standard_gamma(0.5, (2, draws, 1), dtype=np.float32)
            if kind < 0:
                here, size = hits[city][:, wanted], total[city]
            else:
                own = np.flatnonzero((corpus.category[begin:end] == kind) & left[begin:end])
                weight = generator.standard_exponential((draws, len(own)), dtype=np.float32)
                names, of = plans[city]
                if len(names) > 1:
                    by_plan = np.random.default_rng([seed, crc32(corpus.cities[city].encode()), kinds + 1])
                    weight *= by_plan.standard_exponential((draws, len(names)), dtype=np.float32)[:, of[own]]
                here = _product(weight, best[begin:end][own][:, wanted])
                size = weight.sum(axis=1, keepdims=True)
                hits[city][:, wanted] += here
                total[city] += size
            share[city][:, wanted] = (here + matched) / (size + matched + other)
        for city in range(cities):
            after = np.flatnonzero(missing[city, city + 1 :]) + city + 1
            if len(after):
                both = (share[city][:, after] + share[after, :, city].T) / 2
                ends = np.quantile(both, (0.025, 0.975), axis=0)
                low[city, after, kind + 1], high[city, after, kind + 1] = ends
    return [
        {"low": low[a, b], "high": high[a, b], "drawn": (share[a, :, b] + share[b, :, a]) / 2}
        for a, b in pairs
    ]


def _product(weight: np.ndarray, best: np.ndarray) -> np.ndarray:
    """(draws, m) @ (m, cities) / ONE. In whole numbers of 1/1024, which are exact in any order of summation."""
    steps = np.rint(weight.astype(np.float64) * 1024)
    return (steps @ best.astype(np.float64) / (1024 * ONE)).astype(np.float32)


def _spans(corpus: Comparable) -> list[tuple[int, int]]:
    return list(zip(corpus.bounds[:-1].tolist(), corpus.bounds[1:].tolist(), strict=True))


def order_cities(similarity: np.ndarray, cities: list[str]) -> list[str]:
    """The cities in the order of a dendrogram, so that like ones stand together in a matrix.

    Average linkage of 1 - similarity (pairs of sorted cities; 1 where null) with optimal leaf ordering (Bar-Joseph,
    Gifford & Jaakkola 2001, Bioinformatics 17), from the end whose name sorts first. ``cities`` sorted.
    """
    if len(cities) < 3:
        return list(cities)
    tree = linkage(1 - np.nan_to_num(similarity), method="average", optimal_ordering=True)
    order = [cities[leaf] for leaf in leaves_list(tree)]
    return order if order[0] < order[-1] else order[::-1]
