"""One file that holds several plans: where each begins and ends.

Collections number their plans on lines of their own: ``市容工作计划 篇一``, ``【篇二】``, ``第三篇 …总结``,
``范文4：``. A series of such lines that counts upward splits the file; a plan with chapters called
篇 (第一篇 总则, with 第一章 inside) is one plan and stays whole.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise, zip_longest

MIN_PART = 50  # characters that stand below a title, else it is an entry of a list of contents

_NUMBER = r"(?P<number>[一二三四五六七八九十]{1,3}|\d{1,3})"
_REST = r"(?P<rest>[^。；;！!？?\n]*)"
_AFTER = r"\s*(?:[）)】\]〕:：、.．\s][^。；;！!？?\n]*)?"
_DOCUMENT = re.compile(r"计划|总结|方案|要点|报告|规划|安排|思路|打算|汇报|意见|范文")
_CHAPTER = re.compile(r"^[\s#*]*第[一二三四五六七八九十\d]{1,3}[章节]", re.MULTILINE)
# The families of series; a file is split by the lines of one of them.
_FAMILIES = (
    re.compile(rf"[^。；;！!？?]{{0,40}}?[（(【\[〔]?篇\s*{_NUMBER}{_AFTER}"),
    re.compile(rf"[（(【\[〔]?第\s*{_NUMBER}\s*篇[）)】\]〕]?\s*[:：、.．]?{_REST}"),
    re.compile(rf"[^。；;！!？?]{{0,40}}?[（(【\[〔]?范文\s*{_NUMBER}{_AFTER}"),
)
_CHAPTERS = _FAMILIES[1]
_WORD = re.compile("篇|范文")
_LONGEST = 100  # characters of a title line
_DIGITS = {digit: value for value, digit in enumerate("一二三四五六七八九", 1)}


@dataclass(frozen=True, slots=True)
class Part:
    """The span of one plan in its document; ``title`` is its line of the series, None for a whole file."""

    start: int
    end: int
    title: str | None = None


@dataclass(frozen=True, slots=True)
class _Title:
    start: int
    end: int
    number: int
    text: str


def split(text: str, start: int = 0, end: int | None = None) -> list[Part]:
    """The plans in ``text[start:end]``, without white space around them; one where there is no series.

    Needs two or more lines of one family whose numbers go up, each with MIN_PART characters below.
    What stands before the first of them (a preface, a list of contents) belongs to no part. A blank
    text has no part.
    """
    end = len(text) if end is None else end
    lines = _lines(text, start, end)
    for family in _FAMILIES:
        titles = _series(_titles(lines, family), end)
        if family is _CHAPTERS and titles and _CHAPTER.search(text, titles[0].end, end):
            continue
        if len(titles) >= 2:
            bounds = [*(t.start for t in titles), end]
            return [
                Part(*_trim(text, low, high), title.text)
                for title, (low, high) in zip(titles, pairwise(bounds), strict=True)
            ]
    low, high = _trim(text, start, end)
    return [Part(low, high)] if low < high else []


def _lines(text: str, start: int, end: int) -> list[tuple[int, str]]:
    """Short lines that name a part, with where they begin."""
    lines: dict[int, str] = {}
    for match in _WORD.finditer(text, start, end):
        low = max(start, *(text.rfind(newline, start, match.start()) + 1 for newline in "\n\r"))
        if low not in lines and match.start() - low <= _LONGEST:
            lines[low] = re.split(r"[\r\n]", text[low : min(end, low + _LONGEST + 1)], maxsplit=1)[0]
    return [(low, line) for low, line in lines.items() if len(line) <= _LONGEST]


def _titles(lines: list[tuple[int, str]], family: re.Pattern[str]) -> list[_Title]:
    titles = []
    for position, line in lines:
        core = line.strip(" \t\f\u3000\ufeff#*>_")
        match = family.fullmatch(core)
        if match and (family is not _CHAPTERS or not match["rest"] or _DOCUMENT.search(match["rest"])):
            low, high = _trim(line, 0, len(line))
            number = _value(match["number"])
            titles.append(_Title(position + low, position + high, number, " ".join(core.split())))
    return titles


def _series(titles: list[_Title], end: int) -> list[_Title]:
    """The longest run that counts upward and whose every title has a body below it."""
    best: list[_Title] = []
    run: list[_Title] = []
    for title, following in zip_longest(titles, titles[1:]):
        if (following.start if following else end) - title.end < MIN_PART:
            continue
        if run and title.number <= run[-1].number:
            run = []
        run.append(title)
        if len(run) > len(best):
            best = list(run)
    return best


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    body = text[start:end]
    return start + len(body) - len(body.lstrip()), start + len(body.rstrip())


def _value(number: str) -> int:
    """3 of 三, 12 of 十二, 25 of 二十五, 7 of 7."""
    if number.isdigit():
        return int(number)
    tens, ten, ones = number.rpartition("十")
    return (_DIGITS.get(tens, 1) * 10 if ten else 0) + _DIGITS.get(ones, 0)
