"""Similarity beyond expectation, and groups of like cities with their stability."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from planmine.codebook import Codebook
from planmine.comparison.frames import Comparable, comparable, number, table
from planmine.comparison.similarity import counterparts

LENGTHS = (20, 45)  # characters that part short, middling and long measures
SPAN = 3  # years that count as one time

EXPECTATION = {
    "city_a": "string",
    "city_b": "string",
    "similarity": "float64",
    "expected": "float64",
    "beyond": "float64",
}
CLUSTERS = {"city": "string", "cluster": "Int64", "stability": "float64"}


def expected_similarity(
    measures: pd.DataFrame, matches: pd.DataFrame, *, codebook: Codebook | None = None
) -> pd.DataFrame:
    """How alike each two cities are beyond what their mixes of measures would give by chance.

    The null (a permutation null worked out instead of drawn): B keeps how many measures it has of each kind -
    category, length (to 20, to 45, more characters), three-year span, status - and each is any measure of that
    kind of any city but A. A measure of A that m of the N such measures match then has a counterpart with
    probability 1 - prod(1 - m / N)^n over the kinds. ``expected`` is the mean over the measures of both sides,
    ``beyond`` is similarity less expected. It has no p-value: measures of one city share counterparts, and a
    variance that takes them as independent was too small in trials.

    ``matches``: table of ``find_matches`` of the same measures. One row each pair, sorted.
    """
    corpus = comparable(measures, codebook)
    count, cities = len(corpus.rows), len(corpus.cities)
    there = counterparts(corpus, matches)
    kind, kinds = _kinds(corpus)
    mix = np.zeros((cities, kinds), dtype=np.float64)
    np.add.at(mix, (corpus.city, kind), 1)
    hits = _hits(corpus, matches, kind, kinds)
    chance = np.zeros((count, cities))
    for city in range(cities):
        own = np.flatnonzero(corpus.city == city)
        pool = np.maximum(mix.sum(axis=0) - mix[city], 1)
        miss = hits[own].tocsr(copy=True)
        miss.data = np.log1p(-np.minimum(miss.data / pool[miss.indices], 1 - 1e-9))
        chance[own] = 1 - np.exp(miss @ mix.T)
    size = np.maximum(mix.sum(axis=1), 1)
    group = _by_city(corpus, np.ones(count))
    share, mean = (group @ there).toarray() / size[:, None], group @ chance / size[:, None]
    a, b = np.triu_indices(cities, 1)
    similarity, expected = (share[a, b] + share[b, a]) / 2, (mean[a, b] + mean[b, a]) / 2
    names = np.array(corpus.cities, dtype=object)
    columns = {
        "city_a": names[a],
        "city_b": names[b],
        "similarity": similarity,
        "expected": expected,
        "beyond": similarity - expected,
    }
    return table(columns, EXPECTATION)


def _kinds(corpus: Comparable) -> tuple[np.ndarray, int]:
    """(n,) the kind of each measure, and how many kinds there are."""
    rows = corpus.rows
    length = np.digitize(rows["text"].str.len().to_numpy(dtype=np.int64), LENGTHS, right=True)
    year = rows["year"].fillna(0).to_numpy(dtype=np.int64) // SPAN
    keys = np.column_stack(
        [corpus.category, length, year, np.unique(rows["status"].astype(str), return_inverse=True)[1]]
    )
    kinds, kind = np.unique(keys, axis=0, return_inverse=True)
    return kind.ravel(), len(kinds)


def _hits(corpus: Comparable, matches: pd.DataFrame, kind: np.ndarray, kinds: int) -> sparse.csr_array:
    """(n, kinds): how many measures of each kind a measure matches."""
    ids = corpus.rows["measure_id"].tolist()
    i, j = (number(ids, matches[f"measure_{side}"]) for side in "ab")
    known = (i >= 0) & (j >= 0)
    i, j = i[known], j[known]
    rows, columns = np.concatenate([i, j]), np.concatenate([kind[j], kind[i]])
    return sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(ids), kinds))


def clusters(
    measures: pd.DataFrame,
    matches: pd.DataFrame,
    *,
    codebook: Codebook | None = None,
    draws: int = 100,
    seed: int = 0,
) -> tuple[pd.DataFrame, float]:
    """Groups of like cities, and how stable they are.

    Average linkage of 1 - similarity, cut where the silhouette (Rousseeuw 1987) is highest, between two groups
    and half as many as cities; one group where no cut has a positive silhouette. The second value is the mean
    adjusted Rand index (Hubert & Arabie 1985) of the cuts of ``draws`` Bayesian bootstraps of the measures, same
    number of groups, with the cut given; ``stability`` is a city's own part in it: the mean share of cities that
    stay on its side or off it. Groups are numbered from 1 by their first city; both are null below four cities.
    """
    from sklearn.metrics import adjusted_rand_score

    corpus = comparable(measures, codebook)
    cities = len(corpus.cities)
    there = counterparts(corpus, matches)
    if cities < 4:
        columns = {"city": corpus.cities, "cluster": [1] * cities, "stability": [np.nan] * cities}
        return table(pd.DataFrame(columns), CLUSTERS), float("nan")
    distance = _distance(corpus, there, np.ones(len(corpus.rows)))
    labels = _cut(distance, None)
    groups = int(labels.max())
    together = labels[:, None] == labels[None, :]
    rng, scores, kept = np.random.default_rng(seed), [], np.zeros(cities)
    for _ in range(draws if groups > 1 else 0):
        drawn = _cut(_distance(corpus, there, rng.standard_exponential(len(corpus.rows))), groups)
        scores.append(adjusted_rand_score(labels, drawn))
        same = together == (drawn[:, None] == drawn[None, :])
        kept += (same.sum(axis=1) - 1) / (cities - 1)
    stability = kept / draws if groups > 1 else np.full(cities, np.nan)
    frame = table({"city": corpus.cities, "cluster": labels, "stability": stability}, CLUSTERS)
    return frame, float(np.mean(scores)) if scores else float("nan")


def _by_city(corpus: Comparable, weight: np.ndarray) -> sparse.csr_array:
    """(cities, n) the weight of each measure in the row of its city."""
    place = (corpus.city, np.arange(len(weight)))
    return sparse.csr_array((weight, place), shape=(len(corpus.cities), len(weight)))


def _distance(corpus: Comparable, there: sparse.csr_array, weight: np.ndarray) -> np.ndarray:
    """(cities, cities) 1 - similarity under weights of the measures."""
    group = _by_city(corpus, weight)
    share = (group @ there).toarray() / np.maximum(group.sum(axis=1), 1e-9)[:, None]
    distance = 1 - (share + share.T) / 2
    np.fill_diagonal(distance, 0)
    return distance


def _cut(distance: np.ndarray, groups: int | None) -> np.ndarray:
    """(cities,) group numbers from 1 in the order of their first city; ``groups`` None chooses how many."""
    from sklearn.metrics import silhouette_score

    tree = linkage(squareform(distance, checks=False), method="average")
    if groups is None:
        best, labels = 0.0, np.ones(len(distance), dtype=np.int64)
        for number_of in range(2, max(len(distance) // 2, 2) + 1):
            found = fcluster(tree, number_of, criterion="maxclust")
            if 1 < len(set(found)) < len(distance):
                score = silhouette_score(distance, found, metric="precomputed")
                if score > best:
                    best, labels = score, found
    else:
        labels = fcluster(tree, groups, criterion="maxclust")
    order: dict[int, int] = {}
    return np.array([order.setdefault(int(label), len(order) + 1) for label in labels])
