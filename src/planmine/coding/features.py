"""What the coder sees of a unit: its words, its headings, its neighbours, its section and its place.

Text is counted in words (jieba's dictionary, by rjieba) and characters in pairs; figures and redactions are
folded to one sign each, so that 200座 and 300座 count alike. Every unit is counted once; the
neighbours' counts are the same rows, shifted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import rjieba
from scipy import sparse

from planmine.coding.folding import fold
from planmine.coding.lexicon import load_lexicon
from planmine.records import Unit

# Sections look back or ahead; the words are those of the section's title.
SECTION_CUES: dict[str, re.Pattern[str]] = {
    "back": re.compile(r"回顾|总结|成效|成绩|完成情况|工作情况|进展|开展情况|主要做法|亮点|过去|以来工作"),
    "ahead": re.compile(
        r"安排|计划|打算|任务|部署|重点工作|工作重点|工作要点|下一步|下步|今后|措施|展望|工作建议|要抓好"
    ),
    "aims": re.compile(r"目标|指导思想|总体要求|工作思路|总体思路|基本原则"),
    "problems": re.compile(r"问题|不足|困难|短板|形势|背景|意义|重要性|必要性"),
}
_UNIT_CUES: dict[str, re.Pattern[str]] = {
    "done": re.compile(
        r"累计|已经|完成了|(?<!早)已(?!经济)|共计|同比|比上年|较上年|增长|下降|达到|获评|荣获|被评为|圆满|全年共"
    ),
    "will": re.compile(
        r"^(?:要|将)|(?<=[，,])(?:要|将)|力争|确保|年底前|月底前|今年|明年|计划|拟|下一步|继续|进一步|加快|争取"
    ),
    "colon": re.compile(r"[:：]$"),
    "figure": re.compile(r"0"),
    "thanks": re.compile(r"感谢|敬意|各位代表|请予审议|同志们"),
    "because": re.compile(r"因此|意味着|是.{2,20}的|不足|问题|仍然|还不|面临|挑战|形势"),
}
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})年")


def terms(text: str) -> list[str]:
    """Words and character pairs of a folded text; the first words also as such (the verb leads)."""
    return word_terms(text) + [text[i : i + 2] for i in range(len(text) - 1)]


def word_terms(text: str) -> list[str]:
    """The terms that are not character pairs."""
    words = rjieba.cut(text)
    return [f"w{word}" for word in words if len(word) > 1] + [f"^{word}" for word in words[:2]]


@dataclass(frozen=True, slots=True)
class Context:
    """The n measures of a plan as the coder sees them, folded: ``near`` is the heading right above, ``above`` the
    three before it; ``places`` are the measures' indices among the units; ``cues`` float32 (n, d)."""

    places: list[int]
    own: list[str]
    near: list[str]
    above: list[str]
    cues: np.ndarray


def context_of(units: Sequence[Unit]) -> Context:
    """The measures among the units of one plan, in their context."""
    places = [i for i, unit in enumerate(units) if unit.kind == "measure"]
    own = [fold(units[i].text) for i in places]
    paths = [units[i].heading_path for i in places]
    headings = {path: _headings(path) for path in dict.fromkeys(paths)}
    near, above = ([headings[path][k] for path in paths] for k in range(2))
    lexicon = load_lexicon()
    said = (lexicon.evidence(own), lexicon.shares(near), lexicon.shares(above))
    return Context(places, own, near, above, np.hstack([dense_cues(units, places, own), *said]))


def _headings(path: Sequence[str]) -> tuple[str, str]:
    """The lowest heading, and the three before it, folded."""
    # A title such as 2023年总结和2024年计划 speaks for no section: it counts only where nothing else stands above.
    above = (path[1:-1] or path[:-1])[-3:]
    return fold(path[-1]) if path else "", " ".join(map(fold, above))


def dense_cues(units: Sequence[Unit], places: Sequence[int], texts: Sequence[str]) -> np.ndarray:
    """Section, grammar and place of each measure: float32 (n, d), d fixed."""
    years = [int(y) for unit in units[:400] for y in _YEAR.findall(unit.text)]
    latest = max((y for y in years if years.count(y) > 1), default=0)
    paths: dict[tuple[str, ...], list[float]] = {}
    rows = []
    total = max(len(places), 1)
    for order, (place, text) in enumerate(zip(places, texts, strict=True)):
        unit = units[place]
        path = unit.heading_path
        if path not in paths:
            paths[path] = _section(path)
        own_years = [int(y) for y in _YEAR.findall(unit.text)]
        rows.append(
            [
                *paths[path],
                *(float(bool(cue.search(text))) for cue in _UNIT_CUES.values()),
                float(bool(own_years) and max(own_years) >= latest > 0),
                float(bool(own_years) and max(own_years) < latest),
                float(bool(path)),
                float(unit.title is not None),
                min(len(text), 120) / 120,
                order / total,
                float(order / total > 0.5),
                float(order < 3),
            ]
        )
    width = 2 * len(SECTION_CUES) + len(_UNIT_CUES) + 8
    return np.asarray(rows, dtype=np.float32).reshape(len(rows), width)


def _section(path: Sequence[str]) -> list[float]:
    """Which cues stand below the title, and which single cue the deepest heading with one gives."""
    found = [[bool(cue.search(fold(heading))) for cue in SECTION_CUES.values()] for heading in path]
    below = found[1:] or found
    anywhere = [any(cues[k] for cues in below) for k in range(len(SECTION_CUES))]
    deepest = next((cues for cues in reversed(found) if sum(cues) == 1), [False] * len(SECTION_CUES))
    return [float(cue) for cues in (anywhere, deepest) for cue in cues]


class Vocabulary:
    """The n terms that a coder knows, numbered in their order."""

    def __init__(self, terms: Iterable[str]) -> None:
        self.terms = list(terms)
        self._place = {term: i for i, term in enumerate(self.terms)}
        pairs = sorted((_code(term), i) for term, i in self._place.items() if len(term) == 2)
        self._pairs, self._pair_places = np.array(pairs, np.int64).reshape(-1, 2).T

    def __len__(self) -> int:
        return len(self.terms)

    def count(self, texts: Sequence[str]) -> sparse.csr_matrix:
        """Sublinear counts of the terms (see ``terms``) of m texts: float32 CSR (m, n)."""
        # Row and term as one number, so that all texts are sorted and counted at once.
        size = max(len(self), 1)
        lookup = self._place.get
        words = [
            row * size + i
            for row, text in enumerate(texts)
            for term in word_terms(text)
            if (i := lookup(term)) is not None
        ]
        rows, columns = self._pairs_of(texts)
        places = np.concatenate([np.asarray(words, dtype=np.int64), rows * size + columns])
        unique, times = np.unique(places, return_counts=True)
        rows, columns = np.divmod(unique, size)
        offsets = np.searchsorted(rows, np.arange(len(texts) + 1))
        values = (1.0 + np.log(times)).astype(np.float32)
        return sparse.csr_matrix((values, columns.astype(np.int32), offsets), shape=(len(texts), len(self)))

    def _pairs_of(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """The known character pairs of all texts, found in arrays: row and place of each."""
        row = np.repeat(np.arange(len(texts)), [len(text) for text in texts])
        if len(row) < 2 or not len(self._pairs):
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        letters = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), np.uint32).astype(
            np.int64
        )
        code = letters[:-1] << 21 | letters[1:]
        at = np.minimum(np.searchsorted(self._pairs, code), len(self._pairs) - 1)
        known = (self._pairs[at] == code) & (row[:-1] == row[1:])
        return row[:-1][known], self._pair_places[at[known]]


def _code(pair: str) -> int:
    return ord(pair[0]) << 21 | ord(pair[1])
