"""Words that name a group of measures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import rjieba

from planmine.comparison.evidence import load_verbs, mask

WORDS = 3
SHARE = 0.3  # a word that fewer of a theme's measures have does not name it


def distinctive_words(texts: Sequence[str], group: np.ndarray) -> dict[int, str]:
    """The words that tell each group from the others: group to up to three words, joined by 、.

    Class-based TF-IDF (Grootendorst 2022, "BERTopic", arXiv 2203.05794): how often a word stands in the group by how
    rare it is in all, times the share of the group's measures with it. Words of two or more ideographs, figures and
    places masked; in the order in which they mostly stand. A group without a word that 0.3 of its measures share gets
    the best of those that fewer have, "" where there is no word at all.
    """
    weak = load_verbs().light
    tokens = [
        [
            w
            for w in rjieba.cut(mask(text, None))
            if len(w) > 1 and w not in weak and "\u4e00" <= w[0] <= "\u9fff"
        ]
        for text in texts
    ]
    counts: dict[int, Counter[str]] = {}
    having: dict[int, Counter[str]] = {}
    place: dict[int, dict[str, float]] = {}
    for words, g in zip(tokens, group.tolist(), strict=True):
        counts.setdefault(g, Counter()).update(words)
        having.setdefault(g, Counter()).update(set(words))
        first = place.setdefault(g, {})
        for word in set(words):
            first[word] = first.get(word, 0.0) + words.index(word) / len(words)
    everywhere: Counter[str] = Counter()
    for own in counts.values():
        everywhere.update(own)
    size = Counter(group.tolist())
    average = sum(everywhere.values()) / max(len(counts), 1)
    labels = {}
    for g, own in counts.items():
        shared = [w for w in own if having[g][w] >= SHARE * size[g]] or list(own)
        score = {w: own[w] * np.log1p(average / everywhere[w]) * having[g][w] / size[g] for w in shared}
        best = sorted(score, key=lambda w: (-score[w], w))[:WORDS]
        labels[g] = "、".join(sorted(best, key=lambda w: (place[g][w] / having[g][w], w)))
    return labels
