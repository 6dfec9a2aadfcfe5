"""The stages as spaCy components.

spaCy allows no dot in the name of a factory, so each stage stands twice under one function: in the registry
as ``planmine.segment.v1`` (``spacy.registry.misc``), where its version is part of its name, and as the factory
``planmine_segment`` that ``nlp.add_pipe`` takes.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace
from typing import Any

from spacy import Language, registry
from spacy.tokens import Doc, Span

from planmine.coding.model import Coder, Codes
from planmine.records import Exclusion, Plan, Unit
from planmine.segment import segment

NAMES = ("planmine_segment", "planmine_coding", "planmine_records")
_coder: Coder | None = None

if not Doc.has_extension("plan"):
    Doc.set_extension("plan", default=None)
    # As JSON, since a DocBin gives lists back as tuples.
    Span.set_extension("measure_json", default=None)
    Span.set_extension("measure", getter=lambda span: json.loads(span._.measure_json or "null"))
    Span.set_extension("unit", default=None)


def use(coder: Coder) -> None:
    """The coder of the components made from now on."""
    global _coder
    _coder = coder


def plan_doc(nlp: Language, plan: Plan) -> Doc:
    """A Doc of ``plan.body``; ``doc._.plan`` keeps the plan without its text."""
    doc = nlp.make_doc(plan.body)
    known = {name: value for name, value in plan.row().items() if name != "chars"}
    shifted = [asdict(x) for x in plan.excluded]
    doc._.plan = {**known, "excluded": shifted}
    return doc


def _plan_of(doc: Doc) -> tuple[Plan, int]:
    """The plan behind a Doc with the Doc's own text, and the offset of that text in the source."""
    known: dict[str, Any] = dict(doc._.plan or {})
    offset = known.get("start", 0)
    text = doc.text
    excluded = tuple(
        Exclusion(start=x["start"] - offset, end=x["end"] - offset, reason=x["reason"])
        for x in known.pop("excluded", ())
    )
    digest = hashlib.sha256(text.encode()).hexdigest()
    known.update(text=text, start=0, end=len(text), excluded=excluded)
    for name, value in (("plan_id", digest[:16]), ("title", None), ("source", "text"), ("sha256", digest)):
        known.setdefault(name, value)
    return Plan(**known), offset


@registry.misc("planmine.segment.v1")
@Language.factory("planmine_segment")
def make_segment(nlp: Language, name: str) -> Any:
    """Units into ``doc.spans["units"]``; ``span._.unit`` carries kind, heading path and notes."""

    def component(doc: Doc) -> Doc:
        if not doc.text:
            doc.spans["units"] = []
            return doc
        plan, _ = _plan_of(doc)
        units = segment(plan.text, 0, plan.end, exclude=plan.excluded)
        spans: list[Span] = []
        for unit in units:
            span = doc.char_span(unit.start, unit.end, label=unit.kind, alignment_mode="expand")
            assert span is not None  # every character is a token
            span._.unit = asdict(unit)
            spans.append(span)
        doc.spans["units"] = spans
        return doc

    return component


@registry.misc("planmine.coding.v1")
@Language.factory("planmine_coding")
def make_coding(nlp: Language, name: str) -> Any:
    """Status and category of each measure, added to ``span._.unit``."""
    coder = _coder

    def component(doc: Doc) -> Doc:
        if coder is None:
            raise ValueError("planmine_coding has no coder: build the pipeline with planmine.load()")
        spans = doc.spans["units"]
        codes = iter(coder.code([_unit(span) for span in spans]))
        for span in spans:
            if span.label_ == "measure":
                span._.unit = {**span._.unit, "codes": asdict(next(codes))}
        return doc

    return component


@registry.misc("planmine.records.v1")
@Language.factory("planmine_records")
def make_records(nlp: Language, name: str) -> Any:
    """The records of table ``measures`` into ``doc.spans["measures"]``, offsets those of the source."""
    from planmine.pipeline import records

    def component(doc: Doc) -> Doc:
        spans = [span for span in doc.spans["units"] if span.label_ == "measure"]
        if not spans:
            doc.spans["measures"] = []
            return doc
        plan, offset = _plan_of(doc)
        units = [_unit(span) for span in spans]
        codes = [
            Codes(**{**span._.unit["codes"], "labels": tuple(span._.unit["codes"]["labels"])})
            for span in spans
        ]
        found = []
        for span, record in zip(spans, records(plan, units, codes), strict=True):
            targets = tuple(replace(t, start=t.start + offset, end=t.end + offset) for t in record.targets)
            record = replace(
                record,
                measure_id=f"{plan.plan_id}:{record.start + offset}",
                start=record.start + offset,
                end=record.end + offset,
                targets=targets,
            )
            measure = Span(doc, span.start, span.end, label=record.category)
            measure._.measure_json = json.dumps(record.row(), ensure_ascii=False)
            found.append(measure)
        doc.spans["measures"] = found
        return doc

    return component


def _unit(span: Span) -> Unit:
    known = {key: value for key, value in span._.unit.items() if key != "codes"}
    return Unit(**{**known, "heading_path": tuple(known["heading_path"]), "notes": tuple(known["notes"])})
