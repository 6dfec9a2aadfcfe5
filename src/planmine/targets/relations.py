"""What neighbouring figures are to each other: ends of a range or of a change, a limit, one unit for two."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise
from typing import Final

from planmine.targets import units
from planmine.targets.scan import Figure

SHARED: Final = re.compile("[、和及与]|以及")  # all that stands between two items of a list

_RANGE_MARK: Final = re.compile(r"[-~—]{1,2}|至|到")
_TURN: Final = "提高|提升|上升|增加|增长|扩大|下降|降低|减少|缩短|压缩|压减|压降|调整|发展|拓展|优化|精简|攀升|跃升|回升|回落|[降升增减改变扩]"
_CHANGE: Final = re.compile(
    rf"[^,;。、]{{0,14}}?(?:{_TURN})?(?:[到至为成])了?(?:20\d\d年底?的?|目前的?|现在的?|[^,;。、\d]{{0,4}})"
)
_FROM: Final = re.compile(r"[由从][^,;。由从]{0,20}$")
# 由30提高到50个: the number before the change has no unit
_BARE_FROM: Final = re.compile(
    rf"[由从](?:[^,;。由从]{{0,12}}的)?(?P<n>\d+(?:\.\d+)?)[^,;。\d]{{0,3}}(?:{_TURN})[到至为]$"
)
_LIMIT: Final = re.compile(r"的?[^,;。、:\d]{0,14}")
_ELIDED: Final = re.compile(r"分别[^,;。\d]{0,20}(?P<list>(?:\d+(?:\.\d+)?(?:[、和与及]|以及))+)$")
_NUMBER: Final = re.compile(r"\d+(?:\.\d+)?")


def with_units_shared(text: str, found: Iterable[Figure]) -> list[Figure]:
    """The figures in order, with those that borrow a unit: 分别增加60和30个, 提高6个、5个百分点."""
    figures = sorted((g for f in found for g in (*_elided(text, f), f)), key=lambda f: f.start)
    for figure, following in reversed(list(pairwise(figures))):
        if figure.word == "个" and following.word.startswith("个") and _listed(text, figure, following):
            figure.unit, figure.word = following.unit, following.word
    return figures


def resolved(text: str, found: list[Figure]) -> list[Figure]:
    """The figures that are left when ranges and changes are one figure each and limits none."""
    kept: list[Figure] = []
    for index, figure in enumerate(found):
        following = found[index + 1] if index + 1 < len(found) else None
        if kept and _is_range(text, kept[-1], figure):
            kept[-1].end, kept[-1].comparator = figure.end, ">="
            continue
        if befores := _befores(text, kept, figure):
            del kept[-len(befores) :]
            _tell(text, befores, found[index : index + len(befores)])
        elif figure.baseline is None and (
            bare := _BARE_FROM.search(text[max(0, figure.start - 40) : figure.start])
        ):
            figure.baseline = float(bare["n"])
        if following is None or not _is_limit(text, figure, following):
            kept.append(figure)
    return kept


def _listed(text: str, figure: Figure, following: Figure) -> bool:
    return SHARED.fullmatch(text, figure.end, following.start) is not None


def _elided(text: str, figure: Figure) -> list[Figure]:
    """The numbers before a figure that leave their unit to it."""
    reach = max(0, figure.start - 80)
    match = _ELIDED.search(text[: figure.start], reach) if figure.kind == "arabic" else None
    if not match:
        return []
    return [
        replace(figure, start=number.start(), end=number.end(), value=float(number[0]))
        for number in _NUMBER.finditer(text, match.start("list"), match.end("list"))
    ]


def _is_range(text: str, low: Figure, high: Figure) -> bool:
    between = _RANGE_MARK.fullmatch(text, low.end, high.start) if low.end <= high.start else None
    return low.word == high.word and between is not None


def _is_limit(text: str, figure: Figure, following: Figure) -> bool:
    """Whether a figure only says which things the next one counts: 5000万元以上项目30个."""
    limits = figure.suffix.endswith(("以上", "以下", "以内")) or text[: figure.start].endswith(
        ("过", "超", "逾")
    )
    return limits and figure.word != "" and _LIMIT.fullmatch(text, figure.end, following.start) is not None


def _befores(text: str, kept: list[Figure], after: Figure) -> list[Figure]:
    """The figures that a change starts from: 40% in 由40%提高到60%, two in 由5元、3元提高到8元、6元."""
    if not kept or kept[-1].word != after.word or kept[-1].baseline is not None:
        return []
    if kept[-1].end > after.start or not _CHANGE.fullmatch(text, kept[-1].end, after.start):
        return []
    first = len(kept) - 1
    while first and _listed(text, kept[first - 1], kept[first]):
        first -= 1
    start = kept[first].start
    return kept[first:] if _FROM.search(text[max(0, start - 24) : start]) else []


def _tell(text: str, befores: list[Figure], afters: list[Figure]) -> None:
    """Give each figure that a change leads to the value that it started from."""
    last: Figure | None = None
    for before, after in zip(befores, afters, strict=False):
        if last is not None and not _listed(text, last, after):
            return
        after.baseline = _rescaled(before, after)
        last = after


def _rescaled(before: Figure, after: Figure) -> float | None:
    """The value before a change in the unit of the value after it: 由8000户增加到1.2万户 is 0.8."""
    old, _ = units.canonical(before.value, before.unit)
    one, _ = units.canonical(1.0, after.unit)
    return None if old is None or not one else float(f"{old / one:.12g}")
