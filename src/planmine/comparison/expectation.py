"""Similarity beyond expectation, and groups of like cities with their stability."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from planmine.comparison.frames import Comparable, table
from planmine.comparison.pairs import ONE
from planmine.comparison.similarity import with_all

LENGTHS = (20, 45)  # characters that part short, middling and long measures
SPAN = 3  # years that count as one time
DRAWS = 100  # of the bootstrap that the groups are cut from again
PRIOR = 20  # measures' worth of what a city gives to all kinds, in what it gives to one

CLUSTERS = {"city": "string", "cluster": "Int64", "stability": "float64"}


def expected_similarity(corpus: Comparable, left: np.ndarray, best: np.ndarray) -> np.ndarray:
    """How alike each two cities would be if counterparts fell to them as to any two cities with their measures.

    The null is that of a table with independent rows and columns (a configuration model), within kinds of measures:
    category, length (to 20, to 45, more characters) and three-year span. A measure of A has a counterpart in B as
    often as it has one in the other cities, times what B gives to measures of its kind in proportion to what the others
    give. So a common action is no surprise, nor is a city that plans much, or in the same fields and years. What A
    and B find in each other is no part of their own expectation.

    Returns (pairs, 1 + categories), the mean of both directions; null below three cities. It has no p-value:
    measures of one city share counterparts, and a variance that takes them as independent was too small in trials.
    """
    cities, kinds = len(corpus.cities), len(corpus.categories)
    a, b = np.triu_indices(cities, 1)
    if cities < 3:
        return np.full((len(a), 1 + kinds), np.nan)
    kind, category_of = _kinds(corpus)
    number = len(category_of)
    chosen = [
        np.flatnonzero(left[begin:end]) + begin
        for begin, end in zip(corpus.bounds, corpus.bounds[1:], strict=False)
    ]
    size = np.zeros((cities, number))  # measures of each kind
    given = np.zeros((number, cities))  # how many measures of a kind have a counterpart in each city
    found = []  # the same of one city's kinds
    for city, rows in enumerate(chosen):
        own, of = np.unique(kind[rows], return_inverse=True)
        member = np.arange(len(own))[:, None] == of
        sums = np.rint(member.astype(np.float64) @ best[rows].astype(np.float64)) / ONE
        size[city, own] = member.sum(axis=1)
        given[own] += sums
        found.append((own, sums))
    share = np.zeros((cities, kinds, cities))
    for city, (own, sums) in enumerate(found):
        others = size.sum(axis=0) - size[city] - size  # (cities, kinds): measures that neither is nor city's
        everywhere = (given.sum(axis=0) - sums.sum(axis=0)) / np.maximum(others.sum(axis=1), 1)
        rate = (given[own] - sums + PRIOR * everywhere) / np.maximum(others[:, own].T + PRIOR, 1)
        rate[:, city] = 0
        rest = (rate.sum(axis=1, keepdims=True) - rate) / (cities - 2)
        usual = (sums.sum(axis=1, keepdims=True) - sums) / (cities - 2)
        expected = usual * np.divide(rate, rest, out=np.ones_like(rate), where=rest > 0)
        np.add.at(share[city], category_of[own], np.minimum(expected, size[city, own][:, None]))
    counts = np.zeros((cities, kinds))
    np.add.at(counts, (corpus.city, corpus.category), left)
    with np.errstate(invalid="ignore"):
        there = with_all(share[a, :, b]) / with_all(counts[a])
        back = with_all(share[b, :, a]) / with_all(counts[b])
    return (there + back) / 2


def _kinds(corpus: Comparable) -> tuple[np.ndarray, np.ndarray]:
    """(n,) the kind of each measure, and (kinds,) the category of each kind."""
    rows = corpus.rows
    length = np.digitize(rows["text"].str.len().to_numpy(dtype=np.int64), LENGTHS, right=True)
    year = rows["year"].fillna(0).to_numpy(dtype=np.int64) // SPAN
    keys = np.column_stack([corpus.category, length, year]).reshape(-1, 3)
    kinds, kind = np.unique(keys, axis=0, return_inverse=True)
    return kind.ravel(), kinds[:, 0]


def clusters(similarity: np.ndarray, drawn: np.ndarray, cities: list[str]) -> tuple[pd.DataFrame, float]:
    """Groups of like cities, and how stable they are.

    ``similarity`` (pairs of sorted cities,), null as 0; ``drawn`` (pairs, draws) the same drawn again by ``bootstrap``.
    Average linkage of 1 - similarity, cut where the silhouette (Rousseeuw 1987) is highest, between two groups
    and half as many as cities; one group where no cut has a positive silhouette. The second value is the mean
    adjusted Rand index (Hubert & Arabie 1985) of the cuts of up to DRAWS draws, same number of groups, with the cut given;
    ``stability`` is a city's own part in it: the mean share of cities that stay on its side or off it. Groups are
    numbered from 1 by their first city; both are null below four cities.
    """
    from sklearn.metrics import adjusted_rand_score

    count = len(cities)
    if count < 4:
        columns = {"city": cities, "cluster": [1] * count, "stability": [np.nan] * count}
        return table(pd.DataFrame(columns), CLUSTERS), float("nan")
    labels = _cut(1 - np.nan_to_num(similarity), None)
    groups = int(labels.max())
    together = labels[:, None] == labels[None, :]
    scores, kept, draws = [], np.zeros(count), min(DRAWS, drawn.shape[1])
    for draw in range(draws if groups > 1 else 0):
        again = _cut(1 - drawn[:, draw].astype(np.float64), groups)
        scores.append(adjusted_rand_score(labels, again))
        same = together == (again[:, None] == again[None, :])
        kept += (same.sum(axis=1) - 1) / (count - 1)
    stability = kept / draws if groups > 1 else np.full(count, np.nan)
    frame = table({"city": cities, "cluster": labels, "stability": stability}, CLUSTERS)
    return frame, float(np.mean(scores)) if scores else float("nan")


def _cut(distance: np.ndarray, groups: int | None) -> np.ndarray:
    """Condensed distances to (cities,) group numbers from 1 in the order of their first city; ``groups`` None chooses how many."""
    from sklearn.metrics import silhouette_score

    tree = linkage(distance, method="average")
    distance = squareform(distance)
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
