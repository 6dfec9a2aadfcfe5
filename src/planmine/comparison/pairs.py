"""Pairs of cities: what the measures of each have in common with those of the other.

A pair's result depends on the measures of its two cities and on nothing else, so it can be remembered: a new plan
changes the pairs of its own city only. Cities are taken one after the other, each beside all that it was not
compared with yet.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from planmine.comparison.evidence import Evidence, MatchModel, weigh
from planmine.comparison.formulae import CUT, PLAIN, WRITTEN, Wordings
from planmine.comparison.frames import Comparable
from planmine.comparison.memory import Arrays
from planmine.comparison.rerank import Reranker
from planmine.comparison.reuse import Passages, Reuse
from planmine.comparison.search import STEPS, Search, cosine, nearest

COUNTED = 0.1  # least probability of a counterpart; from 0.4 on, less of a planted overlap is found again
ONE = 65_535  # a probability of 1 in the units that probabilities are kept in
_PAIRS = 1 << 16  # pairs weighed at a time


@dataclass(frozen=True, slots=True)
class Material:
    """All that pairs of cities are compared by.

    ``reuse``: of the wordings without set phrases (``wordings.cut``), ``characters`` (measures,) of each; ``threshold``:
    least probability of a match in the table, ``listed``: how many of two cities stand there at most (None: all); ``neighbours``: candidates of a measure in
    each other city; ``reranker``: what weighs candidates a second time, if anything; ``keys``: of all that the pairs of each city depend on.
    """

    corpus: Comparable
    wordings: Wordings
    search: Search
    evidence: Evidence
    reuse: Reuse
    characters: np.ndarray
    model: MatchModel
    reranker: Reranker | None
    threshold: float
    listed: int | None
    neighbours: int
    keys: list[str]


def compare_pairs(material: Material, missing: np.ndarray) -> Iterator[dict[tuple[int, int], Arrays]]:
    """Results of the pairs of cities where ``missing`` (cities, cities; symmetric, False on the diagonal).

    Yields, for one city after the other, its pairs (a, b), a < b, and their arrays:

    - ``best_a`` (measures of a,), ``best_b``: uint16, the probability of the measure's most probable counterpart in
      the other city, 0 below COUNTED, in units of 1 / ONE;
    - ``written`` (2, categories): sums of the same with set phrases left in, of a's measures and of b's;
    - ``reused`` (2, categories): characters that stand word for word in the other city;
    - ``links`` (m, 2) matches to list, by place in each city, ``cosine``, ``probability``, ``same_text`` (m,), and where a
      reranker weighed them ``first``, the probability before;
    - ``passages`` (p, 7): places in each city, start and end in each plan, characters; ``share`` (p,).
    """
    left = missing.copy()
    while left.any():
        x = int(left.sum(axis=1).argmax())
        yield _beside(material, x, left[x].copy())
        left[x] = left[:, x] = False


def _beside(material: Material, x: int, others: np.ndarray) -> dict[tuple[int, int], Arrays]:
    corpus, row = material.corpus, material.wordings.row
    kinds = len(corpus.categories)
    cells = (len(others), kinds)
    passages, reused, back = material.reuse.between(x, others)
    key, probability, first_seen, cosines, same_text = _weigh(material, x, others, passages)
    count = len(row)
    i, j = np.divmod(key, count)
    kind = material.wordings.kind
    as_written = (kind[i] == WRITTEN) | (kind[j] == WRITTEN)
    counted = np.where(probability >= COUNTED, probability, 0)
    unit = np.rint(counted * ONE).astype(np.uint16)
    best = _most(row[i], row[j], unit, ~as_written, corpus, x)
    written = _most(row[i], row[j], unit, (kind[i] != CUT) & (kind[j] != CUT), corpus, x)
    listed = ~as_written & (np.maximum(probability, first_seen) >= material.threshold)
    links = _split(corpus.city[row[j]], listed, len(others))
    told = _split(
        corpus.city[row[material.wordings.cut[passages.j]]], np.ones(len(passages.j), dtype=bool), len(others)
    )
    begin = corpus.bounds[x]
    start = corpus.rows["start"].to_numpy(dtype=np.int64)
    text = row[material.wordings.cut]  # the measure of each text
    cell = corpus.city * kinds + corpus.category  # of each measure
    own_sums = by_category(corpus, written[0], x)
    their_sums = _total(cell, written[1], cells)
    own_copied = _total(reused.city * kinds + corpus.category[text[reused.text]], reused.characters, cells)
    their_copied = _total(cell[text], back, cells)
    results: dict[tuple[int, int], Arrays] = {}
    for o in np.flatnonzero(others).tolist():
        first, last = corpus.bounds[o : o + 2]
        own, theirs = best[0][:, o], best[1][first:last]
        m, p = links[o], told[o]
        p_i, p_j = text[passages.i[p]], text[passages.j[p]]
        sums = [own_sums[:, o], their_sums[o]]
        copied = [own_copied[o], their_copied[o]]
        sides = [
            np.column_stack([row[i[m]] - begin, row[j[m]] - first]),
            np.column_stack([p_i - begin, p_j - first]),
            np.column_stack([start[p_i] + passages.start_i[p], start[p_i] + passages.end_i[p]]),
            np.column_stack([start[p_j] + passages.start_j[p], start[p_j] + passages.end_j[p]]),
        ]
        if o < x:
            own, theirs = theirs, own
            sums, copied = sums[::-1], copied[::-1]
            sides = [sides[0][:, ::-1], sides[1][:, ::-1], sides[3], sides[2]]
        if material.listed is not None and len(m) > material.listed:
            surest = np.lexsort((sides[0][:, 1], sides[0][:, 0], -probability[m]))[: material.listed]
            m, sides[0] = m[surest], sides[0][surest]
        order = np.lexsort((sides[0][:, 1], sides[0][:, 0]))
        told_order = np.lexsort((sides[1][:, 1], sides[1][:, 0]))
        results[min(x, o), max(x, o)] = {
            "best_a": own,
            "best_b": theirs,
            "written": np.array(sums),
            "reused": np.array(copied),
            "links": sides[0][order].astype(np.int32),
            "cosine": cosines[m][order],
            "probability": probability[m][order],
            "same_text": same_text[m][order],
            "passages": np.column_stack([*sides[1:], passages.characters[p]])[told_order],
            "share": passages.share[p][told_order],
        }
        if material.reranker:
            results[min(x, o), max(x, o)]["first"] = first_seen[m][order]
    return results


def _weigh(
    material: Material, x: int, others: np.ndarray, passages: Passages
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Candidates of city x and their weight: key (i * wordings + j), probability, that before re-ranking, cosine, same
    text; of those that count or are listed by either."""
    row, kind = material.wordings.row, material.wordings.kind
    count, cities = len(row), len(others)
    city = material.corpus.city[row]
    begin, end = np.searchsorted(city, (x, x + 1))
    i, j, dot = material.search.near(int(begin), int(end), others[city])
    # a text without its set phrases and one with them are never in one view
    if (kind != PLAIN).any():
        one_view = kind[i] + kind[j] != CUT + WRITTEN
        i, j, dot = i[one_view], j[one_view], dot[one_view]
    view = (kind[i] == WRITTEN) | (kind[j] == WRITTEN)
    near_i = i - np.int32(begin)
    close = nearest(
        (near_i * cities + city[j]) * 2 + view, int(end - begin) * cities * 2, dot, j, material.neighbours
    )
    close |= nearest(j * 2 + view, count * 2, dot, near_i, material.neighbours)
    copied = material.wordings.cut[passages.i] * count + material.wordings.cut[passages.j]
    order = np.argsort(copied)
    copied, copied_share = copied[order], passages.share[order]
    key, once = np.unique(i[close].astype(np.int64) * count + j[close], return_index=True)
    cosines = np.minimum(dot[close][once] / STEPS**2, 1)
    place = np.minimum(np.searchsorted(copied, key), max(len(copied) - 1, 0))
    both = copied[place] == key if len(copied) else np.zeros(len(key), dtype=bool)
    share = np.zeros(len(key))
    share[both] = copied_share[place[both]]
    far = np.ones(len(copied), dtype=bool)  # copied, and yet not among the nearest
    far[place[both]] = False
    key, share = np.concatenate([key, copied[far]]), np.concatenate([share, copied_share[far]])
    cosines = np.concatenate([cosines, cosine(material.search.steps, *np.divmod(copied[far], count))])
    probability, same_text = np.empty(len(key)), np.empty(len(key), dtype=bool)
    for top in range(0, len(key), _PAIRS):
        part = slice(top, top + _PAIRS)
        signals = material.evidence.signals(*np.divmod(key[part], count), cosines[part])
        probability[part], same_text[part] = weigh(material.model, signals, share[part])
    first_seen = probability
    if material.reranker:
        cosines, probability = material.reranker.weigh(
            material.evidence, material.wordings.texts, *np.divmod(key, count), cosines, probability, share
        )
    keep = np.maximum(probability, first_seen) >= min(COUNTED, material.threshold)
    return key[keep], probability[keep], first_seen[keep], cosines[keep], same_text[keep]


def _most(
    i: np.ndarray, j: np.ndarray, unit: np.ndarray, chosen: np.ndarray, corpus: Comparable, x: int
) -> tuple[np.ndarray, np.ndarray]:
    """The highest ``unit`` among the chosen pairs: (measures of x, cities) and (measures,) of the others."""
    begin, end = corpus.bounds[x : x + 2]
    own = np.zeros((end - begin, len(corpus.cities)), dtype=np.uint16)
    theirs = np.zeros(len(corpus.rows), dtype=np.uint16)
    i, j, unit = i[chosen], j[chosen], unit[chosen]
    np.maximum.at(own, (i - begin, corpus.city[j]), unit)
    np.maximum.at(theirs, j, unit)
    return own, theirs


def _split(city: np.ndarray, chosen: np.ndarray, cities: int) -> list[np.ndarray]:
    """For each city the places of its chosen entries, in order."""
    place = np.flatnonzero(chosen)
    place = place[np.argsort(city[place], kind="stable")]
    return np.split(place, np.searchsorted(city[place], np.arange(1, cities)))


def _total(cell: np.ndarray, values: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """The values summed by cell; whole numbers, so the sums are exact in any order."""
    return np.bincount(cell, weights=values, minlength=shape[0] * shape[1]).reshape(shape).astype(np.int64)


def by_category(corpus: Comparable, values: np.ndarray, city: int) -> np.ndarray:
    """(categories, m) whole numbers: the rows of a city's ``values`` (measures of the city, m) summed by category."""
    category = corpus.category[corpus.bounds[city] : corpus.bounds[city + 1]]
    member = np.arange(len(corpus.categories))[:, None] == category
    return np.rint(member.astype(np.float64) @ values.astype(np.float64)).astype(np.int64)


def fill(corpus: Comparable, pairs: list[tuple[int, int]], results: list[Arrays]) -> np.ndarray:
    """(measures, cities) uint16: the probability of each measure's most probable counterpart in each city."""
    best = np.zeros((len(corpus.rows), max(len(corpus.cities), 1)), dtype=np.uint16)
    for (a, b), result in zip(pairs, results, strict=True):
        best[corpus.bounds[a] : corpus.bounds[a + 1], b] = result["best_a"]
        best[corpus.bounds[b] : corpus.bounds[b + 1], a] = result["best_b"]
    return best
