"""Hand-coded units: our own plans with inline codes, and real units kept by reference.

A *coded plan* is plain text in which each unit is tagged: ``⟦H|heading⟧`` or ``⟦P sanitation/greening|…⟧``
with P planned, C completed, G goal, X context, and the accepted categories, the main one first.
Without the tags the plan stands as it is, so one file holds text, units and codes.

*By reference* means a row of path in the public source, offsets, sha256 of the unit and codes, and no
text: ``corpus/labelled/README.md`` names the source.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from planmine.codebook import Codebook

STATUS_OF_TAG = {"P": "planned", "C": "completed", "G": "goal", "X": "context"}
_TAG = re.compile(r"⟦(?P<kind>[HPCGX])(?: (?P<labels>[a-z_/]+))?\|(?P<text>[^⟦⟧]*)⟧")


class LabelError(ValueError):
    """A label file cannot be used; the message names the file, the place and the remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """The codes of one unit: offsets into the plan's text; headings have neither status nor labels."""

    start: int
    end: int
    status: str | None
    labels: tuple[str, ...]

    @property
    def kind(self) -> str:
        return "heading" if self.status is None else "measure"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodedPlan:
    """A text and the codes of its units; ``complete`` where every unit of the text is coded."""

    name: str
    text: str
    labels: tuple[Label, ...]
    complete: bool
    group: str  # city or document: what must not stand on both sides of a split


def parse_coded(name: str, marked: str, codebook: Codebook) -> CodedPlan:
    """Take the tags out of a coded plan. Raises LabelError for an unknown code or an unbalanced tag."""
    parts: list[str] = []
    labels: list[Label] = []
    length, position = 0, 0
    for match in _TAG.finditer(marked):
        between = marked[position : match.start()]
        parts.append(between)
        length += len(between)
        codes = tuple((match["labels"] or "").split("/")) if match["labels"] else ()
        unknown = [code for code in codes if code not in codebook.categories]
        status = STATUS_OF_TAG.get(match["kind"])
        if unknown or (status and not codes) or (status is None and codes):
            line = marked.count("\n", 0, match.start()) + 1
            raise LabelError(f"{name}:{line}: tag `{match.group()[:40]}` needs codes of the codebook")
        inner = match["text"]
        if inner:
            labels.append(Label(start=length, end=length + len(inner), status=status, labels=codes))
        parts.append(inner)
        length += len(inner)
        position = match.end()
    parts.append(marked[position:])
    text = "".join(parts)
    if "⟦" in text or "⟧" in text:
        at = text.index("⟦") if "⟦" in text else text.index("⟧")
        raise LabelError(f"{name}: unbalanced tag near `{text[max(0, at - 20) : at + 20]}`")
    return CodedPlan(name=name, text=text, labels=tuple(labels), complete=True, group=name)


def read_coded(folder: Path, codebook: Codebook) -> list[CodedPlan]:
    """All coded plans (``*.txt``) of a folder, in the order of their names."""
    files = sorted(folder.glob("*.txt"))
    return [parse_coded(file.name, file.read_text(encoding="utf-8"), codebook) for file in files]


def read_references(files: Iterable[Path], source: Path, codebook: Codebook) -> list[CodedPlan]:
    """Real units from their references and the public source, a CodedPlan for each file of the source.

    Raises LabelError where a file is missing from ``source`` or a unit's sha256 does not agree.
    """
    rows: dict[str, list[dict]] = {}
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            rows.setdefault(row["file"], []).append(row)
    return [_resolve(name, rows[name], source, codebook) for name in sorted(rows)]


def read_source(path: Path) -> str:
    """The text of a file of the public source. Raises LabelError where it is missing."""
    if not path.is_file():
        raise LabelError(f"{path}: missing; corpus/labelled/README.md says where the public source is")
    return path.read_bytes().decode("utf-8-sig")


def check_reference(path: Path, text: str, row: dict) -> None:
    """Raise LabelError where a row's span of ``text`` is not what was coded."""
    unit = text[row["start"] : row["end"]]
    if hashlib.sha256(unit.encode()).hexdigest() != row["sha256"]:
        raise LabelError(f"{path}: [{row['start']}, {row['end']}) is another text than was coded")


def _resolve(name: str, rows: Sequence[dict], source: Path, codebook: Codebook) -> CodedPlan:
    path = source / name
    text = read_source(path)
    labels = []
    for row in sorted(rows, key=lambda r: r["start"]):
        check_reference(path, text, row)
        if unknown := [code for code in row["labels"] if code not in codebook.categories]:
            raise LabelError(f"{path}: [{row['start']}, {row['end']}) has unknown codes {unknown}")
        labels.append(
            Label(start=row["start"], end=row["end"], status=row["status"], labels=tuple(row["labels"]))
        )
    return CodedPlan(name=name, text=text, labels=tuple(labels), complete=False, group=name.split("/")[0])


def measures(plans: Iterable[CodedPlan]) -> Iterator[Label]:
    """The coded measures of all plans, headings left out."""
    for plan in plans:
        yield from (label for label in plan.labels if label.kind == "measure")
