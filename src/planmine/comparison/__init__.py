"""Comparison of cities: which actions they share, how alike they are, what each covers, what was copied.

``compare`` gives every table at once; each is a function on frames of its own as well.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from planmine.codebook import Codebook, load_codebook
from planmine.comparison import matches as _matches
from planmine.comparison import reuse as _reuse
from planmine.comparison.coverage import coverage
from planmine.comparison.evidence import MatchModel
from planmine.comparison.expectation import clusters, expected_similarity
from planmine.comparison.formulae import find_formulae, without_formulae
from planmine.comparison.frames import comparable
from planmine.comparison.matches import find_matches
from planmine.comparison.rerank import CANDIDATE, Reranker, rerank
from planmine.comparison.reuse import find_passages, reuse_shares
from planmine.comparison.similarity import order_cities, similarity

__all__ = [
    "CompareSettings",
    "Comparison",
    "MatchModel",
    "Reranker",
    "clusters",
    "compare",
    "coverage",
    "expected_similarity",
    "find_formulae",
    "find_matches",
    "find_passages",
    "order_cities",
    "rerank",
    "reuse_shares",
    "similarity",
    "without_formulae",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareSettings:
    """What a comparison depends on besides its measures, vectors and weights.

    ``match_threshold``: least probability of a match that is listed; ``count_threshold``: least probability of one
    that counts in ``similarity`` (at 0.5 about as many matches are missed as are wrong, so shares keep their level);
    ``sure_threshold``: from it on at least nine of ten matches are right (docs/matching.md), to be cited one by one
    without reading both measures again; ``neighbours``: candidates that a measure has in
    each other city; ``ngram``: characters of the runs that count as verbatim; ``max_measures``: an n-gram in
    more measures is a set phrase; ``draws``, ``seed``: of the bootstrap.
    """

    match_threshold: float = _matches.THRESHOLD
    count_threshold: float = 0.5
    sure_threshold: float = 0.8
    neighbours: int = _matches.NEIGHBOURS
    ngram: int = _reuse.NGRAM
    max_measures: int = _reuse.MAX_MEASURES
    draws: int = 300
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.match_threshold < 1:
            raise ValueError(f"match_threshold {self.match_threshold}: a probability between 0 and 1")
        if not self.match_threshold <= self.count_threshold < 1:
            raise ValueError(f"count_threshold {self.count_threshold}: from match_threshold to 1")
        if not self.count_threshold <= self.sure_threshold < 1:
            raise ValueError(f"sure_threshold {self.sure_threshold}: from count_threshold to 1")
        for name, least in (("neighbours", 1), ("ngram", 2), ("max_measures", 2), ("draws", 2), ("seed", 0)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} {getattr(self, name)}: {least} or more")


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The tables of a comparison, in the columns of the data dictionary, sorted.

    ``passages`` are the copied passages behind ``reuse_share`` and ``same_text``, with offsets into the
    plans; ``city_order`` is the order of the dendrogram; ``left_out`` counts the measures (planned,
    completed, goal) that no city is known of and that are compared with nothing.
    """

    coverage: pd.DataFrame = field(repr=False)
    similarity: pd.DataFrame = field(repr=False)
    matches: pd.DataFrame = field(repr=False)
    passages: pd.DataFrame = field(repr=False)
    city_order: list[str]
    left_out: int
    settings: CompareSettings


def compare(
    measures: pd.DataFrame,
    vectors: np.ndarray,
    *,
    codebook: Codebook | None = None,
    match_model: MatchModel | None = None,
    reranker: Reranker | None = None,
    settings: CompareSettings = CompareSettings(),
) -> Comparison:
    """Compare the cities of a table of measures.

    ``measures``: columns of the data dictionary, any order of rows; ``vectors``: (n, d) float32 unit rows,
    row k that of row k of ``measures``, from a centred encoder (unrelated measures near cosine 0);
    ``match_model``: weights fitted for another encoder than the bundled one; ``reranker``: weighs the matches a
    second time with a slower encoder. Context units and measures
    without a city are not compared. The result does not depend on the order of rows. Methods and sources:
    ``find_matches``, ``find_passages``, ``reuse_shares``, ``similarity``, ``coverage``, ``order_cities``.
    Raises ValueError where columns, measure_ids or vectors do not fit.
    """
    codebook = codebook or load_codebook()
    corpus = comparable(measures, codebook)
    shingling = {"n": settings.ngram, "max_measures": settings.max_measures}
    passages = find_passages(measures, **shingling)
    found = find_matches(
        measures,
        vectors,
        passages=passages,
        model=match_model,
        threshold=min(CANDIDATE, settings.match_threshold) if reranker else settings.match_threshold,
        neighbours=settings.neighbours,
    )
    if reranker:
        found = rerank(measures, found, passages, reranker, threshold=settings.match_threshold)
    reuse = reuse_shares(measures, codebook=codebook, **shingling)
    counted = found[found["probability"] >= settings.count_threshold]
    alike = similarity(measures, counted, reuse, codebook=codebook, draws=settings.draws, seed=settings.seed)
    return Comparison(
        coverage=coverage(measures, codebook=codebook),
        similarity=alike,
        matches=found,
        passages=passages,
        city_order=order_cities(alike, corpus.cities),
        left_out=corpus.left_out,
        settings=settings,
    )
