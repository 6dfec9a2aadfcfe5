"""Reads the figures of a measure: each quantity, share, sum and count, with its comparator and deadline."""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import Final

from planmine.records import Target
from planmine.targets import deadlines, filters, rates, relations, scan, units
from planmine.targets.blanks import blanks
from planmine.targets.comparators import comparator
from planmine.targets.indicators import Carry, indicator
from planmine.targets.normal import Normal, normal
from planmine.targets.scan import Figure

# Without a digit, a numeral, a sign of redaction or a gap there is nothing to read.
_WORTH_READING: Final = re.compile(r"[\d$xXｘＸ×*＊_＿?？○●□■△一二两三四五六七八九十百千万亿半\s]")


def read_targets(text: str, *, offset: int = 0, year: int | None = None) -> tuple[Target, ...]:
    """The figures that one measure states, in the order of the text.

    Args:
        text: the measure as it stands in the source, with its line breaks and stray spaces.
        offset: place of ``text`` in the source; added to the offsets of the targets.
        year: first year of the plan; a bare year before it is looked back to and no deadline.

    Returns:
        Targets with value and unit as written (20万平方米 is 20 and 万平方米) and in canonical units. A
        range gives its lower bound with >=; 由40%提高到60% gives 60 with baseline 40; a figure that was
        taken out before publication has no value and ``redacted``. Never raises on any string.
    """
    if not _WORTH_READING.search(text):
        return ()
    clean = normal(text)
    figures = _figures(clean)
    return _targets(clean, figures, offset, year) if figures else ()


def _figures(clean: Normal) -> list[Figure]:
    """The figures of the text, with ranges, changes and limits resolved."""
    text = clean.text
    titled = filters.titles(text)
    often = rates.often(text)
    found = [
        figure
        for figure in scan.figures(text)
        if not any(phrase.start <= figure.start < phrase.end for phrase in often)
        and filters.is_figure(text, figure, titled)
    ]
    found += often
    if clean.spaced is not None:
        taken = {place for figure in found for place in range(figure.start, figure.end)}
        for start, end, figure in blanks(clean.spaced):
            figure.start, figure.end = bisect_left(clean.origin, start), bisect_left(clean.origin, end)
            if taken.isdisjoint(range(figure.start, figure.end)):
                found.append(figure)
    return relations.resolved(text, relations.with_units_shared(text, found))


def _targets(clean: Normal, figures: list[Figure], offset: int, year: int | None) -> tuple[Target, ...]:
    """The figures with their rates, comparators, deadlines and indicators."""
    text, origin = clean.text, clean.origin
    dates = deadlines.find(text, year)
    targets = []
    previous: Figure | None = None
    carry = Carry()
    for figure in figures:
        if figure.word == "大":  # 9大行动
            figure.unit = figure.word = "项"
        if figure.per is None and (per := rates.denominator(text, figure, previous)):
            figure.per = per
            figure.unit += f"/{per}"
        listed = previous is not None and relations.SHARED.fullmatch(text, previous.end, figure.start)
        figure.comparator = comparator(text, figure, previous.comparator if previous and listed else None)
        name, carry = indicator(text, figure, previous.end if previous else 0, carry)
        canonical_value, canonical_unit = units.canonical(figure.value, figure.unit)
        targets.append(
            Target(
                indicator=name,
                value=figure.value,
                unit=figure.unit,
                comparator=figure.comparator,
                start=offset + origin[figure.start],
                end=offset + origin[figure.end - 1] + 1,
                canonical_value=canonical_value,
                canonical_unit=canonical_unit,
                deadline=deadlines.of(figure.start, figure.end, text, dates),
                baseline=figure.baseline,
                redacted=figure.redacted,
            )
        )
        previous = figure
    return tuple(targets)
