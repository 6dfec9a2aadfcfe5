"""Fragments: wordings that the match graph left apart from a theme whose own phrase they say."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import sparse

from planmine.comparison.evidence import load_verbs, mask
from planmine.comparison.ngrams import incidence

NAMES = 0.3  # share of a theme's measures that say what names it
HOME = 0.9  # share of those that say it elsewhere than in the fragment that are in the theme
PHRASE = 2  # how many such 2-grams a fragment says


def join_fragments(texts: Sequence[str], group: np.ndarray, city: np.ndarray) -> np.ndarray:
    light = load_verbs().light
    plain = ["\n".join(_split(mask(text, None), light)) for text in texts]
    grams = incidence(plain, 2)
    used, column = np.unique(grams.indices, return_inverse=True)
    grams = sparse.csr_array((np.ones(len(column)), column, grams.indptr), shape=(len(texts), len(used)))
    alone = group < 0
    themes = int(group.max(initial=-1)) + 1
    if not themes:
        return group
    part = np.where(alone, themes + np.cumsum(alone) - 1, group)
    parts = int(part.max()) + 1
    member = sparse.csr_array((np.ones(len(part)), (part, np.arange(len(part)))), shape=(parts, len(part)))
    said = sparse.csr_array(member @ grams)  # (parts, grams) measures
    size = np.bincount(part, minlength=parts)
    total = np.asarray(grams.sum(axis=0)).ravel()
    cities = np.bincount(np.unique(part * (city.max() + 1) + city) // (city.max() + 1), minlength=parts)
    coo = said.tocoo()
    p, g = coo.coords
    names = (p < themes) & (coo.data >= NAMES * size[p])
    # the theme that has most of a gram
    home = sparse.csr_array((coo.data[names], (g[names], p[names])), shape=(len(used), themes))
    holds = coo.data >= size[p] / 2
    held = sparse.coo_array((coo.data[holds], (p[holds], g[holds])), shape=said.shape)
    votes: dict[tuple[int, int], int] = {}
    for f, gram, here in zip(held.coords[0].tolist(), held.coords[1].tolist(), held.data.tolist(), strict=True):
        for k in range(home.indptr[gram], home.indptr[gram + 1]):
            t = int(home.indices[k])
            if t != f and home.data[k] >= HOME * (total[gram] - here) and cities[t] > cities[f]:
                votes[f, t] = votes.get((f, t), 0) + 1
    into = np.arange(parts)
    for (f, t), n in sorted(votes.items(), key=lambda v: (v[1], -v[0][1])):
        if n >= PHRASE:
            into[f] = t
    for f in np.argsort(-cities, kind="stable"):
        into[f] = into[into[f]]
    joined = into[part]
    return np.where(joined < themes, joined, -1)


def _split(text: str, light: frozenset[str]) -> list[str]:
    for word in sorted(light, key=len, reverse=True):
        text = text.replace(word, "\n")
    return text.split("\n")
