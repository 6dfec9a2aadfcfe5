"""Glossaries and footnotes of a plan: they explain words and are no measures.

Works on lines (``Line``) and yields ``(start, end, reason)``; ``furniture`` joins the results.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

Span = tuple[int, int, str]

_CN = "一二三四五六七八九十"


@dataclass(frozen=True, slots=True)
class Line:
    """A line that holds text: its span without white space around, and its words without Markdown marks."""

    start: int
    end: int
    core: str


# ---- glossaries ----

_PREFIX = rf"(?:《[^》]{{2,20}}》|[^，。；：:]{{0,12}}报告)?附[件录注]?\s*[{_CN}\d]{{0,2}}\s*[:：、.．]?\s*"
_ORDINAL = rf"(?:[{_CN}]{{1,2}}、|\d{{1,2}}[、.．]|[（(][{_CN}\d]{{1,2}}[)）])"
# 名词解释, 【名词解释】, 部分名词注释:, 附件2:《政府工作报告》有关用语说明(按出现先后排序), 注释, 附注
_GLOSSARY = re.compile(
    rf"(?P<ordinal>{_ORDINAL})?\s*(?:{_PREFIX})?[【\[]?(?:《[^》]{{2,25}}》|[^，。；：:“”]{{0,14}}报告)?(?:中|里)?的?"
    r"(?:"
    r"[^，。；：:“”]{0,6}(?P<words>名词|术语|用语|词语|词汇|缩略语|词(?=解释))"
    r"[^，。；：:“”]{0,6}(?:解释|注释|释义|说明|解读|注解|简释)(?:[和及与、][^，。；：:“”]{0,12})?"
    r"|注\s*释|附\s*注|尾\s*注|脚\s*注|注\s*解|释\s*义|有关情况的?说明"
    r")"
    r"[】\]]?\s*(?:[（(][^）)]{0,24}[)）])?\s*[:：>》\s]*"
)
_SECTION = re.compile(
    rf"(?:《[^》]{{2,20}}》|[^，。；：:]{{0,12}}报告)?附[件录表]\s*[{_CN}\d]{{0,2}}\s*(?:[:：、.．\s][^。；]{{0,40}})?"
    rf"|第[{_CN}]{{1,3}}(?:部分|章|篇)[^。；]{{0,30}}"
    rf"|(?!\s*(?:[{_CN}]{{1,3}}|\d{{1,2}})\s*[、.．])"
    r"[^，。；：:“”]{0,26}(?:实事|一览表|任务分工|任务清单|项目清单|工作计划|工作安排|工作要点)[^，。；：:“”]{0,8}"
)
_MAIN_HEADING = re.compile(rf"[{_CN}]{{1,3}}、[^：:，。；“”]{{2,25}}")
_BY_CHINESE = re.compile(rf"[{_CN}]{{1,3}}、")
_NUMBER = r"[\[［〔﹝【（(]?\s*\d{1,3}\s*[\]］〕﹞】）)]?[、.．:：\s]*|[①-⑳]\s*|[-*•·]\s*"
_ENTRY = re.compile(
    rf"(?:{_NUMBER})?[^。；：:]{{1,50}}[:：].{{2,}}|(?:{_NUMBER})?[“\"《【][^”\"》】]{{1,30}}[”\"》】].{{4,}}"
)
_NUMBERED_ENTRY = re.compile(rf"(?:{_NUMBER})[^。；：:]{{1,50}}[:：].{{2,}}")
_DEFINITION = re.compile(
    rf"(?:{_NUMBER})?[^。；：:]{{1,50}}[:：]\s*(?:即|是?指|系指?|简称|全称|是为?|为|[“\"])"
)
_LONGEST_HEADING = 45


def glossaries(lines: Sequence[Line]) -> Iterator[Span]:
    """Spans of glossaries: from their heading to the next attachment, main heading, or the end.

    A heading in the first half of a plan opens a glossary only as far as its entries go on, so that
    a list of attachments on top never hides the plan. Without a heading, four or more definitions
    at the very end are one (``“三清”:指…``).
    """
    if not lines:
        return
    middle = (lines[0].start + lines[-1].end) // 2
    index = 0
    while index < len(lines):
        line = lines[index]
        if len(line.core) <= _LONGEST_HEADING and _GLOSSARY.fullmatch(line.core):
            stop = _glossary_end(lines, index, late=line.start > middle)
            if stop > index + 1:
                yield line.start, lines[stop - 1].end, "glossary"
                index = stop
                continue
        index += 1
    yield from _definitions_at_end(lines)


def _glossary_end(lines: Sequence[Line], heading: int, *, late: bool) -> int:
    """The line after the last of a glossary; ``heading + 1`` where none follows."""
    first = heading + 1
    match = _GLOSSARY.fullmatch(lines[heading].core)
    certain = late and match is not None and match["words"] and not match["ordinal"]
    if not certain and not any(_ENTRY.match(line.core) for line in lines[first : first + 4]):
        return first
    chinese = any(_BY_CHINESE.match(line.core) for line in lines[first + 1 : first + 3])
    stop = first
    for number, line in enumerate(lines[first:], first):
        if len(line.core) <= _LONGEST_HEADING:
            if _SECTION.fullmatch(line.core):
                break
            # A glossary may itself be ordered by the chapters of the plan.
            following = lines[number + 1].core if number + 1 < len(lines) else ""
            heads_entries = _NUMBERED_ENTRY.match(following)
            if not chinese and not heads_entries and _MAIN_HEADING.fullmatch(line.core):
                break
        if not late and number > first + 1 and not _ENTRY.match(line.core):
            break
        stop = number + 1
    return stop


def _definitions_at_end(lines: Sequence[Line]) -> Iterator[Span]:
    first, strict = len(lines), 0
    for number in range(len(lines) - 1, -1, -1):
        if not _ENTRY.match(lines[number].core):
            break
        first = number
        strict += bool(_DEFINITION.match(lines[number].core))
    while first < len(lines) and not _DEFINITION.match(lines[first].core):
        first += 1
    if len(lines) - first >= 4 and strict >= 0.6 * (len(lines) - first):
        yield lines[first].start, lines[-1].end, "glossary"


# ---- footnotes ----

_WORD = r"[\u3400-\u9fff”’』」》]"  # what a mark follows
_CANDIDATE = re.compile(r"[\[［〔﹝【（(<\\①-⑳¹²³⁴-⁹⁰]")
_MARK = re.compile(
    r"\[{1,2}\^?\d{1,3}\]{1,2}\(#[^)\s]*\)"  # [[1]](#_ftn1)
    r"|\[\^\w{1,12}\](?!:)"  # [^1]
    r"|<sup>[^<\n]{1,8}</sup>"
    r"|(?<=[^\s#>*])\s?(?:\\\[\d{1,3}\\\]|[\[［〔﹝【]\s?\d{1,3}\s?[\]］〕﹞】])"  # [12] 〔3〕 【4】
    r"|[（(]\s*(?:见|详见)?(?:名词)?(?:解释|注释?)\s*\d{0,3}\s*[)）]"  # （见注3）
    rf"|(?<=[”’』」》])[①-⑳](?![，、]?[①-⑳])|(?<={_WORD})[①-⑳](?=[，。；、：”’』」》）)])"
    rf"|(?<={_WORD})(?<!米)[¹²³⁴-⁹⁰]{{1,3}}"
)
_ROUND = re.compile(r"[（(]\s?(\d{1,3})\s?[)）](?!型)")
_AFTER_WORD = re.compile(_WORD)
_PAUSE = "，。；、：”’』」》）)"
_NOTE = re.compile(r"(?:备\s*)?注\s*\d{0,2}\s*[:：]")
_NUMBERED = re.compile(r"[\[［〔﹝【]\s?\d{1,3}\s?[\]］〕﹞】]")
_BACK = re.compile(r"\[\^\w{1,12}\]:|\[{1,2}\d{1,3}\]{1,2}\(#\S*ref\S*\)")
_CHAIN = 5  # marks that must count upward before (1) is believed to be a mark
_GAP = 4


def footnotes(text: str, lines: Sequence[Line]) -> Iterator[Span]:
    """Marks of footnotes in the running text, and the notes themselves at the end of the plan."""
    if not lines:
        return
    for candidate in _CANDIDATE.finditer(text):
        match = _MARK.match(text, candidate.start())
        if match:
            yield match.start(), match.end(), "footnote_mark"
    yield from _round_marks(text)
    trailing = list(_trailing(lines))
    numbered = [line for line in trailing if _NUMBERED.match(line.core)]
    for line in lines:
        if _BACK.match(line.core):
            yield line.start, line.end, "footnote"
    for line in trailing:
        if len(numbered) != 1 or line is not numbered[0]:
            yield line.start, line.end, "footnote"


def _trailing(lines: Sequence[Line]) -> Iterator[Line]:
    for line in reversed(lines):
        if not (_NOTE.match(line.core) or _NUMBERED.match(line.core) or _BACK.match(line.core)):
            return
        yield line


def _round_marks(text: str) -> Iterator[Span]:
    """(1) right after a word is a mark only where such marks count upward through the plan.

    So do the items of a list, (1)…(2)…; but a good part of marks stand before a pause or after a quote.
    """
    found = [m for m in _ROUND.finditer(text) if m.start() and _AFTER_WORD.match(text[m.start() - 1])]
    chain: list[re.Match[str]] = []
    for first in range(len(found)):
        run = [found[first]]
        for match in found[first + 1 :]:
            if 1 <= int(match[1]) - int(run[-1][1]) <= _GAP:
                run.append(match)
        if len(run) > len(chain):
            chain = run
        if len(run) > len(found) - first - 1:
            break
    marked = sum(text[m.start() - 1] in _PAUSE or text[m.end() : m.end() + 1] in _PAUSE for m in chain)
    if len(chain) >= _CHAIN and 3 * marked >= len(chain):
        for match in chain:
            yield match.start(), match.end(), "footnote_mark"
