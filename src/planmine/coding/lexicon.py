"""What the words of each field say before any plan was read: a dictionary of objects by category.

A labelled plan names few of the objects that a bureau looks after; ``lexicon.yaml`` names thousands. Counts of its
terms (the dictionary method of content analysis; Krippendorff 2018, "Content Analysis", ch. 11) are evidence that
the coder weighs as labels teach it, so a term that stands in the wrong list does little harm.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import resources

import numpy as np
import yaml
from ahocorasick_rs import AhoCorasick, MatchKind

from planmine.coding.folding import fold


class Lexicon:
    """A dictionary of terms (Aho & Corasick 1975, CACM 18(6)): ``lists`` are the terms of each field."""

    def __init__(self, lists: Sequence[Sequence[str]]) -> None:
        number = {term: field for field, terms in enumerate(lists) for term in terms}
        self.fields = len(lists)
        self._number = list(number.values())
        self._search = AhoCorasick(list(number), matchkind=MatchKind.LeftmostLongest)

    @property
    def width(self) -> int:
        """Columns of ``evidence``."""
        return 3 * self.fields + 1

    def find(self, text: str) -> list[int]:
        """The lists of the terms in a text, from left to right; the longest term wins, none overlap."""
        return [self._number[term] for term, _, _ in self._search.find_matches_as_indexes(text)]

    def evidence(self, texts: Sequence[str]) -> np.ndarray:
        """float32 (n, 3 fields + 1): share of each field among the terms, the last term's field, the first one's
        (an object stands at the end of its clause, what it is done with at the beginning), and how many there are."""
        known: dict[str, int] = {}
        place = [known.setdefault(text, len(known)) for text in texts]
        rows = np.zeros((len(known), self.width), np.float32)
        for row, text in zip(rows, known, strict=True):
            found = self.find(text)
            if found:
                row[: self.fields] = np.bincount(found, minlength=self.fields) / len(found)
                row[self.fields + found[-1]] = row[2 * self.fields + found[0]] = 1
                row[-1] = min(len(found), 5) / 5
        return rows[place]

    def shares(self, texts: Sequence[str]) -> np.ndarray:
        """float32 (n, fields): share of each field among the terms of a text."""
        return self.evidence(texts)[:, : self.fields]


@cache
def load_lexicon() -> Lexicon:
    """The lexicon that PlanMine brings, its figures folded as the coder folds those of a text."""
    source = resources.files("planmine.coding").joinpath("lexicon.yaml")
    lists = yaml.load(
        source.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    )
    return Lexicon([[fold(term) for term in words.split()] for words in lists.values()])
