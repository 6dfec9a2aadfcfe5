"""How a figure is meant: at least (达到, 以上), more than (余, 超过), at most (控制在, 以内), about (约, 左右)."""

from __future__ import annotations

import re
from typing import Final

from planmine.records import Comparator
from planmine.targets.scan import Figure

_BEFORE: Final[tuple[tuple[Comparator, re.Pattern[str]], ...]] = (
    ("<=", re.compile("(?:不得?超过|不得?高于|不大于|不多于|控制在|最多|至多)了?$")),
    (">=", re.compile("(?:不得?低于|不得?少于|不得?小于|不短于|至少|最少|最低)[^,;。、\\d]{0,8}$")),
    # not 下达, 通达; 赶超; 节约, 签约; 附近, 最近
    (">=", re.compile("(?:(?<![下到通发直抵传表送])达到?了?|[上足])$")),
    (">", re.compile("(?:突破|(?<![赶高])超过?|[大高多]于|逾|破|胜过)了?$")),
    ("<", re.compile("(?:[低少小短]于|不到|不足)$")),
    ("~", re.compile("(?:(?<![节集签预履条违公制])约|(?<![附最邻临靠贴远])近|大概)$")),
)
_SUFFIXES: Final[dict[str, Comparator]] = {
    **dict.fromkeys(("以上", "及以上"), ">="),
    **dict.fromkeys(("以下", "及以下", "以内", "之内", "内"), "<="),
    **dict.fromkeys(("左右", "上下"), "~"),
    **dict.fromkeys(("余", "多", "有余"), ">"),
}


def comparator(text: str, figure: Figure, shared: Comparator | None) -> Comparator:
    """From 以上 and the like behind the figure, else 余 and 多 in it, else the words before it.

    ``shared`` is the comparator of the item before it in a list: 分别达到95%、80%.
    """
    if figure.suffix:
        return _SUFFIXES[figure.suffix]
    if figure.more:
        return ">"
    before = text[max(0, figure.start - 16) : figure.start]
    for sign, pattern in _BEFORE:
        if pattern.search(before):
            return sign
    return shared if shared in (">=", "<=") and figure.comparator == "=" else figure.comparator
