"""Finds every number that has a unit: the candidates that the filters then judge."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from planmine.records import Comparator
from planmine.targets import numerals, units

NumberKind = Literal["arabic", "chinese", "redacted", "fraction", "half", "blank"]

_LOW: Final = r"(?:(?<![\d.])(?P<low>(?:\d{1,12}(?:\.\d+)?|[一二两三四五六七八九十]{1,8}))(?P<lowscale>[万亿])?(?:[-~—]{1,2}|至|到))?"
_NUMERALS: Final = "零〇一二两三四五六七八九十百千万亿半"
_NUMBER: Final = re.compile(
    rf"(?P<whole>[百千万]|[二三四五六七八九十]{{1,4}}|\d{{1,3}})分之(?P<fraction>\d+(?:\.\d+)?|{numerals.CHINESE})"
    r"|(?P<half>一半|半数)"
    rf"|(?P<redacted>{numerals.REDACTED})"
    rf"|{_LOW}(?:(?P<arabic>{numerals.ARABIC})|(?P<chinese>{numerals.CHINESE}(?:(?=[余多几{units.FIRST}])|(?<=[万亿]))|半(?=小时)))"
)
# Where a number may begin; a Chinese numeral only before what may follow one, so that 统一 costs nothing.
_START: Final = re.compile(
    rf"[\d$xX×*_?○●□■△{_NUMERALS}](?:(?<![{_NUMERALS}])|(?=[{_NUMERALS}余多几分点至到~—{units.FIRST}-]))"
)
_SUFFIX: Final = r"(?P<suffix>及?以上|及?以下|以内|之内|内(?![资部设外容蒙陆河涝需销])|左右|上下|有余|多(?=[,;。、)]|$)|余(?=[,;。、)]|$))?"
# 2万失业人员, 突破8万: 万 or 亿 alone
_PEOPLE: Final = (
    "人口|群众|农民|老年人|老人|职工|居民|学生|儿童|人员|干部|党员|市民|农户|户|考生|劳动力|大学生"
)
_ALONE: Final = (
    rf"(?<=[万亿])(?=[,;。、!)(]|$|以上|左右|的|[^,;。、\d吨元亩平千公人名家]{{0,6}}(?:{_PEOPLE}))"
)
_MINUS: Final = re.compile("[一-龥]-$")  # 增速-2.1%
_MORE: Final = "[余多几]"


def _tail(unit_words: str) -> re.Pattern[str]:
    return re.compile(
        rf"(?P<more>{_MORE})?(?:(?P<scale>{numerals.SCALE})(?P<more2>{_MORE})?)??(?:个半(?=小时))?"
        rf"(?P<unit>{unit_words}|{_ALONE})(?!级)(?P<times>\(次\))?(?P<rate>{units.RATE})?{_SUFFIX}"
    )


_TAILS: Final = {
    "arabic": _tail(units.UNITS),
    "redacted": _tail(units.UNITS),
    "chinese": _tail(units.CHINESE_UNITS),
}
_SHARE_TAIL: Final = re.compile(_MORE.join(("(?P<more>", ")?")) + _SUFFIX)


@dataclass(slots=True)
class Figure:
    """A number with its unit; ``[start, end)`` are places in the text without white space."""

    start: int
    end: int  # behind unit and suffix
    kind: NumberKind
    number: str
    value: float | None
    unit: str  # as written, with its scale: 万平方米
    word: str  # the unit without scale and rate: 平方米
    more: bool  # 余, 多, 几
    suffix: str
    comparator: Comparator = "="
    baseline: float | None = None
    per: str | None = None
    act: str = ""  # of a set phrase of frequency: 每月一评

    @property
    def redacted(self) -> bool:
        return self.value is None


def figures(text: str) -> Iterator[Figure]:
    """Every number with a unit in ``text``, which has no white space, from left to right."""
    position = 0
    while start := _START.search(text, position):
        match = _NUMBER.match(text, start.start())
        figure = _figure(text, match) if match else None
        if match is None:
            position = start.end()
        elif figure is None:
            # 12.5 in 1.12.5个 is not tried again from within, 十 in 二〇一十个 neither
            position = match.end("low") + 1 if match["low"] else match.end()
        else:
            yield figure
            position = figure.end


def _figure(text: str, match: re.Match[str]) -> Figure | None:
    start, end = match.span()
    if match["fraction"] or match["half"]:
        share = numerals.fraction(match["whole"], match["fraction"]) if match["fraction"] else (0.5, "")
        if share is None:
            return None
        tail = _SHARE_TAIL.match(text, end)
        assert tail is not None  # all of it is optional
        kind: NumberKind = "fraction" if match["fraction"] else "half"
        return Figure(
            start,
            tail.end(),
            kind,
            match[0],
            *share,
            share[1],
            tail["more"] is not None,
            tail["suffix"] or "",
        )
    kind = "redacted" if match["redacted"] else "arabic" if match["arabic"] else "chinese"
    tail = _TAILS[kind].match(text, end)
    if tail is None:
        return None
    word, scale = tail["unit"] + ("次" if tail["times"] else ""), tail["scale"] or ""
    number = match[kind]
    read: tuple[float | None, str] | None
    if kind == "redacted":
        if numerals.is_product(number):
            return None
        read = None, scale
    elif kind == "arabic":
        read = numerals.arabic(match["low"] or number, scale) if (match["low"] or "0")[0].isdigit() else None
    elif number == "半":
        read = 0.5, ""
    else:
        low = numerals.chinese(match["low"]) if match["low"] and match["low"][0] not in "0123456789" else None
        own = numerals.chinese(number)
        if match["low"] and low is None:
            return None
        read = numerals.scaled(low[0] if low else own[0], own[1], scale) if own else None
    if read is None:
        return None
    value, scale = read
    if value is not None and "个半" in tail[0]:
        value += 0.5
    if value is not None and word in ("%", "‰") and _MINUS.search(text[max(0, start - 2) : start]):
        start, value = start - 1, -value
    return Figure(
        start,
        tail.end(),
        kind,
        text[start:end],
        value,
        scale + word + (tail["rate"] or "").replace("每", "/"),
        word,
        bool(tail["more"] or tail["more2"]),
        tail["suffix"] or "",
        comparator=">=" if match["low"] else "=",
    )
