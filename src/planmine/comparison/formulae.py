"""Set phrases (套话): clauses that stand word for word in very many plans, and the texts without them.

A plan shares 统一思想 or a guiding idea with most others whatever it does. Such clauses are known from two
sources: those of the archive of city reports that PlanMine was built with, kept as hashes only
(``formulae.json``, written by ``scripts/build_formulae.py``), and those that stand in half of the cities that are
compared. Boilerplate by document frequency is what text-reuse studies of laws and news take out first (Wilkerson,
Smith & Stramp 2015, American Journal of Political Science 59(4)).
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import pairwise

import numpy as np
import pandas as pd

from planmine.comparison.evidence import read_action
from planmine.comparison.frames import Comparable, table
from planmine.comparison.memory import Arrays, Memory, key_of, recalled

SHARE = 0.5  # of the cities compared
LEAST_CITIES = 8  # with fewer cities one wording in half of them may well be chance or a copy
SHORTEST, LONGEST = 4, 60  # characters of a clause
VARIED = 0.5  # of the sentences that it stands in, different from each other
LEAST_LEFT = 4  # characters of content that make a measure more than a formula
PLAIN, CUT, WRITTEN = 0, 1, 2  # a measure without set phrases; one with, after and before they are taken out

FORMULAE = {"formula": "string", "cities": "Int64", "measures": "Int64"}
SPANS = {
    "measure_id": "string",
    "start": "Int64",
    "end": "Int64",
    "text": "string",
    "cities": "Int64",
    "source": "string",
}
_CLAUSE = re.compile(r"[^，,；;。：:！!？?\n]+")
_MARKS = re.compile(r"[\s“”‘’\"'《》（）()*#、]+")
_FIGURE = re.compile(r"\d")
_CONTENT = re.compile(r"\w")


def normal(clause: str) -> str:
    """The clause without spaces, quotation marks and brackets, half-width: what is compared and hashed."""
    return _MARKS.sub("", unicodedata.normalize("NFKC", clause))


def digest(clause: str) -> str:
    """Twelve hexadecimal digits that stand for a normal clause."""
    return hashlib.sha256(clause.encode()).hexdigest()[:12]


def clauses(text: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, normal form) of the clauses of ``text`` that may be set phrases: no figure, 4 to 60 characters."""
    for match in _CLAUSE.finditer(text):
        clause = normal(match.group())
        if SHORTEST <= len(clause) <= LONGEST and not _FIGURE.search(clause):
            yield match.start(), match.end(), clause


@cache
def known() -> np.ndarray:
    """Digests of the archive's set phrases as numbers, sorted."""
    text = resources.files("planmine.comparison").joinpath("formulae.json").read_text(encoding="utf-8")
    return np.unique(np.array([int(name, 16) for name in json.loads(text)["digests"]], dtype=np.int64))


def _read(texts: Sequence[str]) -> Arrays:
    """(c,) each of the clauses of the texts: the text's number, start, end and digest."""
    found = [
        (owner, start, end, int(digest(clause), 16))
        for owner, text in enumerate(texts)
        for start, end, clause in clauses(text)
    ]
    columns = np.array(found, dtype=np.int64).reshape(-1, 4).T
    return dict(zip(("owner", "start", "end", "digest"), columns, strict=True))


@dataclass(frozen=True, slots=True)
class Wordings:
    """The texts that are compared: measures without their set phrases, and as written where they have any.

    (w,) each: ``row`` in the corpus, ascending, ``kind`` (PLAIN, CUT, WRITTEN), ``texts``, and ``blanked``, the same
    with set phrases as line breaks, so that offsets are those of the measure. A measure that is a set phrase
    and no more has no wording CUT: ``left`` (rows of the corpus,) says which say something else. ``spans`` and ``formulae``:
    what was taken out, as tables.
    """

    row: np.ndarray
    kind: np.ndarray
    texts: list[str]
    blanked: list[str]
    left: np.ndarray
    spans: pd.DataFrame
    formulae: pd.DataFrame

    @property
    def cut(self) -> np.ndarray:
        """Numbers of the wordings without set phrases."""
        return np.flatnonzero(self.kind != WRITTEN)


def take_out(corpus: Comparable, memory: Memory | None = None) -> Wordings:
    """Find the set phrases of the measures compared, and take them out.

    A clause is one if the archive has it, or if it stands in at least half of the cities here, and at least eight, unless
    it is an action in the same sentence every time (``_is_set``).
    """
    texts = corpus.rows["text"].tolist()
    per_city = [texts[begin:end] for begin, end in pairwise(corpus.bounds.tolist())]
    read = recalled(
        memory or Memory(),
        "clauses",
        [key_of("clauses", own) for own in per_city],
        lambda missing: [{k: _read(per_city[k]) for k in missing}],
    )
    sizes = [len(part["owner"]) for part in read]
    city = np.repeat(np.arange(len(read)), sizes)
    columns = ("owner", "start", "end", "digest")
    owner, start, end, code = (
        np.concatenate([np.empty(0, np.int64), *(p[name] for p in read)]) for name in columns
    )
    owner = owner + corpus.bounds[city]
    names, clause = np.unique(code, return_inverse=True)
    cities = _distinct(clause, city, len(names))
    archive = np.isin(names, known())
    common = cities >= max(LEAST_CITIES, SHARE * len(corpus.cities))
    for k in np.flatnonzero(common & ~archive).tolist():
        places = [(texts[owner[w]], start[w], end[w]) for w in np.flatnonzero(clause == k).tolist()]
        common[k] = _is_set([(text[:a], text[a:b], text[b:]) for text, a, b in places])
    chosen = archive | common
    taken = np.flatnonzero(chosen[clause])
    owner, start, end, clause = (part[taken] for part in (owner, start, end, clause))
    written = [texts[row][a:b] for row, a, b in zip(owner, start, end, strict=True)]
    begins, ids = (corpus.rows[name].to_numpy() for name in ("start", "measure_id"))
    spans = table(
        {
            "measure_id": ids[owner],
            "start": begins[owner] + start,
            "end": begins[owner] + end,
            "text": np.array(written, dtype=object),
            "cities": cities[clause],
            "source": np.where(archive[clause], "archive", "here").astype(object),
        },
        SPANS,
    )
    first = np.unique(clause, return_index=True)[1]
    measures = _distinct(clause, owner, len(names))
    listed = table(
        {
            "formula": np.array([normal(written[k]) for k in first], dtype=object),
            "cities": cities[clause[first]],
            "measures": measures[clause[first]],
        },
        FORMULAE,
    ).sort_values(["cities", "measures", "formula"], ascending=[False, False, True], ignore_index=True)
    return _wordings(corpus, texts, owner, start, end, spans, listed)


def _is_set(uses: Sequence[tuple[str, str, str]]) -> bool:
    """Whether a clause of many cities is a set phrase: what stands before it, itself, and after it, wherever it is used.

    One that names a kind of action (``actions.yaml``) and stands in the same sentence every time is what these cities
    do, in the same words: a theme. A set phrase goes with anything.
    """
    around = {(before, after) for before, _, after in uses}
    return len(around) > VARIED * len(uses) or not read_action(uses[0][1])[0]


def _distinct(group: np.ndarray, of: np.ndarray, groups: int) -> np.ndarray:
    """(groups,) how many different values of ``of`` each group has."""
    among = int(of.max()) + 1 if len(of) else 1
    return np.bincount(np.unique(group * among + of) // among, minlength=groups)


def _wordings(
    corpus: Comparable,
    texts: list[str],
    owner: np.ndarray,
    start: np.ndarray,
    end: np.ndarray,
    spans: pd.DataFrame,
    listed: pd.DataFrame,
) -> Wordings:
    cut, blank = list(texts), list(texts)
    with_any, first = np.unique(owner, return_index=True)
    for row, begin, stop in zip(with_any, first, np.append(first, len(owner))[1:], strict=True):
        places = list(zip(start[begin:stop].tolist(), end[begin:stop].tolist(), strict=True))
        cut[row], blank[row] = _without(texts[row], places)
    has = np.zeros(len(texts), dtype=bool)
    has[with_any] = True
    left = np.array([bool(text) for text in cut], dtype=bool) | ~has
    row = np.concatenate([np.flatnonzero(left), with_any]).astype(np.int64)
    kind = np.concatenate([np.where(has[left], CUT, PLAIN), np.full(len(with_any), WRITTEN)])
    order = np.lexsort((kind, row))
    row, kind = row[order], kind[order].astype(np.int8)
    pick = list(zip(row.tolist(), kind.tolist(), strict=True))
    return Wordings(
        row,
        kind,
        [texts[r] if k == WRITTEN else cut[r] for r, k in pick],
        [texts[r] if k == WRITTEN else blank[r] for r, k in pick],
        left,
        spans,
        listed,
    )


def _without(text: str, spans: Sequence[tuple[int, int]]) -> tuple[str, str]:
    """The text without the spans ("" where too little is left), and with line breaks in their place."""
    kept, blank, place = [], [], 0
    for start, end in spans:
        kept.append(text[place:start])
        blank += [text[place:start], "\n" * (end - start)]
        place = end
    left = "".join([*kept, text[place:]])
    left = re.sub(r"^[，,；;：:、\s]+", "", re.sub(r"[，,]{2,}", "，", left))
    if len(_CONTENT.findall(left)) < LEAST_LEFT:
        left = ""
    return left, "".join([*blank, text[place:]])
