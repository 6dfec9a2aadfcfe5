"""Until when a figure is to be reached, as the unit states it: 2018年7月前, 年底前, 三年内, 到“十四五”末."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Final, NamedTuple

_NUM: Final = "[一二两三四五六七八九十]{1,3}"
_MONTH: Final = r"(?:1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])月"
_DAY: Final = r"(?:[0-3]?\d日|份|上旬|中旬|下旬)"
_PART: Final = r"上半年|下半年|第?[一二三四1-4]季度|年[底末初中]|[底末初中]|年内"
_ALONE: Final = r"上半年|下半年|第?[一二三四1-4]季度|年[底末]|年内"
_BEFORE: Final = r"(?:之前|以前|前|止)"
_DEADLINE: Final = re.compile(
    # 2018年, 到2018年底, 2018年7月前; a range of years or 2018年以来 is none
    rf"(?P<year>(?:截至|截止|到|至)?(?P<y>20\d\d|20[xX×]{{2}})年(?!来|代|度(?!末))(?:{_MONTH}{_DAY}?|{_PART})?[底末初]?{_BEFORE}?)"
    rf"|(?P<part>(?:截至|到|至)?(?:今年|明年|当年|本年)?(?:{_ALONE})末?{_BEFORE}?)"
    rf"|(?P<month>(?:今年|明年)?{_MONTH}{_DAY}?[底末初]?{_BEFORE}|(?:今年|明年)?{_MONTH}[底末])"
    rf"|(?P<span>(?:力争|确保|用)?(?:{_NUM}|\d+|半)(?:年|个月)(?:之内|以内|内|左右?时间))"
    r"|(?P<five>(?:到|至)?[“\"]?十[一二三四五六]五[”\"]?(?:规划)?期?末)"
    rf"|(?P<feast>(?:国庆节?|春节|元旦|五一|中秋节?|汛期|主汛期|入汛|雨季|入冬|冬季|供暖期?|采暖期?|开学|上冻){_BEFORE})"
    r"|(?P<bare>[今明]年)"
)
_TRIGGER: Final = re.compile("[年月]|[汛冬暖期节旦一学冻]前|末")
# 2015年的40%, 比2017年, 自2016年: a year looked back to, and 2018-2020年, a range
_LOOKING_BACK: Final = re.compile(r"(?:[比较自从同与是于以]|相比|对比|超过|近|过去|连续|[\d][-—~至])$")
_NOT_AFTER: Final = re.compile(r"以?[来后]|起|的|以来|期间|[-—~至]\d|[)）〕]|度|,?是|第")
_COUNTED: Final = re.compile(r"共|累计|总计|合计|已|以来")

_REACH: Final = 200  # characters


class Deadline(NamedTuple):
    """A deadline with its place in the text."""

    start: int
    end: int
    text: str
    firm: bool  # says 前, 内, 底 or 末, and so may also stand behind its figure


def find(text: str, year: int | None) -> list[Deadline]:
    """The deadlines in a text without white space, in order.

    A bare year before ``year``, the year of the plan, is a time looked back to; so is a bare half-year or
    quarter in a clause that sums up (上半年共种植). None of them is a deadline.
    """
    if not _TRIGGER.search(text):
        return []
    found = []
    for match in _DEADLINE.finditer(text):
        before, after = text[max(0, match.start() - 4) : match.start()], text[match.end() : match.end() + 12]
        words = match[0]
        firm = words[-1] in "前内底末止"
        kind = match.lastgroup
        if _LOOKING_BACK.search(before) or _NOT_AFTER.match(after) or text.startswith("第", match.start()):
            continue
        if kind == "y" or kind == "year":
            stated = match["y"]
            if year is not None and stated.isdigit() and int(stated) < year:
                continue
        elif not firm and _COUNTED.search(re.split("[,;。]", after)[0][:8]):
            continue
        found.append(Deadline(match.start(), match.end(), words, firm))
    return found


def of(start: int, end: int, text: str, found: list[Deadline]) -> str | None:
    """The deadline of the figure at [start, end) of ``text``.

    A firm one behind it in its clause goes before one of an earlier clause; where there is none before it,
    a firm one at the head of a later clause of the sentence holds (建绿道3公里,9月底前建成).
    """
    index = bisect_right(found, start, key=lambda deadline: deadline.end)
    best = found[index - 1] if index else None
    clause = max(text.rfind(mark, max(0, start - _REACH), start) for mark in ",;。") + 1
    while index < len(found) and found[index].start <= end + _REACH:
        deadline = found[index]
        index += 1
        between = text[end : deadline.start]
        if not deadline.firm or deadline.start < end:
            continue
        if not any(mark in between for mark in ",;。"):
            if best is None or best.end <= clause:
                return deadline.text
        elif best is None and between.endswith(",") and ";" not in between:
            return deadline.text
    return best.text if best else None
