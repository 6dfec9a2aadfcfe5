"""The tables of matches and of passages: what pairs of cities have in common, measure by measure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from planmine.comparison.frames import Comparable, table
from planmine.comparison.memory import Arrays
from planmine.comparison.reuse import PASSAGES

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


def list_matches(
    corpus: Comparable,
    pairs: Sequence[tuple[int, int]],
    results: Sequence[Arrays],
    weight: str = "probability",
) -> pd.DataFrame:
    """The measures of different cities that are the same action in other words, or the same text.

    ``relation`` is ``same_text`` where shared runs hold 0.8 or more of the shorter measure, at least 20 characters,
    else ``same_action``; the probability of a ``same_text`` is at least that share. ``category`` is the one both
    have, else one that the coder accepts for both, else that of ``measure_a``. city_a sorts before city_b.
    Sorted by cities and measures. ``pairs``, ``results``: see ``compare_pairs``; pairs sorted; ``weight``: the array of
    the results that is taken for the probability.
    """
    rows = corpus.rows
    i, j = _sides(corpus, pairs, results, "links")
    same_text = _column(results, "same_text", bool)
    names, city, year = (rows[name].to_numpy(dtype=object) for name in ("measure_id", "city", "year"))
    return table(
        {
            "measure_a": names[i],
            "measure_b": names[j],
            "city_a": city[i],
            "city_b": city[j],
            "year_a": year[i],
            "year_b": year[j],
            "category": _category(rows, corpus.category, i, j),
            "cosine": _column(results, "cosine", np.float64),
            "probability": _column(results, weight, np.float64),
            "relation": np.where(same_text, "same_text", "same_action").astype(object),
        },
        MATCHES,
    )


def list_passages(
    corpus: Comparable, pairs: Sequence[tuple[int, int]], results: Sequence[Arrays]
) -> pd.DataFrame:
    """Pairs of measures of different cities that share 20 or more characters word for word.

    ``start``/``end`` are offsets into the plan's text, from the first to the last shared character; ``characters``
    counts the letters, digits and ideographs in shared runs, ``share`` is their part of the shorter measure. Set
    phrases are no part of it. Method and source: see ``reuse.py``. Sorted by cities and measures.
    """
    i, j = _sides(corpus, pairs, results, "passages")
    ids, city = (corpus.rows[name].to_numpy(dtype=object) for name in ("measure_id", "city"))
    told = np.concatenate([np.empty((0, 7), dtype=np.int64), *(part["passages"] for part in results)])
    places = dict(zip(("start_a", "end_a", "start_b", "end_b", "characters"), told.T[2:], strict=True))
    columns = {"measure_a": ids[i], "measure_b": ids[j], "city_a": city[i], "city_b": city[j]}
    return table({**columns, **places, "share": _column(results, "share", np.float64)}, PASSAGES)


def _sides(
    corpus: Comparable, pairs: Sequence[tuple[int, int]], results: Sequence[Arrays], name: str
) -> tuple[np.ndarray, np.ndarray]:
    """Rows of both sides of the results' ``links`` or ``passages``."""
    nothing = np.empty(0, dtype=np.int64)
    i = [corpus.bounds[a] + part[name][:, 0] for (a, _), part in zip(pairs, results, strict=True)]
    j = [corpus.bounds[b] + part[name][:, 1] for (_, b), part in zip(pairs, results, strict=True)]
    return np.concatenate([nothing, *i]), np.concatenate([nothing, *j])


def _column(results: Sequence[Arrays], name: str, kind: type) -> np.ndarray:
    return np.concatenate([np.empty(0, dtype=kind), *(part[name] for part in results)])


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
