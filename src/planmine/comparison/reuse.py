"""Verbatim reuse: passages of one city's measures that stand word for word in another city's.

Method: shared character n-grams through an inverted index, then their runs, as passim does for words
(Smith, Cordell & Mullen 2015, "Computational Methods for Uncovering Reprinted Texts", American Literary
History 27(3)). Set phrases are no part of the texts, and an n-gram in more than ``max_measures`` measures of two cities
is left out between them, as passim does: what stands everywhere is no sign of copying. Time grows with the
characters, not with their square.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from planmine.comparison.ngrams import read_characters, shingles

NGRAM = 13
MAX_MEASURES = 50
LEAST = 20  # characters of a passage worth telling

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


@dataclass(frozen=True, slots=True)
class Passages:
    """(p,) passages: numbers of the two texts, characters in shared runs, their share of the shorter text, and
    the offsets of the first shared character and after the last in each text."""

    i: np.ndarray
    j: np.ndarray
    characters: np.ndarray
    share: np.ndarray
    start_i: np.ndarray
    end_i: np.ndarray
    start_j: np.ndarray
    end_j: np.ndarray


@dataclass(frozen=True, slots=True)
class Reused:
    """(r,) characters of a text that stand word for word in another city."""

    city: np.ndarray
    text: np.ndarray
    characters: np.ndarray


@dataclass(frozen=True, slots=True)
class Reuse:
    """The n-grams of many texts that stand in two or more cities.

    (s,) each, in the order of the texts: ``start``, place of the first character among all; ``owner``, its text;
    ``city``; ``gram``, its number. ``offset`` (c,) of each character in its text; ``length`` (texts,) in characters.
    """

    n: int
    max_measures: int
    start: np.ndarray
    owner: np.ndarray
    city: np.ndarray
    gram: np.ndarray
    grams: int
    offset: np.ndarray
    length: np.ndarray

    @classmethod
    def of(cls, texts: Sequence[str], city: np.ndarray, n: int, max_measures: int) -> Reuse:
        """Index the texts, whose cities are ``city`` (texts,), sorted."""
        characters = read_characters(texts)
        hashes, start = shingles(characters, n)
        sorted_hashes = np.sort(hashes)
        twice = np.unique(sorted_hashes[1:][sorted_hashes[1:] == sorted_hashes[:-1]])
        del sorted_hashes  # a gigabyte for a million measures
        number = np.searchsorted(twice, hashes)
        often = np.append(twice, np.uint64(0))[number] == hashes
        often &= number < len(twice)
        number, start = number[often], start[often]
        owner = characters.owner[start]
        among = int(city[-1]) + 1 if len(city) else 1
        spread = np.bincount(np.unique(number * among + city[owner]) // among, minlength=len(twice))
        kept = spread[number] > 1
        distinct, gram = np.unique(number[kept], return_inverse=True)
        owner = owner[kept]
        return cls(
            n,
            max_measures,
            start[kept],
            owner,
            city[owner],
            gram,
            max(len(distinct), 1),
            characters.offset,
            characters.lengths(),
        )

    def between(self, x: int, others: np.ndarray) -> tuple[Passages, Reused, np.ndarray]:
        """City ``x`` beside the cities where ``others`` (cities,): passages (i of x, j of another), and characters reused.

        The second value counts the characters of the texts of ``x`` inside an n-gram that stands in any text of
        another city; the third (texts,) the reverse, of each text of the others.
        """
        here = slice(*np.searchsorted(self.city, (x, x + 1)))
        in_x = np.zeros(self.grams, dtype=bool)
        in_x[self.gram[here]] = True
        there = np.flatnonzero(in_x[self.gram] & others[self.city])
        there = there[self._seldom(here, there)]
        texts = max(len(self.length), 1)
        back = _covered(self.start[there], self.owner[there], self.n, len(self.length))
        among = len(others)
        key = np.unique(self.gram[there] * among + self.city[there])
        stands = sparse.csr_array(
            (np.ones(len(key), dtype=np.int8), (key // among, key % among)), shape=(self.grams, among)
        )
        hit = sparse.coo_array(stands[self.gram[here]])
        row, city = hit.coords
        order = np.lexsort((row, city))
        row, city = row[order], city[order]
        texts_x = self.owner[here][row]
        # places in one row for all cities, far apart, so that each city's runs are counted alone
        place = self.start[here][row] + city.astype(np.int64) * (len(self.offset) + self.n)
        cell, of = np.unique(city.astype(np.int64) * texts + texts_x, return_inverse=True)
        covered = _covered(place, of, self.n, len(cell))
        return self._passages(here, there), Reused(cell // texts, cell % texts, covered), back

    def _seldom(self, here: slice, there: np.ndarray) -> np.ndarray:
        """(t,) bool: n-grams that stand in no more than ``max_measures`` texts of their city and x together."""
        own = np.unique(self.gram[here] * len(self.length) + self.owner[here]) // len(self.length)
        in_x = np.bincount(own, minlength=self.grams)
        texts, city = len(self.length), self.city[there]
        _, first = np.unique(self.gram[there] * texts + self.owner[there], return_index=True)
        among = int(city.max()) + 1 if len(city) else 1
        cell = self.gram[there] * among + city
        cells, of = np.unique(cell, return_inverse=True)
        count = np.bincount(of[first], minlength=len(cells))
        return count[of] + in_x[self.gram[there]] <= self.max_measures

    def _passages(self, here: slice, there: np.ndarray) -> Passages:
        """Pairs of texts that share LEAST or more characters in runs."""
        place_x, stands_x, rows_x = self._places(np.arange(here.start, here.stop))
        place_o, stands_o, rows_o = self._places(there)
        shared = sparse.coo_array(stands_x @ stands_o.T)
        enough = shared.data * self.n >= LEAST  # s shared n-grams cover at most n * s characters
        a, b = shared.coords[0][enough], shared.coords[1][enough]
        covered_a, first_a, last_a = _runs(sparse.csr_array(place_x[a].multiply(stands_o[b])), self.n)
        covered_b, first_b, last_b = _runs(sparse.csr_array(place_o[b].multiply(stands_x[a])), self.n)
        covered = np.minimum(covered_a, covered_b)
        keep = covered >= LEAST
        i, j, covered = rows_x[a][keep], rows_o[b][keep], covered[keep]
        share = np.minimum(covered / np.minimum(self.length[i], self.length[j]), 1.0)
        places = (self.offset[places[keep]] for places in (first_a, last_a, first_b, last_b))
        start_i, last_i, start_j, last_j = places
        return Passages(i, j, covered, share, start_i, last_i + 1, start_j, last_j + 1)

    def _places(self, entries: np.ndarray) -> tuple[sparse.csr_array, sparse.csr_array, np.ndarray]:
        """(texts, grams) where the first of each n-gram stands (+ 1) and that it does, and the texts' numbers."""
        rows, row = np.unique(self.owner[entries], return_inverse=True)
        gram = self.gram[entries]
        _, once = np.unique(row * self.grams + gram, return_index=True)
        shape, cells = (len(rows), self.grams), (row[once], gram[once])
        place = sparse.csr_array((self.start[entries][once] + 1, cells), shape=shape)  # a stored 0 is none
        stands = sparse.csr_array((np.ones(len(once), dtype=np.int32), cells), shape=shape)
        return place, stands, rows


def _covered(start: np.ndarray, of: np.ndarray, n: int, groups: int) -> np.ndarray:
    """(groups,) characters inside n-grams that begin at ``start``, ascending, by the group of each."""
    fresh = np.minimum(n, np.diff(start, prepend=-n))
    return np.bincount(of, weights=fresh, minlength=groups).astype(np.int64)


def _runs(places: sparse.csr_array, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Per row of n-gram places (+ 1): characters covered, and the first and last of them."""
    row = np.repeat(np.arange(places.shape[0]), np.diff(places.indptr))
    order = np.lexsort((places.data, row))
    row, start = row[order], places.data[order] - 1
    # each n-gram adds n characters less its overlap with the one before
    fresh = np.minimum(n, np.diff(start, prepend=-n))
    fresh[np.flatnonzero(np.diff(row, prepend=-1))] = n
    covered = np.bincount(row, weights=fresh, minlength=places.shape[0]).astype(np.int64)
    return covered, start[places.indptr[:-1]], start[places.indptr[1:] - 1] + n - 1
