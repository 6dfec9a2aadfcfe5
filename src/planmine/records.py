"""The records that pass from stage to stage: frozen, validated, without I/O.

Offsets are Python ``str`` offsets (code points) into ``Plan.text``, half open. ``Plan.text`` is the
whole decoded text of the source document; a plan inside an anthology is the span
``[plan.start, plan.end)`` of it, so that the offsets of a measure are those of the file.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Level = Literal["province", "city", "county"]
DocType = Literal["plan", "summary", "mixed", "essay"]
Kind = Literal["heading", "measure"]
Status = Literal["planned", "completed", "goal", "context"]
Comparator = Literal["=", ">=", ">", "<=", "<", "~"]
UNSURE = "unsure"  # the category of a measure on which the coder was asked to abstain, and did
Stage = Literal["sources", "corpus", "segment", "coding", "embedding", "comparison", "report"]


def _check_span(start: int, end: int, what: str) -> None:
    if not 0 <= start < end:
        raise ValueError(f"{what}: offsets [{start}, {end}) are no span")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion:
    """A span of a plan that is no measure (page furniture, glossary, footnote), and why."""

    start: int
    end: int
    reason: str

    def __post_init__(self) -> None:
        _check_span(self.start, self.end, "Exclusion")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One plan: a span of a source document with what is known of it. Unknown is None."""

    plan_id: str
    title: str | None
    text: str = field(repr=False)
    start: int
    end: int
    source: str
    sha256: str
    city: str | None = None
    city_code: str | None = None
    province: str | None = None
    level: Level | None = None
    year_from: int | None = None
    year_to: int | None = None
    agency: str | None = None
    doc_type: DocType | None = None
    published: str | None = None
    url: str | None = None
    language: str = "zh"
    candidates: tuple[str, ...] = ()  # codes of all places that an ambiguous name may mean
    excluded: tuple[Exclusion, ...] = ()
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check_span(self.start, self.end, f"Plan {self.source}")
        if self.end > len(self.text):
            raise ValueError(f"Plan {self.source}: end {self.end} lies beyond {len(self.text)} characters")

    @property
    def body(self) -> str:
        """The plan's own text: ``text[start:end]``."""
        return self.text[self.start : self.end]

    @property
    def chars(self) -> int:
        return self.end - self.start

    def row(self) -> dict[str, Any]:
        """The row of table ``plans``, in the order of the data dictionary."""
        names = (
            "plan_id title city city_code province level year_from year_to agency doc_type published "
            "source start end sha256 chars language url"
        )
        return {name: getattr(self, name) for name in names.split()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A heading or a quasi-sentence: ``text == plan.text[start:end]``."""

    start: int
    end: int
    text: str
    kind: Kind
    heading_path: tuple[str, ...] = ()
    title: str | None = None  # the run-in heading of the item it stands in
    notes: tuple[str, ...] = ()  # responsibility notes (牵头单位:…) of its item
    level: int = 0  # depth in the outline, 0 for the plan's title

    def __post_init__(self) -> None:
        _check_span(self.start, self.end, "Unit")
        if len(self.text) != self.end - self.start:
            raise ValueError(f"Unit [{self.start}, {self.end}): text has {len(self.text)} characters")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One stated figure. ``value`` and ``unit`` as written: 20万平方米 is 20 and 万平方米."""

    indicator: str
    value: float | None
    unit: str
    comparator: Comparator
    start: int
    end: int
    canonical_value: float | None = None
    canonical_unit: str | None = None
    deadline: str | None = None
    baseline: float | None = None  # 由40%提高到60%: 40
    redacted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A coded unit: the row of table ``measures``."""

    measure_id: str
    plan_id: str
    city: str | None
    city_code: str | None
    year: int | None
    ordinal: int
    start: int
    end: int
    text: str
    heading_path: tuple[str, ...]
    status: Status
    category: str
    probability: float
    labels: tuple[str, ...]
    agencies: tuple[str, ...]
    targets: tuple[Target, ...]
    title: str | None
    strength: int | None = None

    def __post_init__(self) -> None:
        _check_span(self.start, self.end, f"Measure {self.measure_id}")
        if self.labels and self.labels[0] != self.category:
            raise ValueError(f"Measure {self.measure_id}: the first label is not the category")

    def row(self) -> dict[str, Any]:
        """The row of table ``measures``: tuples as lists, targets as dicts."""
        row = asdict(self)
        for name in ("heading_path", "labels", "agencies", "targets"):
            row[name] = list(row[name])
        return row


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A document, or a part of one, that could not be read: what happened and what to do."""

    file: str
    stage: Stage
    reason: str
    remedy: str
