"""Verbatim reuse: passages of one city's measures that stand word for word in another city's.

Method: shared character n-grams through an inverted index, then their runs, as passim does for words
(Smith, Cordell & Mullen 2015, "Computational Methods for Uncovering Reprinted Texts", American Literary
History 27(3)). n-grams in more than ``max_measures`` measures are left out, as passim does: what stands
everywhere is a set phrase and no sign of copying. Time grows with the characters, not with their square.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from scipy import sparse

from planmine.codebook import Codebook
from planmine.comparison.frames import ALL, Comparable, comparable, table
from planmine.comparison.ngrams import Characters, read_characters, shingles

NGRAM = 13
MAX_MEASURES = 100
LEAST = 20  # characters of a passage worth telling
_BLOCK = 4096  # measures whose shared n-grams are counted at a time

PASSAGES = {
    "measure_a": "string",
    "measure_b": "string",
    "city_a": "string",
    "city_b": "string",
    "start_a": "Int64",
    "end_a": "Int64",
    "start_b": "Int64",
    "end_b": "Int64",
    "characters": "Int64",
    "share": "float64",
}
REUSE = {
    "city_a": "string",
    "city_b": "string",
    "category": "string",
    "characters_a": "Int64",
    "characters_b": "Int64",
    "reused_a": "Int64",
    "reused_b": "Int64",
    "reuse_share": "float64",
}


@dataclass(frozen=True, slots=True)
class _Index:
    """The n-grams that stand in two or more cities: (s,) place of the first character, ascending, and number."""

    characters: Characters
    start: np.ndarray
    shingle: np.ndarray
    distinct: int


def _index(corpus: Comparable, n: int, max_measures: int) -> _Index:
    characters = read_characters(corpus.rows["text"].astype(str).tolist())
    hashes, start = shingles(characters, n)
    _, number, count = np.unique(hashes, return_inverse=True, return_counts=True)
    often = count[number] > 1
    number, start = number[often], start[often]
    owner = characters.owner[start]

    def spread(of: np.ndarray, among: int) -> np.ndarray:
        """In how many different owners (measures, cities) each n-gram stands."""
        return np.bincount(np.unique(number * among + of) // among, minlength=len(count))

    cities = spread(corpus.city[owner], max(len(corpus.cities), 1))
    measures = spread(owner, max(len(corpus.rows), 1))
    kept = (cities[number] > 1) & (measures[number] <= max_measures)
    distinct, shingle = np.unique(number[kept], return_inverse=True)
    return _Index(characters, start[kept], shingle, len(distinct))


def find_passages(
    measures: pd.DataFrame, *, n: int = NGRAM, max_measures: int = MAX_MEASURES, least: int = LEAST
) -> pd.DataFrame:
    """Pairs of measures of different cities that share ``least`` or more characters in runs of ``n``.

    Columns as PASSAGES: ``start``/``end`` are offsets into the plan's text, from the first to the last
    shared character; ``characters`` counts the letters, digits and ideographs in shared runs, ``share``
    is their part of the shorter measure. Method and source: see the module.
    """
    corpus = comparable(measures)
    index = _index(corpus, n, max_measures)
    owner = index.characters.owner[index.start]
    _, first = np.unique(owner * max(index.distinct, 1) + index.shingle, return_index=True)
    shape = (len(corpus.rows), max(index.distinct, 1))
    cells = (owner[first], index.shingle[first])
    place = sparse.csr_array((index.start[first] + 1, cells), shape=shape)  # + 1: a stored 0 is none
    stands = sparse.csr_array((np.ones(len(first), dtype=np.int32), cells), shape=shape)
    lengths = index.characters.lengths()
    nothing = np.empty(0, dtype=np.int64)
    found = [(nothing,) * 7]
    for begin in range(0, shape[0], _BLOCK):
        shared = sparse.coo_array(stands[begin : begin + _BLOCK] @ stands.T)
        a, b = shared.coords[0] + begin, shared.coords[1]
        # s shared n-grams cover at most n * s characters
        enough = (corpus.city[a] < corpus.city[b]) & (shared.data * n >= least)
        a, b = a[enough], b[enough]
        for part in range(0, len(a), 8 * _BLOCK):
            i, j = a[part : part + 8 * _BLOCK], b[part : part + 8 * _BLOCK]
            covered_a, first_a, last_a = _runs(place[i].multiply(stands[j]), n)
            covered_b, first_b, last_b = _runs(place[j].multiply(stands[i]), n)
            covered = np.minimum(covered_a, covered_b)
            found.append((i, j, covered, first_a, last_a, first_b, last_b))
    joined = np.array([np.concatenate(part) for part in zip(*found, strict=True)])
    joined = joined[:, joined[2] >= least]
    i, j, covered, first_a, last_a, first_b, last_b = joined[:, np.lexsort((joined[1], joined[0]))]
    rows, offset = corpus.rows, index.characters.offset
    ids, city, begins = (rows[name].to_numpy() for name in ("measure_id", "city", "start"))
    return table(
        {
            "measure_a": ids[i],
            "measure_b": ids[j],
            "city_a": city[i],
            "city_b": city[j],
            "start_a": begins[i] + offset[first_a],
            "end_a": begins[i] + offset[last_a] + 1,
            "start_b": begins[j] + offset[first_b],
            "end_b": begins[j] + offset[last_b] + 1,
            "characters": covered,
            "share": np.minimum(covered / np.minimum(lengths[i], lengths[j]), 1.0),
        },
        PASSAGES,
    )


def _runs(places: sparse.csr_array, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Per row of n-gram places (+ 1): characters covered, and the first and last of them."""
    places = sparse.csr_array(places)
    row = np.repeat(np.arange(places.shape[0]), np.diff(places.indptr))
    order = np.lexsort((places.data, row))
    row, start = row[order], places.data[order] - 1
    # each n-gram adds n characters less its overlap with the one before
    fresh = np.minimum(n, np.diff(start, prepend=-n))
    fresh[np.flatnonzero(np.diff(row, prepend=-1))] = n
    covered = np.bincount(row, weights=fresh, minlength=places.shape[0]).astype(np.int64)
    return covered, start[places.indptr[:-1]], start[places.indptr[1:] - 1] + n - 1


def reuse_shares(
    measures: pd.DataFrame,
    *,
    codebook: Codebook | None = None,
    n: int = NGRAM,
    max_measures: int = MAX_MEASURES,
) -> pd.DataFrame:
    """How much of two cities' measures stands word for word in both: one row a pair and category.

    ``reused_a`` counts the characters of A's measures (of the category) inside an n-gram that stands in
    any measure of B, ``reused_b`` the reverse; ``reuse_share`` = (reused_a + reused_b) / (characters_a +
    characters_b), symmetric, null where both have none. Method and source: see the module.
    """
    corpus = comparable(measures, codebook)
    index = _index(corpus, n, max_measures)
    cities, kinds = len(corpus.cities), len(corpus.categories)
    owner = index.characters.owner
    lengths = np.zeros((cities, kinds), dtype=np.int64)
    np.add.at(lengths, (corpus.city, corpus.category), index.characters.lengths())
    stands = sparse.csr_array(
        (np.ones(len(index.start), dtype=np.int32), (index.shingle, corpus.city[owner[index.start]])),
        shape=(max(index.distinct, 1), cities),
    )
    reused = np.zeros((cities, cities, kinds), dtype=np.int64)
    # rows are sorted by city, so a city's characters stand together
    bounds = np.searchsorted(corpus.city[owner], np.arange(cities + 1))
    for city, (begin, end) in enumerate(pairwise(bounds)):
        here = slice(*np.searchsorted(index.start, (begin, end)))
        opened = np.zeros((end - begin + n, cities), dtype=np.int32)
        opened[index.start[here] - begin + n] = stands[index.shingle[here]].toarray()
        total = np.cumsum(opened, axis=0, dtype=np.int32)
        covered = (total[n:] - total[:-n]) > 0  # an n-gram of that city began within the last n characters
        kind = corpus.category[owner[begin:end]]
        for k in np.unique(kind):
            reused[city, :, k] = covered[kind == k].sum(axis=0)
    a, b = np.triu_indices(cities, 1)

    def with_all(counts: np.ndarray) -> np.ndarray:
        """(pairs, categories) to (pairs * (1 + categories),): the sum of all first."""
        return np.concatenate([counts.sum(axis=1, keepdims=True), counts], axis=1).ravel()

    characters_a, characters_b = with_all(lengths[a]), with_all(lengths[b])
    reused_a, reused_b = with_all(reused[a, b]), with_all(reused[b, a])
    names = np.array(corpus.cities, dtype=object)
    with np.errstate(invalid="ignore"):
        share = (reused_a + reused_b) / (characters_a + characters_b)
    return table(
        {
            "city_a": np.repeat(names[a], kinds + 1),
            "city_b": np.repeat(names[b], kinds + 1),
            "category": np.tile(np.array([ALL, *corpus.categories], dtype=object), len(a)),
            "characters_a": characters_a,
            "characters_b": characters_b,
            "reused_a": reused_a,
            "reused_b": reused_b,
            "reuse_share": share,
        },
        REUSE,
    )
