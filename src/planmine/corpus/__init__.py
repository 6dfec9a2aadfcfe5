"""Corpus: bytes to plans. Files are found, decoded, split where they hold several plans, and described.

files, failures = discover(["plans/"])
for file in files:
    plans, problems = read(file)
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from planmine.corpus.anthology import Part, split
from planmine.corpus.discover import SourceFile, discover
from planmine.corpus.duplicates import DuplicatePair, near_duplicates, unique
from planmine.corpus.furniture import find_exclusions, join
from planmine.corpus.metadata import describe
from planmine.corpus.readers import Document, ReadError, load
from planmine.records import Failure, Plan

__all__ = ["DuplicatePair", "SourceFile", "discover", "near_duplicates", "read", "read_plans", "unique"]


# A hundred times a long plan. What is longer is none, and its measures would fill the memory of the machine.
MAX_PLAN_CHARS = 2_000_000


def read_plans(path: str | Path) -> list[Plan]:
    """The plans of a file, folder or glob, in order of their source, each text once.

    What cannot be read is left out; `discover`, `read` and `unique` also return the failures.
    """
    files, _ = discover([path])
    return unique([plan for file in files for plan in read(file)[0]])[0]


def read(file: SourceFile) -> tuple[list[Plan], list[Failure]]:
    """The plans in a file, and what of it could not be read. Raises nothing, whatever the file holds.

    A result depends on the file's bytes, name and row of the manifest alone.
    """
    try:
        contents = load(file.path, file.name)
        plans = [
            plan
            for document in contents.documents
            for plan in _plans(document, file.name + document.mark, contents.sha256, file.manifest)
        ]
        if not plans and not contents.failures:
            raise ReadError("the file holds no text", "download it again, or remove it")
    except ReadError as error:
        return [], [Failure(file=file.name, stage="corpus", reason=error.reason, remedy=error.remedy)]
    except Exception as error:  # one file must never stop a run
        reason = f"{type(error).__name__}: {error}"[:300]
        remedy = "an error of PlanMine: please report it with the file"
        return [], [Failure(file=file.name, stage="corpus", reason=reason, remedy=remedy)]
    long = [plan for plan in plans if _length(plan) > MAX_PLAN_CHARS]
    failures = [*contents.failures, *(_too_long(plan) for plan in long)]
    return [plan for plan in plans if plan not in long] if long else plans, failures


def _length(plan: Plan) -> int:
    """Characters of a plan; those of one that is long only for its blanks are counted without."""
    size = plan.end - plan.start
    return size if size <= MAX_PLAN_CHARS else len("".join(plan.body.split()))


def _too_long(plan: Plan) -> Failure:
    reason = f"one plan of {_length(plan):,} characters, above the limit of {MAX_PLAN_CHARS:,}"
    return Failure(file=plan.source, stage="corpus", reason=reason, remedy="split it into its plans")


def _plans(document: Document, name: str, sha256: str, manifest: Mapping[str, str]) -> list[Plan]:
    # A row of a table is one plan, whatever lines it holds.
    parts = split(document.text, document.start)
    if document.mark and len(parts) > 1:
        parts = [Part(parts[0].start, parts[-1].end)]
    if len(parts) > 1:  # a title is that of the file, not of each plan in it
        manifest = {key: value for key, value in manifest.items() if key != "title"}
        before = len(document.text[document.start : parts[0].start].strip())
        if before:
            warning = f"{before} characters before the first of {len(parts)} plans belong to none"
            document = replace(document, warnings=(*document.warnings, warning))
    return [_plan(document, part, name, sha256, manifest) for part in parts]


def _plan(document: Document, part: Part, name: str, sha256: str, manifest: Mapping[str, str]) -> Plan:
    text = document.text
    body = text[part.start : part.end]
    known = describe(
        text,
        start=part.start,
        end=part.end,
        file=name,
        front_matter=document.fields,
        manifest=manifest,
        title=part.title,
    )
    invented = bool(manifest.get("invented"))  # a sample's city is in no table, and need not be
    spans = [(x.start, x.end, x.reason) for x in document.excluded]
    spans += [(x.start, x.end, x.reason) for x in find_exclusions(text, part.start, part.end)]
    return Plan(
        plan_id=hashlib.sha256(body.encode()).hexdigest()[:16],
        text=text,
        start=part.start,
        end=part.end,
        source=name,
        sha256=sha256,
        title=known.title,
        city=known.city,
        city_code=known.city_code,
        province=known.province,
        level=known.level,
        year_from=known.year_from,
        year_to=known.year_to,
        agency=known.agency,
        doc_type=known.doc_type,
        published=known.published,
        url=_address(manifest, document.fields),
        candidates=known.candidates,
        excluded=join(spans, part.start, part.end),
        warnings=(*document.warnings, *(w for w in known.warnings if not (invented and "no place" in w))),
    )


def _address(*given: Mapping[str, str]) -> str | None:
    """The web address that the manifest or the front matter names."""
    cells = (fields.get(name, "") for fields in given for name in ("url", "source"))
    return next((cell for cell in cells if cell.startswith(("http://", "https://"))), None)
