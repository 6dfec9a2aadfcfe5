"""Matches: pairs of measures of different cities that state the same action, or the same text."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from planmine.comparison.evidence import Evidence, MatchModel
from planmine.comparison.frames import comparable, number, table
from planmine.comparison.reuse import find_passages

THRESHOLD = 0.4  # listed from here; precision and recall by threshold stand in match_weights/
NEIGHBOURS = 5
SAME_TEXT = 0.8  # share of the shorter measure's characters in shared runs
_ROWS, _COLUMNS = 512, 16384  # measures multiplied at a time
_PAIRS = 1 << 16  # pairs weighed at a time

MATCHES = {
    "measure_a": "string",
    "measure_b": "string",
    "city_a": "string",
    "city_b": "string",
    "year_a": "Int64",
    "year_b": "Int64",
    "category": "string",
    "cosine": "float64",
    "probability": "float64",
    "relation": "string",
}


def find_matches(
    measures: pd.DataFrame,
    vectors: np.ndarray,
    *,
    passages: pd.DataFrame | None = None,
    model: MatchModel | None = None,
    threshold: float = THRESHOLD,
    neighbours: int = NEIGHBOURS,
) -> pd.DataFrame:
    """Find the measures of different cities that are the same action in other words, or the same text.

    Candidates by exact cosine: a pair counts where one is among the ``neighbours`` nearest that the other
    has in that city and their cosine could reach ``threshold``; or if they share a passage. Each is weighed
    by a logistic model of cosine, wording, category, action and object (``evidence.py``; Fellegi & Sunter
    1969 for linking records by weighed agreement). ``relation`` is ``same_text`` where shared runs hold
    0.8 or more of the shorter measure, at least 20 characters, else ``same_action``; the probability of a
    ``same_text`` is at least that share. Kept are pairs of ``threshold`` or more. ``category`` is the one
    both have, else one that the coder accepts for both, else that of ``measure_a``. city_a sorts before
    city_b.

    ``vectors``: (n, d) float, row k that of row k of ``measures``, of unit length. ``passages``: table of
    ``find_passages`` of the same measures, made here where it is not given. Raises ValueError where the
    vectors do not fit the measures.
    """
    corpus = comparable(measures)
    rows, count = corpus.rows, max(len(corpus.rows), 1)
    unit = _check(vectors, len(measures))[corpus.position]
    model = model or MatchModel.load()
    passages = find_passages(measures) if passages is None else passages
    first, second = (number(rows["measure_id"].tolist(), passages[f"measure_{side}"]) for side in "ab")
    # a pair (i, j) is the key i * count + j
    copied = pd.Series(passages["share"].to_numpy(np.float64), index=first * count + second).sort_index()
    shared = copied.index.to_numpy()
    evidence = Evidence.read(rows)
    found = [(np.empty(0, dtype=np.int64), np.empty(0), np.empty(0), np.empty(0, dtype=bool))]
    least = model.least_cosine(threshold) - 1e-4  # float32 cosines are good to five decimals
    for begin, end, near in _candidates(unit, corpus.city, neighbours, least):
        keys = np.union1d(near, shared[slice(*np.searchsorted(shared, (begin * count, end * count)))])
        for part in range(0, len(keys), _PAIRS):
            key = keys[part : part + _PAIRS]
            i, j = np.divmod(key, count)
            cosine = np.einsum("pd,pd->p", unit[i], unit[j], dtype=np.float64)
            share = copied.reindex(key, fill_value=0.0).to_numpy()
            probability, same_text = weigh(model, evidence.signals(i, j, cosine), share)
            keep = probability >= threshold
            found.append((key[keep], cosine[keep], probability[keep], same_text[keep]))
    key, cosine, probability, same_text = (np.concatenate(part) for part in zip(*found, strict=True))
    i, j = np.divmod(key, count)
    names, city, year = (rows[name].to_numpy(dtype=object) for name in ("measure_id", "city", "year"))
    order = np.lexsort((j, i, corpus.city[j], corpus.city[i]))
    i, j, cosine, probability, same_text = (part[order] for part in (i, j, cosine, probability, same_text))
    return table(
        {
            "measure_a": names[i],
            "measure_b": names[j],
            "city_a": city[i],
            "city_b": city[j],
            "year_a": year[i],
            "year_b": year[j],
            "category": _category(rows, corpus.category, i, j),
            "cosine": np.clip(cosine, -1, 1),
            "probability": probability,
            "relation": np.where(same_text, "same_text", "same_action").astype(object),
        },
        MATCHES,
    )


def weigh(model: MatchModel, signals: np.ndarray, share: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(p,) probabilities of pairs with these signals and shares of copied text, and (p,) bool: the same text.

    What stands word for word in both is the same action whatever its frame of other words.
    """
    probability, same_text = model.probability(signals), share >= SAME_TEXT
    return np.where(same_text, np.maximum(probability, share), probability), same_text


def _candidates(
    unit: np.ndarray, city: np.ndarray, neighbours: int, least: float
) -> Iterator[tuple[int, int, np.ndarray]]:
    """For each city its rows [begin, end) and the keys of their candidates in the cities after it.

    Exact, in blocks: memory is that of one block of cosines and of the pairs kept of one city.
    """
    count = len(unit)
    bounds = np.flatnonzero(np.diff(city, prepend=-1, append=-1)) if count else np.empty(0, dtype=np.int64)
    for begin, end in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        pieces = [(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32))]
        for top in range(begin, end, _ROWS):
            block = unit[top : min(top + _ROWS, end)]
            for left in range(end, count, _COLUMNS):
                cosine = block @ unit[left : left + _COLUMNS].T
                r, c = np.nonzero(cosine >= least)
                pieces.append(_nearest(r + top, c + left, cosine[r, c], city, neighbours))
        i, j, near = (np.concatenate(part) for part in zip(*pieces, strict=True))
        i, j, _ = _nearest(i, j, near, city, neighbours)
        yield begin, end, i * count + j


def _nearest(
    i: np.ndarray, j: np.ndarray, cosine: np.ndarray, city: np.ndarray, neighbours: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The pairs where j is among the nearest of i in j's city, or i (all of one city) among those of j."""
    cities = int(city[-1]) + 1 if len(city) else 1
    keep = np.zeros(len(i), dtype=bool)
    for own, other in ((i * cities + city[j], j), (j, i)):
        order = np.lexsort((other, -cosine, own))
        start = np.flatnonzero(np.diff(own[order], prepend=-1))
        rank = np.arange(len(order)) - np.repeat(start, np.diff(start, append=len(order)))
        keep[order[rank < neighbours]] = True
    return i[keep], j[keep], cosine[keep]


def _category(rows: pd.DataFrame, category: np.ndarray, i: np.ndarray, j: np.ndarray) -> np.ndarray:
    """(m,) the category of a match: that of both, else a label in common, else that of the first."""
    names, labels = rows["category"].to_numpy(dtype=object), rows["labels"].to_numpy(dtype=object)
    chosen = names[i]
    for row in np.flatnonzero(category[i] != category[j]):
        theirs = set(labels[j[row]]) | {names[j[row]]}
        chosen[row] = next(
            (label for label in (names[i[row]], *labels[i[row]]) if label in theirs), names[i[row]]
        )
    return chosen


def _check(vectors: np.ndarray, count: int) -> np.ndarray:
    """The vectors as float32; ValueError where they are not one unit (or zero) row for each measure."""
    vectors = np.asarray(vectors, dtype=np.float32)
    if count == 0:
        return np.empty((0, 1), dtype=np.float32)
    if vectors.ndim != 2 or len(vectors) != count:
        raise ValueError(
            f"vectors: shape {vectors.shape} for {count} measures; give one row for each measure"
        )
    length = np.linalg.norm(vectors, axis=1)
    if not np.all((np.abs(length - 1) < 1e-3) | (length == 0)):
        raise ValueError("vectors: rows are not of unit length; divide each by its norm")
    return vectors
