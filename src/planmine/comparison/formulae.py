"""Set phrases (套话): clauses that stand word for word in very many plans, and what is left without them.

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
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import resources

import pandas as pd

from planmine.comparison.frames import table

SHARE = 0.5  # of the cities compared
LEAST_CITIES = 8  # with fewer cities one wording in half of them may well be chance or a copy
SHORTEST, LONGEST = 4, 60  # characters of a clause
LEAST_LEFT = 4  # characters of content that make a measure more than a formula

FORMULAE = {
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
def known() -> frozenset[str]:
    """Digests of the archive's set phrases."""
    text = resources.files("planmine.comparison").joinpath("formulae.json").read_text(encoding="utf-8")
    return frozenset(json.loads(text)["digests"])


def find_formulae(measures: pd.DataFrame) -> pd.DataFrame:
    """The set phrases of a table of measures, one row each time one stands in a measure.

    ``start``, ``end``: offsets in the plan; ``text`` as written; ``cities``: in how many of the cities here it
    stands; ``source``: ``archive`` or ``here`` (at least half of the cities, and at least eight). Sorted by
    measure_id and start. Does not depend on the order of rows.
    """
    rows = measures[["measure_id", "start", "text", "city"]]
    cities: dict[str, set[str]] = defaultdict(set)
    places: list[tuple[str, int, int, str, str]] = []
    for measure_id, start, text, city in rows.itertuples(index=False, name=None):
        for begin, end, clause in clauses(text):
            if isinstance(city, str):
                cities[clause].add(city)
            places.append((measure_id, start + begin, start + end, text[begin:end], clause))
    least = max(LEAST_CITIES, SHARE * rows["city"].nunique())
    archive = known()
    source = {
        clause: "archive" if digest(clause) in archive else "here" if len(cities[clause]) >= least else ""
        for clause in {place[-1] for place in places}
    }
    found = [(*place, len(cities[clause]), source[clause]) for *place, clause in places if source[clause]]
    frame = pd.DataFrame(sorted(found, key=lambda row: row[:2]), columns=list(FORMULAE))
    return table(frame, FORMULAE)


def without_formulae(measures: pd.DataFrame, formulae: pd.DataFrame) -> list[str]:
    """(n,) each measure's text without its set phrases; empty where less than four characters of content are left."""
    spans: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for measure_id, start, end in formulae[["measure_id", "start", "end"]].itertuples(index=False, name=None):
        spans[measure_id].append((int(start), int(end)))
    return [
        _cut(text, [(a - start, b - start) for a, b in spans.get(measure_id, ())])
        for measure_id, start, text in measures[["measure_id", "start", "text"]].itertuples(
            index=False, name=None
        )
    ]


def _cut(text: str, spans: Sequence[tuple[int, int]]) -> str:
    if not spans:
        return text
    kept, place = [], 0
    for start, end in sorted(spans):
        kept.append(text[place:start])
        place = end
    left = "".join([*kept, text[place:]])
    left = re.sub(r"^[，,；;：:、\s]+", "", re.sub(r"[，,]{2,}", "，", left))
    return left if len(_CONTENT.findall(left)) >= LEAST_LEFT else ""
