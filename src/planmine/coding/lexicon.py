"""What the words of each field say before any plan was read: a dictionary of objects by category.

A labelled plan names few of the objects that a bureau looks after; ``lexicon.yaml`` names thousands. Counts of its
terms (the dictionary method of content analysis; Krippendorff 2018, "Content Analysis", ch. 11) are evidence that
the coder weighs as labels teach it, so a term that stands in the wrong list does little harm.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
import yaml

from planmine.coding.folding import fold


@dataclass(frozen=True, slots=True)
class Lexicon:
    """``terms`` number the list of each term; ``lengths`` are those of the terms by first character, longest first."""

    terms: dict[str, int]
    lengths: dict[str, tuple[int, ...]]
    fields: int

    @property
    def width(self) -> int:
        """Columns of ``evidence``."""
        return 3 * self.fields + 1

    def find(self, text: str) -> Iterator[int]:
        """The lists of the terms in a text, from left to right; the longest term wins, none overlap."""
        at = 0
        while at < len(text):
            step = 1
            for length in self.lengths.get(text[at], ()):
                field = self.terms.get(text[at : at + length])
                if field is not None:
                    yield field
                    step = length
                    break
            at += step

    def evidence(self, texts: Sequence[str]) -> np.ndarray:
        """float32 (n, 3 fields + 1): share of each field among the terms, the last term's field, the first one's
        (an object stands at the end of its clause, what it is done with at the beginning), and how many there are."""
        known: dict[str, int] = {}
        place = [known.setdefault(text, len(known)) for text in texts]
        rows = np.zeros((len(known), self.width), np.float32)
        for row, text in zip(rows, known, strict=True):
            found = list(self.find(text))
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
    terms = {fold(term): field for field, words in enumerate(lists.values()) for term in words.split()}
    lengths: dict[str, set[int]] = {}
    for term in terms:
        lengths.setdefault(term[0], set()).add(len(term))
    longest_first = {first: tuple(sorted(sizes, reverse=True)) for first, sizes in lengths.items()}
    return Lexicon(terms, longest_first, len(lists))
