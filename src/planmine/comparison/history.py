"""What recurs, what is missing, what became of it: the tables that follow from matches and links."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from planmine.codebook import Codebook
from planmine.comparison.change import find_changes
from planmine.comparison.corrected import SHARES, corrected_shares
from planmine.comparison.diffusion import find_adoption, find_spread
from planmine.comparison.evidence import MatchModel
from planmine.comparison.frames import table
from planmine.comparison.gaps import find_gaps
from planmine.comparison.links import find_links, through_themes
from planmine.comparison.precedents import find_precedents
from planmine.comparison.results import find_results
from planmine.comparison.themes import find_themes, theme_cities


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What may be known beside the measures; each may be None.

    ``plans``, ``failures``: tables of those names; ``coded``: measure_id and category of a hand-coded random sample;
    ``previous``: table ``theme_measures`` of an earlier run, whose themes keep their ids; ``recall``: category to the
    coder's recall.
    """

    plans: pd.DataFrame | None = field(default=None, repr=False)
    failures: pd.DataFrame | None = field(default=None, repr=False)
    coded: pd.DataFrame | None = field(default=None, repr=False)
    previous: pd.DataFrame | None = field(default=None, repr=False)
    recall: dict[str, float] | None = None


def histories(
    measures: pd.DataFrame,
    vectors: np.ndarray,
    matches: pd.DataFrame,
    *,
    sources: Sources,
    model: MatchModel | None = None,
    codebook: Codebook | None = None,
) -> dict[str, pd.DataFrame]:
    """Tables by name: themes, theme_measures, theme_cities, gaps, adoption, spread, changes, results, precedents,
    precedent_links, shares. Methods and their sources: ``find_themes``, ``find_gaps``, ``find_adoption``,
    ``find_spread``, ``find_changes``, ``find_results``, ``find_precedents``, ``corrected_shares``."""
    plans = sources.plans
    links = find_links(measures, vectors, plans=plans, model=model)
    themes, members = find_themes(measures, matches, links, previous=sources.previous)
    same = through_themes(links, members)
    precedents, precedent_links = find_precedents(measures, matches, links, plans=plans)
    shares = table(pd.DataFrame(columns=list(SHARES)), SHARES)
    if sources.coded is not None:
        shares = corrected_shares(measures, sources.coded, codebook=codebook)
    return {
        "themes": themes,
        "theme_measures": members,
        "theme_cities": theme_cities(members),
        "gaps": find_gaps(
            themes, members, measures, plans=plans, failures=sources.failures, recall=sources.recall
        ),
        "adoption": find_adoption(members, measures),
        "spread": find_spread(members, measures, plans=plans),
        "changes": find_changes(measures, same, plans=plans),
        "results": find_results(measures, same, plans=plans),
        "precedents": precedents,
        "precedent_links": precedent_links,
        "shares": shares,
    }
