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
from planmine.comparison.change import find_changes
from planmine.comparison.corrected import corrected_shares, draw_sample
from planmine.comparison.coverage import coverage
from planmine.comparison.diffusion import find_adoption, find_spread
from planmine.comparison.evidence import MatchModel
from planmine.comparison.expectation import clusters, expected_similarity
from planmine.comparison.formulae import find_formulae, without_formulae
from planmine.comparison.frames import comparable
from planmine.comparison.gaps import find_gaps
from planmine.comparison.history import Sources, histories
from planmine.comparison.links import find_links
from planmine.comparison.matches import find_matches
from planmine.comparison.precedents import find_precedents
from planmine.comparison.results import find_results
from planmine.comparison.reuse import find_passages, reuse_shares
from planmine.comparison.similarity import order_cities, similarity
from planmine.comparison.themes import LISTED, find_themes, theme_cities
from planmine.comparison.versions import plan_versions

__all__ = [
    "CompareSettings",
    "Comparison",
    "MatchModel",
    "Sources",
    "clusters",
    "compare",
    "corrected_shares",
    "coverage",
    "draw_sample",
    "expected_similarity",
    "find_adoption",
    "find_changes",
    "find_formulae",
    "find_gaps",
    "find_links",
    "find_matches",
    "find_passages",
    "find_precedents",
    "find_results",
    "find_spread",
    "find_themes",
    "order_cities",
    "plan_versions",
    "reuse_shares",
    "similarity",
    "theme_cities",
    "without_formulae",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareSettings:
    """What a comparison depends on besides its measures, vectors and weights.

    ``match_threshold``: least probability of a match that is listed; ``count_threshold``: least probability of one
    that counts in ``similarity`` (at 0.5 about as many matches are missed as are wrong, so shares keep their level); ``neighbours``: candidates that a measure has in
    each other city; ``ngram``: characters of the runs that count as verbatim; ``max_measures``: an n-gram in
    more measures is a set phrase; ``draws``, ``seed``: of the bootstrap.
    """

    match_threshold: float = _matches.THRESHOLD
    count_threshold: float = 0.5
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
    themes: pd.DataFrame = field(repr=False)
    theme_measures: pd.DataFrame = field(repr=False)
    theme_cities: pd.DataFrame = field(repr=False)
    gaps: pd.DataFrame = field(repr=False)
    adoption: pd.DataFrame = field(repr=False)
    spread: pd.DataFrame = field(repr=False)
    changes: pd.DataFrame = field(repr=False)
    results: pd.DataFrame = field(repr=False)
    precedents: pd.DataFrame = field(repr=False)
    precedent_links: pd.DataFrame = field(repr=False)
    shares: pd.DataFrame = field(repr=False)
    city_order: list[str]
    left_out: int
    settings: CompareSettings


def compare(
    measures: pd.DataFrame,
    vectors: np.ndarray,
    *,
    codebook: Codebook | None = None,
    match_model: MatchModel | None = None,
    settings: CompareSettings = CompareSettings(),
    sources: Sources | None = None,
) -> Comparison:
    """Compare the cities of a table of measures.

    ``measures``: columns of the data dictionary, any order of rows; ``vectors``: (n, d) float32 unit rows,
    row k that of row k of ``measures``, from a centred encoder (unrelated measures near cosine 0);
    ``match_model``: weights fitted for another encoder than the bundled one; ``sources``: what else is known
    (plans, failures, a hand-coded sample, earlier themes). Context units and measures
    without a city are not compared. The result does not depend on the order of rows. Methods and sources:
    ``find_matches``, ``find_passages``, ``reuse_shares``, ``similarity``, ``coverage``, ``order_cities``, and those that
    ``histories`` names.
    Raises ValueError where columns, measure_ids or vectors do not fit.
    """
    codebook, sources = codebook or load_codebook(), sources or Sources()
    corpus = comparable(measures, codebook)
    shingling = {"n": settings.ngram, "max_measures": settings.max_measures}
    passages = find_passages(measures, **shingling)
    found = find_matches(
        measures,
        vectors,
        passages=passages,
        model=match_model,
        threshold=min(settings.match_threshold, LISTED),
        neighbours=settings.neighbours,
    )
    past = histories(measures, vectors, found, sources=sources, model=match_model, codebook=codebook)
    found = found[found["probability"] >= settings.match_threshold].reset_index(drop=True)
    reuse = reuse_shares(measures, codebook=codebook, **shingling)
    counted = found[found["probability"] >= settings.count_threshold]
    alike = similarity(measures, counted, reuse, codebook=codebook, draws=settings.draws, seed=settings.seed)
    return Comparison(
        **past,
        coverage=coverage(measures, codebook=codebook, coded=sources.coded),
        similarity=alike,
        matches=found,
        passages=passages,
        city_order=order_cities(alike, corpus.cities),
        left_out=corpus.left_out,
        settings=settings,
    )
