"""What cities are compared by, put together: vectors, evidence, n-grams; and pairs that are remembered."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planmine import __version__
from planmine.comparison.evidence import Evidence, MatchModel, load_verbs
from planmine.comparison.formulae import CUT, Wordings
from planmine.comparison.frames import Comparable
from planmine.comparison.memory import Arrays, Memory, key_of, recalled
from planmine.comparison.pairs import Material, compare_pairs
from planmine.comparison.rerank import Reranker
from planmine.comparison.reuse import Reuse
from planmine.comparison.search import STEPS, Search, file_in_cells, load_cells, to_steps

if TYPE_CHECKING:
    from planmine.comparison import CompareSettings

Encode = Callable[[Sequence[str]], np.ndarray]
NEIGHBOURS = 2  # candidates of a measure in each other city, where there are many measures
_FORMAT = 3  # raised where the same cities give another result than before


def gather(
    corpus: Comparable,
    wordings: Wordings,
    vectors: np.ndarray | None,
    *,
    encode: Encode | None,
    revision: str,
    model: MatchModel,
    reranker: Reranker | None,
    settings: CompareSettings,
    memory: Memory,
    measures: int,
) -> Material:
    """The material of ``compare_pairs``; arguments as in ``compare``. ``measures``: how many ``vectors`` must be."""
    many = len(corpus.rows) > settings.exact
    cells = load_cells(revision) if many else None
    bounds = np.searchsorted(corpus.city[wordings.row], np.arange(len(corpus.cities) + 1))
    texts = [wordings.texts[begin:end] for begin, end in pairwise(bounds.tolist())]
    if vectors is None:
        if encode is None:
            raise ValueError("give vectors, or encode to make them")
        steps, filed = _remembered_steps(texts, encode, revision, cells, memory)
    else:
        unit = _check(vectors, measures)[corpus.position][wordings.row]
        cut = np.flatnonzero(wordings.kind == CUT)
        if encode is not None and len(cut):
            unit[cut] = encode([wordings.texts[k] for k in cut])
        steps = to_steps(unit)
        filed = None if cells is None else file_in_cells(steps, cells)
    cut = wordings.cut
    blanked = [wordings.blanked[k] for k in cut]
    reuse = Reuse.of(blanked, corpus.city[wordings.row[cut]], settings.ngram, settings.max_measures)
    characters = np.zeros(len(corpus.rows), dtype=np.int64)
    characters[wordings.row[cut]] = reuse.length
    return Material(
        corpus=corpus,
        wordings=wordings,
        search=Search.through(steps, filed, 0 if cells is None else len(cells)),
        evidence=_evidence(corpus, wordings, bounds, memory),
        reuse=reuse,
        characters=characters,
        model=model,
        reranker=reranker,
        threshold=settings.match_threshold,
        listed=settings.listed if many else None,
        neighbours=min(settings.neighbours, NEIGHBOURS) if many else settings.neighbours,
        keys=_keys(
            corpus,
            wordings,
            steps,
            bounds,
            (_FORMAT, __version__, corpus.categories, settings, many, cells is None, model, revision)
            + ((reranker.revision, reranker.model) if reranker else ()),
        ),
    )


def _remembered_steps(
    texts: list[list[str]], encode: Encode, revision: str, cells: np.ndarray | None, memory: Memory
) -> tuple[np.ndarray, np.ndarray | None]:
    """Vectors in steps, and their cells, of the texts of each city; those not remembered are encoded together."""
    keys = [key_of("vectors", revision, own) for own in texts]

    def make(missing: list[int]) -> Iterator[dict[int, Arrays]]:
        steps = to_steps(np.asarray(encode([text for k in missing for text in texts[k]]), dtype=np.float32))
        ends = np.cumsum([len(texts[k]) for k in missing])[:-1]
        parts = [{"steps": part} for part in np.split(steps, ends)]
        if cells is not None:
            for part in parts:
                part["filed"] = file_in_cells(part["steps"], cells)
        yield dict(zip(missing, parts, strict=True))

    found = recalled(memory, "vectors" if cells is None else "filed", keys, make)
    if not found:
        return np.empty((0, 1), dtype=np.int16), None
    steps = np.concatenate([part["steps"] for part in found])
    return steps, None if cells is None else np.concatenate([part["filed"] for part in found])


def as_written(material: Material, measures: pd.DataFrame, encode: Encode) -> np.ndarray:
    """(n, d) vectors of the ``measures`` (n) with their set phrases: those that pairs were compared by, in steps.

    Measures of no city, such as a province's, are encoded here; context units, which nothing is asked of, are zeros.
    """
    wordings, steps, position = material.wordings, material.search.steps, material.corpus.position
    whole = np.flatnonzero(wordings.kind != CUT)
    place = position[wordings.row[whole]]
    rest = np.setdiff1d(np.flatnonzero(measures["status"].ne("context")), place)
    made = np.asarray(encode(measures["text"].iloc[rest].tolist()), dtype=np.float32) if len(rest) else None
    vectors = np.zeros((len(measures), steps.shape[1] if made is None else made.shape[1]), dtype=np.float32)
    if len(place):
        vectors[place] = steps[whole] / np.float32(STEPS)
    if made is not None:
        vectors[rest] = made
    return vectors


def _evidence(corpus: Comparable, wordings: Wordings, bounds: np.ndarray, memory: Memory) -> Evidence:
    """Evidence of all wordings; that of a city whose measures were read before is remembered."""
    rows = corpus.rows[["city", "category", "labels"]].iloc[wordings.row].assign(text=wordings.texts)
    spans = list(pairwise(bounds.tolist()))
    coded = [
        f"{category} {list(labels)}"
        for category, labels in zip(rows["category"], rows["labels"], strict=True)
    ]
    keys = [
        key_of(
            _FORMAT,
            __version__,
            load_verbs().pattern.pattern,
            corpus.categories,
            city,
            wordings.texts[begin:end],
            coded[begin:end],
        )
        for city, (begin, end) in zip(corpus.cities, spans, strict=True)
    ]

    def make(missing: list[int]) -> Iterator[dict[int, Arrays]]:
        yield {k: Evidence.read(rows[slice(*spans[k])], corpus.categories).arrays() for k in missing}

    found = recalled(memory, "evidence", keys, make)
    return Evidence.joined(found) if found else Evidence.read(rows)


def _keys(
    corpus: Comparable, wordings: Wordings, steps: np.ndarray, bounds: np.ndarray, common: tuple[object, ...]
) -> list[str]:
    """For each city a key of all that its pairs depend on."""
    rows = corpus.rows
    columns = [
        rows[name].astype(str).tolist() for name in ("measure_id", "start", "status", "category", "labels")
    ]
    lines = ["\x1f".join(cells) for cells in zip(*columns, strict=True)]
    keys = []
    for k, city in enumerate(corpus.cities):
        own = slice(*bounds[k : k + 2].tolist())
        keys.append(
            key_of(
                common,
                city,
                lines[slice(*corpus.bounds[k : k + 2].tolist())],
                wordings.texts[own],
                wordings.blanked[own],
                wordings.kind[own].tobytes(),
                steps[own].tobytes(),
            )
        )
    return keys


def bring_pairs(material: Material, memory: Memory) -> tuple[list[tuple[int, int]], list[str], list[Arrays]]:
    """All pairs of cities in order, their keys, and their results: remembered, or compared now."""
    cities = len(material.corpus.cities)
    pairs = [(int(a), int(b)) for a, b in zip(*np.triu_indices(cities, 1), strict=True)]
    keys = [key_of(material.keys[a], material.keys[b]) for a, b in pairs]
    place = {pair: k for k, pair in enumerate(pairs)}

    def make(missing: list[int]) -> Iterator[dict[int, Arrays]]:
        left = np.zeros((cities, cities), dtype=bool)
        for k in missing:
            a, b = pairs[k]
            left[a, b] = left[b, a] = True
        for batch in compare_pairs(material, left):
            yield {place[pair]: result for pair, result in batch.items()}

    return pairs, keys, recalled(memory, "pairs", keys, make)


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
