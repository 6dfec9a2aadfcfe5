"""Fragments: wordings that the match graph left apart from a theme whose own phrase they say.

Two wordings of one action may share too little to be a match (试点推行门前三包星级管理, 督促商户维护门前秩序) though both hold what
nothing but this action says. That a phrase is a theme's own is evidence of the whole corpus, which no pair shows.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from planmine.comparison.evidence import load_verbs
from planmine.comparison.ngrams import incidence

HOME = (
    0.8  # share of the measures that hold a 2-gram, the fragment's own aside, that are in the theme it names
)
PHRASE = 3  # how many such 2-grams a fragment says; scripts/fit_themes.py chose both
NAMES = 0.2  # share of a theme's measures that hold what names it
PART = 0.2  # share of all 2-grams of a fragment that name the theme: a long sentence holds some by chance


def join_fragments(
    texts: Sequence[str],
    group: np.ndarray,
    city: np.ndarray,
    *,
    stay: int = 0,
    home: float = HOME,
    phrase: int = PHRASE,
) -> np.ndarray:
    """(n,) the groups, with fragments in the theme of more cities whose phrase they say.

    A theme is a group, 0 and up; a fragment is a theme of fewer cities, or a measure in none (-1), where half of its
    measures hold the 2-grams in question. Of several themes it joins that of which it says most, then the first. The
    first ``stay`` groups are no fragments. ``texts``, ``group``, ``city``: (n,) of each measure.
    """
    themes = int(group.max(initial=-1)) + 1
    if not themes:
        return group
    part = np.where(group < 0, themes + np.cumsum(group < 0) - 1, group)
    cells = np.unique(np.column_stack([part, city]), axis=0)
    cities = np.bincount(cells[:, 0])
    held = _held(texts, part)
    theme, there = held.most(themes)
    own = there[held.gram] >= home * (held.total[held.gram] - held.measures)
    own &= there[held.gram] >= NAMES * held.size[theme[held.gram]]
    own &= (cities[theme[held.gram]] > cities[held.part]) & (held.part >= stay)
    says = held.measures >= held.size[held.part] / 2
    length = np.bincount(held.part[says], minlength=len(cities))
    pairs = np.column_stack([held.part, theme[held.gram]])[own & says]
    (fragment, joined), phrases = _counted(pairs)
    enough = phrases >= np.maximum(phrase, PART * length[fragment])
    order = np.lexsort((-joined, phrases, fragment))
    order = order[enough[order]]
    into = np.arange(len(cities))
    into[fragment[order]] = joined[order]  # of a fragment's themes the last
    for one in np.argsort(-cities, kind="stable"):  # what it joins may have joined a larger one
        into[one] = into[into[one]]
    return np.where(into[part] < themes, into[part], -1)


@dataclass(frozen=True, slots=True)
class _Held:
    """Which 2-grams themes and fragments hold: ``part``, ``gram``, ``measures`` (how many of the part's), (h,) each;
    ``size``: (parts,) measures of each part; ``total``: (grams,) measures that hold each 2-gram."""

    part: np.ndarray
    gram: np.ndarray
    measures: np.ndarray
    size: np.ndarray
    total: np.ndarray

    def most(self, themes: int) -> tuple[np.ndarray, np.ndarray]:
        """(grams,) the theme in which most measures hold the 2-gram, of equals the first, and how many: 0 if none."""
        rows = np.flatnonzero(self.part < themes)
        rows = rows[np.lexsort((self.part[rows], -self.measures[rows], self.gram[rows]))]
        grams, first = np.unique(self.gram[rows], return_index=True)
        theme, there = (np.zeros(len(self.total), dtype=np.int64) for _ in range(2))
        theme[grams], there[grams] = self.part[rows[first]], self.measures[rows[first]]
        return theme, there


def _held(texts: Sequence[str], part: np.ndarray) -> _Held:
    light = sorted(load_verbs().light, key=lambda word: (-len(word), word))
    apart = re.compile("[^\u4e00-\u9fff]+|" + "|".join(light))  # figures, and words that say how much or when
    grams = incidence([apart.sub("\n", text) for text in texts], 2)
    _, gram = np.unique(grams.indices, return_inverse=True)
    pairs = np.column_stack([np.repeat(part, np.diff(grams.indptr)), gram])
    (held, grams_held), measures = _counted(pairs)
    return _Held(held, grams_held, measures, np.bincount(part), np.bincount(gram))


def _counted(pairs: np.ndarray) -> tuple[tuple[np.ndarray, np.ndarray], np.ndarray]:
    """The rows of an (n, 2) array that differ, as two columns, and how often each stands there."""
    ones = np.ones(len(pairs), dtype=np.int64)
    shape = tuple(pairs.max(axis=0, initial=0) + 1)
    counts = sparse.coo_array((ones, (pairs[:, 0], pairs[:, 1])), shape=shape).tocsr().tocoo()
    return counts.coords, counts.data
