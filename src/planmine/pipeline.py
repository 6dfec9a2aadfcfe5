"""The stages composed: a plan to its measures, as a function and as a spaCy Language.

``measures_of`` is the way through; the spaCy components call the same stages, so both give the same records.
spaCy is imported when a Language is asked for, since it takes seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from planmine.coding.agencies import read_agencies
from planmine.coding.model import Coder, Codes
from planmine.coding.strength import read_strength
from planmine.embedding import Encoder, load_encoder
from planmine.records import Failure, Measure, Plan, Unit
from planmine.segment import UnitKind, segment
from planmine.targets import read_targets

if TYPE_CHECKING:
    from spacy import Language
    from spacy.tokens import Doc

BATCH = 32  # plans coded at once; the codes do not depend on it


@lru_cache(maxsize=1)
def default_encoder() -> Encoder:
    """The bundled encoder, loaded once a process."""
    return load_encoder()


@lru_cache(maxsize=1)
def default_coder() -> Coder:
    """The bundled coder with the bundled encoder, loaded once a process."""
    return Coder.load(encode=lambda texts: default_encoder().encode(texts))


def units_of(plan: Plan, *, unit: UnitKind = "quasi-sentence") -> list[Unit]:
    """Headings and measures of a plan, in the order of the text."""
    return segment(plan.text, plan.start, plan.end, exclude=plan.excluded, unit=unit)


def measures_of(
    plans: Iterable[Plan],
    *,
    coder: Coder | None = None,
    unit: UnitKind = "quasi-sentence",
    abstain: float = 0.0,
) -> Iterator[tuple[Plan, list[Measure]]]:
    """Each plan with its measures; streams, coding some plans at a time.

    A category whose probability is below ``abstain`` is left ``unsure``.
    """
    coder = coder or default_coder()
    batch: list[Plan] = []
    for plan in plans:
        batch.append(plan)
        if len(batch) == BATCH:
            yield from _measures(batch, coder, unit, abstain)
            batch = []
    yield from _measures(batch, coder, unit, abstain)


def _measures(
    plans: Sequence[Plan], coder: Coder, unit: UnitKind, abstain: float
) -> Iterator[tuple[Plan, list[Measure]]]:
    if not plans:
        return
    units = [units_of(plan, unit=unit) for plan in plans]
    for plan, own, codes in zip(plans, units, coder.code_many(units, abstain=abstain), strict=True):
        yield plan, records(plan, own, codes)


def no_measures(plan: Plan) -> Failure:
    """The failure row of a plan in which no measure was found."""
    return Failure(
        file=plan.source,
        stage="segment",
        reason="no measures found",
        remedy="check that the file holds the plan's text and not only a title or a table",
    )


def records(plan: Plan, units: Sequence[Unit], codes: Sequence[Codes]) -> list[Measure]:
    """Put units and codes of one plan together; reads figures, agencies and strength."""
    measures = [unit for unit in units if unit.kind == "measure"]
    figures = [read_targets(unit.text, offset=unit.start, year=plan.year_to) for unit in measures]
    return [
        Measure(
            measure_id=f"{plan.plan_id}:{unit.start}",
            plan_id=plan.plan_id,
            city=plan.city,
            city_code=plan.city_code,
            year=plan.year_to,
            ordinal=ordinal,
            start=unit.start,
            end=unit.end,
            text=unit.text,
            heading_path=unit.heading_path,
            status=code.status,
            category=code.category,
            probability=code.probability,
            labels=code.labels,
            agencies=read_agencies(unit.text, unit.notes),
            targets=targets,
            title=unit.title,
            strength=read_strength(unit.text, len(targets)) if code.status == "planned" else None,
        )
        for ordinal, (unit, code, targets) in enumerate(zip(measures, codes, figures, strict=True))
    ]


def load(*, coder: Coder | None = None) -> Language:
    """A spaCy Language whose ``doc.spans["measures"]`` carry the record of each measure.

    ``span._.measure`` is the row of table ``measures`` as a dict and survives a round trip through
    ``DocBin(store_user_data=True)``. ``nlp.pipe`` streams texts; ``plan_doc(nlp, plan)`` makes a Doc of a
    Plan that keeps its city, year and offsets in the file.
    """
    import spacy

    from planmine import spacy_components

    nlp = spacy.blank("zh")
    nlp.max_length = 100_000_000
    spacy_components.use(coder or default_coder())
    for name in spacy_components.NAMES:
        nlp.add_pipe(name)
    return nlp


def plan_doc(nlp: Language, plan: Plan) -> Doc:
    """A Doc of the plan's own text that knows its plan; pass it to ``nlp(doc)`` or ``nlp.pipe``."""
    from planmine import spacy_components

    return spacy_components.plan_doc(nlp, plan)
