"""How alike cities are: shared actions, attention, verbatim reuse; and the order that shows groups."""

from __future__ import annotations

from zlib import crc32

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import jensenshannon

from planmine.codebook import Codebook
from planmine.comparison.frames import ALL, Comparable, comparable, number, table

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
}


def similarity(
    measures: pd.DataFrame,
    matches: pd.DataFrame,
    reuse: pd.DataFrame,
    *,
    codebook: Codebook | None = None,
    draws: int = 300,
    seed: int = 0,
) -> pd.DataFrame:
    """Compare each pair of cities, over all measures and in each category.

    ``a_covered_by_b`` is the share of A's measures (of the category) that have a match in B, of whatever
    category there; ``similarity`` is the mean of both directions. ``low`` and ``high`` hold 95 % of
    ``draws`` of a Bayesian bootstrap (Rubin 1981, "The Bayesian Bootstrap", Annals of Statistics 9(1)) over the
    measures of each city and, where it has several, over its plans, whose measures rise and fall together; half
    a measure of each kind is added (Jeffreys), since two measures that match are not certainty. What B
    plans is held fixed while A's measures are drawn. ``profile_similarity`` is one less the
    Jensen-Shannon distance, base 2 (Lin 1991), of the cities' shares of categories; it stands in the rows
    of ``all`` only. ``reuse_share`` as in ``reuse_shares``. Null where a city has no such measures.

    ``matches``, ``reuse``: tables of ``find_matches`` and ``reuse_shares`` of the same measures. The draws of a
    city depend on ``seed`` and its name only, not on which other cities are compared.
    """
    corpus = comparable(measures, codebook)
    cities, kinds = len(corpus.cities), len(corpus.categories)
    counts = np.zeros((cities, kinds), dtype=np.int64)
    np.add.at(counts, (corpus.city, corpus.category), 1)
    there = counterparts(corpus, matches)
    covered = np.zeros((cities, cities, kinds), dtype=np.int64)  # [A, B]: A's measures that B matches
    link = there.tocoo()
    np.add.at(covered, (corpus.city[link.row], link.col, corpus.category[link.row]), 1)
    a, b = np.triu_indices(cities, 1)
    names = np.array(corpus.cities, dtype=object)

    n_a, n_b = with_all(counts[a]), with_all(counts[b])
    k_a, k_b = with_all(covered[a, b]), with_all(covered[b, a])
    with np.errstate(invalid="ignore"):
        share_a, share_b = k_a / n_a, k_b / n_b
        profile = counts / counts.sum(axis=1, keepdims=True)
    mean = (share_a + share_b) / 2
    plan = np.array([name.rpartition(":")[0] for name in corpus.rows["measure_id"]], dtype=object)
    drawn = [_draw(corpus, there, plan, city, draws, seed) for city in range(cities)]
    low, high = np.empty_like(mean), np.empty_like(mean)
    for pair, (first, second) in enumerate(zip(a, b, strict=True)):
        both = (drawn[first][:, second] + drawn[second][:, first]) / 2
        low[pair], high[pair] = np.quantile(both, (0.025, 0.975), axis=0)
    attention = np.full_like(mean, np.nan)
    with np.errstate(invalid="ignore"):
        attention[:, 0] = 1 - jensenshannon(profile[a], profile[b], base=2, axis=1)
    columns = {
        "city_a": np.repeat(names[a], kinds + 1),
        "city_b": np.repeat(names[b], kinds + 1),
        "category": np.tile(np.array([ALL, *corpus.categories], dtype=object), len(a)),
        "similarity": mean.ravel(),
        # an interval holds its estimate, at 0 and 1 too; np.minimum passes the nulls on
        "low": np.minimum(np.where(np.isnan(mean), np.nan, low), mean).ravel(),
        "high": np.maximum(np.where(np.isnan(mean), np.nan, high), mean).ravel(),
        "profile_similarity": np.clip(attention, 0, 1).ravel(),
        "a_covered_by_b": share_a.ravel(),
        "b_covered_by_a": share_b.ravel(),
        "measures_a": n_a.ravel(),
        "measures_b": n_b.ravel(),
    }
    pair_keys = ["city_a", "city_b", "category"]
    frame = pd.DataFrame(columns).astype(dict.fromkeys(pair_keys, "string"))
    return table(frame.merge(reuse[[*pair_keys, "reuse_share"]], on=pair_keys, how="left"), SIMILARITY)


def counterparts(corpus: Comparable, matches: pd.DataFrame) -> sparse.csr_array:
    """0/1 (measures compared, cities): which measure has a match in which city."""
    ids = corpus.rows["measure_id"].tolist()
    rows, columns = [], []
    for own, other in (("a", "b"), ("b", "a")):
        links = matches[[f"measure_{own}", f"city_{other}"]].drop_duplicates()
        rows.append(number(ids, links[f"measure_{own}"]))
        columns.append(number(corpus.cities, links[f"city_{other}"]))
    row, column = np.concatenate(rows), np.concatenate(columns)
    known = (row >= 0) & (column >= 0)
    shape = (len(ids), max(len(corpus.cities), 1))
    found = sparse.csr_array((np.ones(known.sum(), np.float32), (row[known], column[known])), shape=shape)
    found.data[:] = 1
    return found


def with_all(values: np.ndarray) -> np.ndarray:
    """(…, categories) to (…, 1 + categories): the sum of all first."""
    return np.concatenate([values.sum(axis=-1, keepdims=True), values], axis=-1)


def _draw(
    corpus: Comparable, there: sparse.csr_array, plan: np.ndarray, city: int, draws: int, seed: int
) -> np.ndarray:
    """(draws, cities, 1 + categories) shares of a city's measures that each other city matches, drawn again."""
    own = np.flatnonzero(corpus.city == city)
    generator = np.random.default_rng([seed, crc32(corpus.cities[city].encode())])
    weight = generator.standard_exponential((draws, len(own)), dtype=np.float32)
    plans, of = np.unique(plan[own], return_inverse=True)
    if len(plans) > 1:
        weight *= generator.standard_exponential((draws, len(plans)), dtype=np.float32)[:, of]
    hits = np.zeros((draws, there.shape[1], len(corpus.categories)), np.float32)
    total = np.zeros((draws, 1, len(corpus.categories)), np.float32)
    for kind in np.unique(corpus.category[own]):
        chosen = corpus.category[own] == kind
        hits[:, :, kind] = weight[:, chosen] @ there[own[chosen]].toarray()
        total[:, 0, kind] = weight[:, chosen].sum(axis=1)
    matched, other = generator.standard_gamma(
        0.5, (2, draws, 1, 1 + len(corpus.categories)), dtype=np.float32
    )
    return (with_all(hits) + matched) / (with_all(total) + matched + other)


def order_cities(table_of_similarity: pd.DataFrame, cities: list[str]) -> list[str]:
    """The cities in the order of a dendrogram, so that like ones stand together in a matrix.

    Average linkage of 1 - similarity (rows ``all``; 1 where null) with optimal leaf ordering (Bar-Joseph,
    Gifford & Jaakkola 2001, Bioinformatics 17), from the end whose name sorts first. ``cities`` sorted.
    """
    if len(cities) < 3:
        return list(cities)
    # rows of ``all`` are in the order of the condensed distance matrix: pairs of sorted cities
    rows = table_of_similarity[table_of_similarity["category"] == ALL]
    distance = 1 - rows["similarity"].fillna(0).to_numpy(dtype=np.float64)
    tree = linkage(distance, method="average", optimal_ordering=True)
    order = [cities[leaf] for leaf in leaves_list(tree)]
    return order if order[0] < order[-1] else order[::-1]
