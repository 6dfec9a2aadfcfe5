"""Fragments: wordings that the match graph left apart from a theme whose own phrase they say.

Two wordings of one action may share too little to be a match (试点推行门前三包星级管理, 督促商户维护门前秩序) though both say what
nothing but this theme says. Such phrases are evidence of the whole corpus, which no pair shows.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
from scipy import sparse

from planmine.comparison.evidence import load_verbs, mask
from planmine.comparison.ngrams import incidence

# Chosen on scripts/fit_themes.py's worlds.
NAMES = 0.2  # share of a theme's measures that hold a 2-gram which names it
HOME = 0.8  # share of the measures that hold it, the fragment's own aside, that are in the theme
PHRASE = (
    3  # how many such 2-grams half of a fragment's measures hold: a word of four characters, or two of three
)


def join_fragments(texts: Sequence[str], group: np.ndarray, city: np.ndarray) -> np.ndarray:
    """(n,) the groups, with fragments in the theme of more cities whose phrase they say.

    A fragment is a group of fewer cities than the theme, or a measure in no group (-1). Of two themes it joins that of
    which it says more, then the first. ``texts``, ``group``, ``city``: (n,) of each measure.
    """
    themes = int(group.max(initial=-1)) + 1
    if not themes:
        return group
    part = np.where(group < 0, themes + np.cumsum(group < 0) - 1, group)
    cities = _cities(part, city)
    said = _votes(texts, part, themes, cities)
    into = np.arange(len(cities))
    for (fragment, theme), phrases in sorted(said.items(), key=lambda vote: (vote[1], -vote[0][1])):
        if phrases >= PHRASE:
            into[fragment] = theme
    for fragment in np.argsort(-cities, kind="stable"):  # what it joins may have joined a larger one
        into[fragment] = into[into[fragment]]
    joined = into[part]
    return np.where(joined < themes, joined, -1)


def _votes(
    texts: Sequence[str], part: np.ndarray, themes: int, cities: np.ndarray
) -> Counter[tuple[int, int]]:
    """(fragment, theme): how many 2-grams that name the theme the fragment holds."""
    light = re.compile("|".join(sorted(load_verbs().light, key=lambda word: (-len(word), word))))
    grams = incidence([light.sub("\n", mask(text, None)) for text in texts], 2)
    used, column = np.unique(grams.indices, return_inverse=True)
    shape = (len(cities), len(used))
    cells = np.repeat(part, np.diff(grams.indptr)), column
    holding = sparse.coo_array((np.ones(len(column)), cells), shape=shape).tocsr().tocoo()  # measures
    total = np.bincount(column, minlength=len(used))
    size = np.bincount(part, minlength=len(cities))
    row, gram = holding.coords
    names = (row < themes) & (holding.data >= NAMES * size[row])
    home: dict[int, list[tuple[int, float]]] = {}
    for theme, g, n in zip(
        row[names].tolist(), gram[names].tolist(), holding.data[names].tolist(), strict=True
    ):
        home.setdefault(g, []).append((theme, n))
    said: Counter[tuple[int, int]] = Counter()
    holds = holding.data >= size[row] / 2
    for own, g, n in zip(
        row[holds].tolist(), gram[holds].tolist(), holding.data[holds].tolist(), strict=True
    ):
        for theme, there in home.get(g, ()):
            if cities[theme] > cities[own] and there >= HOME * (total[g] - n):
                said[own, theme] += 1
    return said


def _cities(part: np.ndarray, city: np.ndarray) -> np.ndarray:
    """(parts,) how many cities each has."""
    most = int(city.max(initial=0)) + 1
    return np.bincount(np.unique(part * most + city) // most)
