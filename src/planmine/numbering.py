"""The styles of Chinese numbering, ranked from chapter to run-in enumerator.

Plans lose their layout on the way to the web; 一、 （一） 1. ① 一是 survive, and their ranks make the outline.
"""

from __future__ import annotations

import re

NUMERALS = "一二三四五六七八九十"
BULLET = 80
# 1.1 and 一 or 1 before a wide space or a short title are numbers of an outline; 1.5万亩, 3 月 and 五一、国庆 are none.
_COUNTED = r"[\d\s万亿千百余多公平立米亩吨元个倍%％‰℃度座处辆台年月日时人次条项]"
_AFTER_DECIMAL = rf"[、.．]?[ \u3000\t]*(?=[^\s、.．])(?!{_COUNTED})"
_WIDE = r"(?:[\u3000\t]| {2})\s*(?=\S)"
_BEFORE_TITLE = r" (?=[一-鿿《“][^\n。；！？]{1,24}(?:\n|$))"
_HOLIDAY = r"(?:五一|六一|七一|八一|十一)、(?=[一-鿿]{0,2}(?:五一|六一|七一|八一|十一|国庆|中秋|端午|元旦|春节|清明))"
_STYLES: tuple[tuple[int, str], ...] = (
    (10, rf"第[{NUMERALS}百\d]{{1,4}}(?:部分|章|编|篇)[、:：,，]?"),
    (12, rf"第[{NUMERALS}百\d]{{1,4}}节[、:：]?"),
    (
        20,
        rf"(?!{_HOLIDAY})(?:[{NUMERALS}]{{1,3}}[、.．]|[{NUMERALS}]{{1,3}}\s+、|[{NUMERALS}]{{1,3}}(?:{_WIDE}|{_BEFORE_TITLE}))"
        rf"|第[{NUMERALS}]{{1,2}}、(?![{NUMERALS}])|[ⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩ][、.．]",
    ),
    (30, rf"[(（]\s*[{NUMERALS}]{{1,3}}\s*[)）][、.．]?|[㈠-㈩]"),
    (35, rf"第[{NUMERALS}百\d]{{1,4}}条[、:：]?"),
    (46, rf"\d{{1,2}}(?:[.．]\d{{1,2}}){{2,3}}{_AFTER_DECIMAL}"),
    (43, rf"\d{{1,2}}[.．]\d{{1,2}}{_AFTER_DECIMAL}"),
    (
        40,
        rf"\d{{1,2}}(?:{_WIDE}|{_BEFORE_TITLE})(?!{_COUNTED})|"
        r"\d{1,3}\s?[、.．](?!\d)|\d{1,2}[、.．](?=(?:19|20)\d{2}年|\d{1,2}月)|\d{1,2}、(?=\d+\s?[^\d、.\s])|[⒈-⒛]",
    ),
    (50, r"[(（]\s*\d{1,2}\s*[)）][、.．]?|\d{1,2}[)）]|[⑴-⒇]"),
    (60, r"[①-⑳❶-❿]"),
    (
        70,
        rf"[{NUMERALS}]{{1,3}}(?:是|要)(?![{NUMERALS}]+[，,。；、]|否|非)[，,]?|第[{NUMERALS}]{{1,2}}[，,]|其[一二三四五六][，,、:：]",
    ),
    (70, r"(?:首先|其次|再次|再者|最后)[，,]"),
    (BULLET, r"[—–─―]{1,3}\s*|[●•·■◆▲★☆○◇□※➢]\s*"),
)
ENUMERATOR = re.compile("|".join(f"(?P<s{i}>{style})" for i, (_, style) in enumerate(_STYLES)))


def rank_of(match: re.Match[str]) -> int:
    """The rank of the style that ``ENUMERATOR`` matched: lower is nearer to the title."""
    assert match.lastgroup
    return _STYLES[int(match.lastgroup[1:])][0]
