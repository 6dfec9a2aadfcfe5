"""Comparison of cities: which actions they share, how alike they are, what each covers, what was copied.

``compare`` gives every table at once. What pairs of cities have in common is a matter of the two alone
(``pairs.py``), so that it is remembered from run to run (``memory.py``); all else is put together from it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from planmine.codebook import Codebook, load_codebook
from planmine.comparison.change import find_changes
from planmine.comparison.corrected import corrected_shares, draw_sample
from planmine.comparison.coverage import coverage
from planmine.comparison.diffusion import find_adoption, find_spread
from planmine.comparison.evidence import MatchModel
from planmine.comparison.expectation import clusters, expected_similarity
from planmine.comparison.formulae import take_out
from planmine.comparison.frames import ALL, comparable
from planmine.comparison.gaps import find_gaps
from planmine.comparison.history import Sources, histories
from planmine.comparison.links import find_links, through_themes
from planmine.comparison.matches import list_matches, list_passages
from planmine.comparison.material import Encode, as_written, bring_pairs, gather
from planmine.comparison.memory import Arrays, Memory, key_of, recalled
from planmine.comparison.pairs import fill
from planmine.comparison.precedents import find_precedents
from planmine.comparison.rerank import Reranker
from planmine.comparison.results import find_results
from planmine.comparison.reuse import MAX_MEASURES, NGRAM
from planmine.comparison.similarity import bootstrap, order_cities, similarity
from planmine.comparison.themes import LISTED, find_themes, theme_cities
from planmine.comparison.versions import plan_versions

__all__ = [
    "CompareSettings",
    "Comparison",
    "MatchModel",
    "Memory",
    "Reranker",
    "Sources",
    "compare",
    "corrected_shares",
    "coverage",
    "draw_sample",
    "find_adoption",
    "find_changes",
    "find_gaps",
    "find_links",
    "find_precedents",
    "find_results",
    "find_spread",
    "find_themes",
    "plan_versions",
    "theme_cities",
    "through_themes",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareSettings:
    """What a comparison depends on besides its measures, vectors and weights.

    ``match_threshold``: least probability of a match that is listed (similarity weighs less probable ones, too); ``count_threshold``: from
    here a match is called one where it must be yes or no (at 0.5 about as many are missed as are wrong);
    ``sure_threshold``: from it on at least nine of ten matches are right (docs/matching.md), to be cited one by one
    without reading both measures again; ``neighbours``: candidates that a measure has in each other city; ``exact``: measures up to which all
    pairs of measures are looked at and all matches listed; above, two candidates at most are found through cells and the
    ``listed`` most probable matches of each two cities are listed; ``ngram``: characters of the runs that count as verbatim; ``max_measures``: an
    n-gram in more measures of two cities is no copy between them; ``draws``, ``seed``: of the bootstrap.
    """

    match_threshold: float = 0.25
    count_threshold: float = 0.5
    sure_threshold: float = 0.8
    neighbours: int = 5
    exact: int = 10_000
    listed: int = 100
    ngram: int = NGRAM
    max_measures: int = MAX_MEASURES
    draws: int = 300
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.match_threshold < 1:
            raise ValueError(f"match_threshold {self.match_threshold}: a probability between 0 and 1")
        if not self.match_threshold <= self.count_threshold < 1:
            raise ValueError(f"count_threshold {self.count_threshold}: from match_threshold to 1")
        if not self.count_threshold <= self.sure_threshold < 1:
            raise ValueError(f"sure_threshold {self.sure_threshold}: from count_threshold to 1")
        least = {
            "neighbours": 1,
            "exact": 0,
            "listed": 1,
            "ngram": 2,
            "max_measures": 2,
            "draws": 2,
            "seed": 0,
        }
        for name, value in least.items():
            if getattr(self, name) < value:
                raise ValueError(f"{name} {getattr(self, name)}: {value} or more")


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The tables of a comparison, in the columns of the data dictionary, sorted.

    ``passages`` are the copied passages behind ``reuse_share`` and ``same_text``, with offsets into the
    plans; ``formulae`` the set phrases that were taken out and ``formula_spans`` each place of one; ``city_order`` is the
    order of the dendrogram; ``cluster_stability`` the mean adjusted Rand index of the clusters (nan: none);
    ``left_out`` counts the measures (planned, completed, goal) that no city is known of and that are compared with
    nothing.
    """

    coverage: pd.DataFrame = field(repr=False)
    similarity: pd.DataFrame = field(repr=False)
    matches: pd.DataFrame = field(repr=False)
    passages: pd.DataFrame = field(repr=False)
    clusters: pd.DataFrame = field(repr=False)
    formulae: pd.DataFrame = field(repr=False)
    formula_spans: pd.DataFrame = field(repr=False)
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
    cluster_stability: float
    left_out: int
    settings: CompareSettings


def compare(
    measures: pd.DataFrame,
    vectors: np.ndarray | None = None,
    *,
    encode: Encode | None = None,
    revision: str = "",
    codebook: Codebook | None = None,
    match_model: MatchModel | None = None,
    reranker: Reranker | None = None,
    settings: CompareSettings = CompareSettings(),
    memory: Memory | None = None,
    sources: Sources | None = None,
) -> Comparison:
    """Compare the cities of a table of measures.

    ``measures``: columns of the data dictionary, any order of rows. Their vectors (n, d) float32, unit rows from a
    centred encoder (unrelated measures near cosine 0), are made by ``encode``, whose result for a text depends on
    that text and ``revision`` alone; or they are given as ``vectors``, row k that of row k of ``measures``, and ``encode``
    is asked for the texts without their set phrases only (without it, a measure keeps its vector).
    ``match_model``: weights fitted for another encoder than the bundled one. ``reranker``: weighs
    candidates a second time with a slower encoder; matches and all of ``similarity`` are by its probabilities, what recurs and changes (``histories``) by the first. ``memory``: what earlier comparisons
    found; the tables are the same with it and without it. ``sources``: what else is known (plans, failures, a
    hand-coded sample, earlier themes). Context units and measures without a city are not
    compared. The result does not depend on the order of rows. Methods and sources: ``take_out``, ``compare_pairs``,
    ``similarity``, ``bootstrap``, ``expected_similarity``, ``clusters``, ``coverage``, ``order_cities``,
    and those that ``histories`` names.
    Raises ValueError where columns, measure_ids or vectors do not fit.
    """
    codebook, memory, sources = codebook or load_codebook(), memory or Memory(), sources or Sources()
    corpus = comparable(measures, codebook)
    wanted = min(LISTED, settings.match_threshold)  # least probable link that any table asks for
    wordings = take_out(corpus, memory)
    material = gather(
        corpus,
        wordings,
        vectors,
        encode=encode,
        revision=revision,
        model=match_model or MatchModel.load(),
        reranker=reranker,
        settings=replace(settings, match_threshold=wanted),
        memory=memory,
        measures=len(measures),
    )
    pairs, keys, found = bring_pairs(material, memory)
    best = fill(corpus, pairs, found)
    left = wordings.left

    def intervals_of(chosen: list[tuple[int, int]]) -> list[Arrays]:
        return bootstrap(corpus, left, best, chosen, settings.draws, settings.seed)

    intervals = recalled(
        memory,
        "intervals",
        [key_of(key, settings.draws, settings.seed) for key in keys],
        lambda missing: [dict(zip(missing, intervals_of([pairs[k] for k in missing]), strict=True))],
    )
    alike = similarity(
        corpus, left, material.characters, best, found, intervals, expected_similarity(corpus, left, best)
    )
    overall = alike.loc[alike["category"] == ALL, "similarity"].to_numpy(dtype=np.float64)
    drawn = np.array([part["drawn"] for part in intervals]).reshape(len(pairs), settings.draws)
    groups, stability = clusters(overall, drawn, corpus.cities)
    matches, passages = list_matches(corpus, pairs, found), list_passages(corpus, pairs, found)
    if vectors is None and encode is not None:
        vectors = as_written(material, measures, encode)
    assert vectors is not None  # gather asked for one of the two
    # The thresholds of what recurs and changes were chosen for the first encoder's probabilities.
    first = list_matches(corpus, pairs, found, "first") if reranker else matches
    past = histories(
        measures,
        vectors,
        first[first["probability"] >= wanted].reset_index(drop=True),
        sources=sources,
        model=match_model or MatchModel.load(),
        codebook=codebook,
    )
    matches = matches[matches["probability"] >= settings.match_threshold].reset_index(drop=True)
    return Comparison(
        **past,
        coverage=coverage(measures, codebook=codebook, coded=sources.coded),
        similarity=alike,
        matches=matches,
        passages=passages,
        clusters=groups,
        formulae=wordings.formulae,
        formula_spans=wordings.spans,
        city_order=order_cities(overall, corpus.cities),
        cluster_stability=stability,
        left_out=corpus.left_out,
        settings=settings,
    )
