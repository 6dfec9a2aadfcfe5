"""Plan text to units: headings and quasi-sentences, with exact offsets and the path of headings.

The written rule (docs/coding-guide.md): a unit ends at 。！？； and their half-width forms, at the end
of a paragraph, and before an enumerator (一、（一）1. ① 一是 首先， ——), which stands outside it. A title
line is a heading; so is the short lead of an item when more of the item follows. The unit is the
quasi-sentence of the Manifesto Project (Werner, Lacewell and Volkens, Manifesto Coding Instructions).

Three steps, each over offsets of the same text: lines are joined to paragraphs where a sentence was
hard-wrapped; paragraphs are cut into pieces; pieces become units by their place in the outline.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from planmine.numbering import BULLET, ENUMERATOR, NUMERALS, rank_of
from planmine.records import Exclusion, Unit

UnitKind = Literal["quasi-sentence", "sentence"]

_TITLE, _UNNUMBERED, _SUBHEAD = 0, 1, 25
# Inside a paragraph only these begin a unit; 1. and （一） need the end of a sentence before them.
_INNER_AFTER_COMMA = re.compile(rf"(?<=[,，])\s*(?=[{NUMERALS}]{{1,2}}是(?![{NUMERALS}]|否|非))")
_CLOSERS = "”’\"'）)】》」』〉]"
_CLOSING = f"[{re.escape(_CLOSERS)}]*"
_HALF_STOP = r"(?<=[一-鿿])\.(?![A-Za-z0-9.])"
_SENTENCE_END = {
    (unit, half): re.compile(rf"(?:[{marks}]|(?<![?xX×])\?(?![?xX×]){rest}){_CLOSING}")
    for unit, marks in (("quasi-sentence", "。！？；!;"), ("sentence", "。！？!"))
    for half, rest in ((False, ""), (True, rf"|{_HALF_STOP}"))
}
_GOES_ON = re.compile(r"\s*[，、的等：,:]")  # “……！”的理念: the mark stands inside a phrase
_CIRCLED = re.compile(r"(?<=[^图表见注第])(?=[①-⑳❶-❿])")
_NOTE_WORDS = (
    r"(?:牵头|责任|配合|协助|协办|主办|承办|落实|参与|实施|主责|负责)(?:单位|部门|科室|领导|人|处室|股室)"
)
_NOTE = re.compile(
    rf"[(（【\[]\s*(?:第?一?{_NOTE_WORDS}|分管领导|完成时限|完成时间)\s*[:：][^()（）【】]*"
    rf"(?:[(（][^()（）]*[)）][^()（）【】]*)*[)）】\]][。；]?"
    rf"|(?m:^)[ \t　]*{_NOTE_WORDS}[:：][^\n]*"
)
_MARKS = " \t\r\n\u3000\xa0\u200b\ufeff*#>|_`~"
_LEADING = re.compile(
    r"(?:[ \t\r\n\u3000\xa0\u200b\ufeff#>|~]|\*{1,3}|_{2,}(?=[一-鿿])|[-+](?=\s)|\\(?=\S))*"
)
_TERMINAL = re.compile(r"[。！？；!?;：:…][”’\"'）)】》」』〉\]]*$")
_OPEN = re.compile(r"[，、,（(“《〈—-]$")
# A quantity; years, months, days and ordinals (第19届) are none.
_FIGURE = re.compile(r"(?<![\d第])(?!(?:19|20)\d{2}(?!\d)|\d{1,2}[月日])\d|[xX×]{2,}")
_ASSERTS = re.compile(r"能够|可以|(?<!但凡)是(?!否)|需要|意味着|标志着|必须|我们|已经?|取得了|得到了")
_HEAD_WORDS = r"(?:工作)?(?:回顾|总结|安排|打算|部署|思路|要求|目标|任务|举措|措施|成效|情况|计划|建议|原则|重点|形势|问题)"
_TITLE_LINE = re.compile(
    rf"^(?:[{NUMERALS}]{{1,3}}、|[(（][{NUMERALS}]{{1,3}}[)）])|"
    r"(?:计划|总结|方案|要点|意见|报告|通知|办法|细则|规定|汇报|规划|纲要|讲话)(?:[(（][^()（）]{1,12}[)）])?$"
)
# "一、2018年工作回顾 2018年是…" on one line: a numbered heading glued to its text.
_GLUED = re.compile(
    rf"(?P<head>(?:[^，。；：,;:\n]{{0,40}}?){_HEAD_WORDS})"
    rf"(?=(?:[ \t　]+|\*\*\s*)[^\s，。；]|\d{{4}}年[^，。；]{{0,4}}(?:是|，)|(?:过去|一年来|五年来|各位代表|今年))"
)
_COLON_TITLE = re.compile(rf"{_HEAD_WORDS}[：:]$")  # 六月份工作计划：
_RUN_IN_MAX, _HEADING_MAX, _WRAP_MIN = 30, 60, 28
_COLON_TITLE_MAX, _BULLET_TITLE_MAX = 16, 20


@dataclass(frozen=True, slots=True)
class _Piece:
    start: int
    end: int
    rank: int | None  # of the enumerator that it follows, None without one
    first: bool  # begins its paragraph
    last: bool  # ends its paragraph
    bold: bool  # a Markdown bold lead
    hashes: int  # Markdown heading level, 0 for none
    paragraph: int


def segment(
    text: str,
    start: int = 0,
    end: int | None = None,
    *,
    exclude: Sequence[Exclusion] = (),
    unit: UnitKind = "quasi-sentence",
) -> list[Unit]:
    """Cut ``text[start:end]`` into units in the order of the text.

    ``exclude`` are spans that are no measures (page furniture, glossaries). ``unit="sentence"`` cuts
    at full stops only, so that results can be checked for robustness. Every unit satisfies
    ``unit.text == text[unit.start:unit.end]``; units do not overlap and are free of outer white space.
    """
    end = len(text) if end is None else end
    if not 0 <= start <= end <= len(text):
        raise ValueError(f"segment: [{start}, {end}) is no span of a text of {len(text)} characters")
    paragraphs = list(_paragraphs(text, _lines(text, start, end, exclude)))
    notes: list[tuple[int, str]] = []
    pieces: list[_Piece] = []
    body = text[start:end]
    half = len(re.findall(_HALF_STOP, body)) > body.count("。")  # the whole text ends its sentences so
    for number, (low, high) in enumerate(paragraphs):
        pieces.extend(_pieces(text, low, high, number, _SENTENCE_END[unit, half], notes))
    return list(_units(text, pieces, notes))


def _lines(text: str, start: int, end: int, exclude: Sequence[Exclusion]) -> Iterator[tuple[int, int, bool]]:
    """Spans of lines that hold text, and whether a blank line stands before each."""
    spans = sorted((x.start, x.end) for x in exclude)
    blank, position = True, start
    while position < end:
        stop = text.find("\n", position, end)
        stop = end if stop < 0 else stop
        for low, high in _outside(position, stop, spans):
            line = text[low:high].strip(_MARKS + "-")
            if line:
                yield low, high, blank
                blank = False
            elif not any(a < stop and position < b for a, b in spans):
                blank = True
        position = stop + 1


def _outside(low: int, high: int, spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The parts of [low, high) that no span covers; an empty line stays as it is."""
    if low == high:
        yield low, high
    for a, b in spans:
        if b <= low or a >= high:
            continue
        if a > low:
            yield low, a
        low = max(low, b)
    if low < high:
        yield low, high


def _paragraphs(text: str, lines: Iterator[tuple[int, int, bool]]) -> Iterator[tuple[int, int]]:
    """Join hard-wrapped lines: a line goes on where it stops in mid-sentence and the next begins nothing."""
    current: tuple[int, int] | None = None
    for low, high, blank in lines:
        raw = text[low:high]
        if raw.lstrip().startswith("|"):  # a table row: each cell stands for itself
            if current:
                yield current
                current = None
            yield from _cells(text, low, high)
            continue
        if current and _wraps(text[current[0] : current[1]], raw, blank):
            current = (current[0], high)
        else:
            if current:
                yield current
            current = (low, high)
    if current:
        yield current


def _cells(text: str, low: int, high: int) -> Iterator[tuple[int, int]]:
    for match in re.finditer(r"[^|\n]+", text[low:high]):
        if len(re.findall(r"[一-鿿]", match.group())) >= 8:
            yield low + match.start(), low + match.end()


def _wraps(before: str, line: str, blank: bool) -> bool:
    last_line = before.rsplit("\n", 1)[-1]
    tail = before.rstrip(_MARKS)
    if not tail or before.lstrip().startswith("#") or line.lstrip().startswith(("#", "-", "* ")):
        return False
    if tail.endswith("**") or before.rstrip().endswith("**") or line.lstrip(" \u3000").startswith("**"):
        return False
    stripped = line.strip(_MARKS)
    if ENUMERATOR.match(stripped) or _TERMINAL.search(tail):
        return False
    if re.search(r"[，、,（(“《]$", tail) and len(tail) > 6:
        return True
    if blank or line.startswith(("\u3000", "  ")) or stripped.startswith(("——", "（", "(")):
        return False
    # A title has no full stop, and ends on a title's word or follows a number; running text has both.
    width = len(last_line.strip(_MARKS))
    open_sentence = re.split(r"[。；;！]", tail)[-1].strip(_MARKS)
    if _TITLE_LINE.search(open_sentence):
        return False
    return (width >= _WRAP_MIN and bool(re.search(r"[，。；、,;]", tail))) or (
        width >= 20 and len(open_sentence) < len(tail)
    )


def _pieces(
    text: str, low: int, high: int, number: int, ends: re.Pattern[str], notes: list[tuple[int, str]]
) -> list[_Piece]:
    """Cut one paragraph at sentence ends, enumerators and notes."""
    hashes = len(text[low:high].lstrip()) - len(text[low:high].lstrip().lstrip("#"))
    cuts = {low, high}
    body = text[low:high]
    holes: list[tuple[int, int]] = []
    for match in _NOTE.finditer(body):
        notes.append((low + match.start(), match.group()))
        if match.end() >= len(body.rstrip()) or body[match.start() - 1 : match.start()] in "。；！;":
            holes.append((low + match.start(), low + match.end()))
    cuts.update(offset for hole in holes for offset in hole)
    for match in ends.finditer(body):
        end = match.end()
        quote = match.group().find('"')
        if quote >= 0 and body.count('"', 0, match.start() + quote) % 2 == 0:
            end = match.start() + quote  # a straight quotation mark that opens
        if not _GOES_ON.match(body, end) and not any(a <= low + match.start() < b for a, b in holes):
            cuts.add(low + end)
    cuts.update(low + m.end() for m in _INNER_AFTER_COMMA.finditer(body))
    cuts.update(low + m.start() for m in _CIRCLED.finditer(body))
    for match in re.finditer(
        rf"[：:]\s*(?=(?:[{NUMERALS}]是|[(（][{NUMERALS}\d]{{1,2}}[)）]|1[、.．](?!\d)|首先[，,]|第一[，,]))",
        body,
    ):
        cuts.add(low + match.end())
    for match in re.finditer(r"\*\*[^*\n]+\*\*", body):
        before, inside, after = body[: match.start()], match.group(), body[match.end() :]
        own = not before.strip(_MARKS) or re.search(r"[。；：！]\s*$", before)
        if own and after.strip() and (_TERMINAL.search(inside[:-2]) or re.match(r"\s", after)):
            cuts.update((low + match.start(), low + match.end()))
    found: list[_Piece] = []
    edges = sorted(cuts)
    for a, b in pairwise(edges):
        if any(x <= a < y for x, y in holes):
            continue
        found.extend(_trim(text, a, b, number, hashes))
    found = [p for p in found if p.start < p.end]
    last = len(found) - 1
    return [
        _Piece(p.start, p.end, p.rank, i == 0, i == last, p.bold, p.hashes, p.paragraph)
        for i, p in enumerate(found)
    ]


def _trim(text: str, low: int, high: int, number: int, hashes: int) -> Iterator[_Piece]:
    """Strip marks and enumerators from both ends; cut a heading that is glued to its text."""
    rank: int | None = None
    position = low
    bold = False
    while position < high:
        lead = _LEADING.match(text, position, high)
        assert lead
        bold = bold or "**" in lead.group()
        position = lead.end()
        match = ENUMERATOR.match(text, position, high)
        if not match or match.end() >= high or (rank is not None and rank_of(match) <= rank):
            break
        rank = rank_of(match)
        position = match.end()
    while high > position and text[high - 1] in _MARKS:
        high -= 1
    if high - position < 1 or not re.search(r"\w", text[position:high]):
        return
    if rank is not None and rank <= 30 and high - position > _RUN_IN_MAX:
        glued = _GLUED.match(text, position, high)
        if glued and glued.end("head") < high:
            cut = glued.end("head")
            yield _Piece(position, cut, rank, False, False, True, hashes, number)
            yield from _trim(text, cut, high, number, 0)
            return
    yield _Piece(position, high, rank, False, False, bold, hashes, number)


def _units(text: str, pieces: Sequence[_Piece], notes: Sequence[tuple[int, str]]) -> Iterator[Unit]:
    """Tell headings from measures, and keep the stack of open headings."""
    numbered = any(p.rank == 20 for p in pieces)
    item_notes = _attach(pieces, notes)
    stack: list[tuple[int, str, bool]] = []
    siblings: dict[int, str] = {}
    for index, piece in enumerate(pieces):
        following = pieces[index + 1] if index + 1 < len(pieces) else None
        content = text[piece.start : piece.end]
        title_line, run_in = _heading(content, piece, following, index)
        if piece.rank is not None:
            siblings = {rank: kind for rank, kind in siblings.items() if rank <= piece.rank}
            ends_list = following is None or (
                following.rank is None and following.paragraph != piece.paragraph
            )
            if ends_list and siblings.get(piece.rank) == "measure":
                title_line = run_in = (
                    False  # the last of a list of bare items; what follows is another paragraph
                )
            siblings[piece.rank] = "heading" if title_line or run_in else "measure"
        rank = _SUBHEAD if piece.rank == BULLET and title_line else _rank(piece, index, numbered)
        if piece.rank is not None or title_line:
            while stack and stack[-1][0] >= rank:
                stack.pop()
        elif piece.first and stack and stack[-1][2] and stack[-1][0] >= 60:
            stack.pop()  # a run-in lead inside a paragraph does not reach into the next one
        heading = title_line or run_in
        yield Unit(
            start=piece.start,
            end=piece.end,
            text=content,
            kind="heading" if heading else "measure",
            heading_path=tuple(title for _, title, _ in stack),
            title=None if heading else next((t for _, t, inner in reversed(stack) if inner), None),
            notes=item_notes[index],
            level=len(stack),
        )
        if heading:
            stack.append((rank, content, run_in))


def _rank(piece: _Piece, index: int, numbered: bool) -> int:
    if piece.rank is not None:
        return piece.rank
    if index == 0:
        return _TITLE
    if piece.hashes:
        return min(piece.hashes, 6)
    return _SUBHEAD if numbered else _UNNUMBERED + 10


def _heading(content: str, piece: _Piece, following: _Piece | None, index: int) -> tuple[bool, bool]:
    """Whether a piece is a title line, and whether it is a run-in lead."""
    if following is None:
        return False, False
    ended = bool(re.search(rf"(?:[。！？；!?;]|(?<=[一-鿿])\.){_CLOSING}$", content))
    deeper = following.rank is None or (piece.rank is not None and following.rank > piece.rank)
    if not ended:
        alone = piece.last or (piece.bold and following.paragraph == piece.paragraph)
        plain = not content.endswith(("：", ":", "，", ",", "、")) and len(content) <= _HEADING_MAX
        if piece.hashes:
            return plain, False
        if alone and len(content) <= _COLON_TITLE_MAX and _COLON_TITLE.search(content):
            return True, False
        if piece.rank is None:
            commas = 3 if index == 0 or len(content) <= 25 else 2
            titled = (
                plain and len(re.findall("[，,]", content)) < commas and (index == 0 or len(content) <= 40)
            )
            return titled and (index == 0 or (alone and (piece.first or piece.bold))), False
        if piece.rank == BULLET and following.rank is not None and len(content) <= _BULLET_TITLE_MAX:
            return alone and plain, False
        return alone and plain and deeper, False
    question = content.endswith(("？", "?")) and len(content) <= _BULLET_TITLE_MAX
    if (
        question
        and piece.first
        and piece.last
        and piece.rank is None
        and following.paragraph != piece.paragraph
    ):
        return True, False
    lead = (piece.rank is not None or (piece.bold and piece.first)) and not piece.hashes
    same_item = deeper if piece.rank is not None else following.paragraph == piece.paragraph
    short = len(content) <= _RUN_IN_MAX and not _FIGURE.search(content)
    closes = content.rstrip(_CLOSERS)[-1:] not in ("；", ";")
    return False, lead and same_item and short and closes and not _ASSERTS.search(content)


def _attach(pieces: Sequence[_Piece], notes: Sequence[tuple[int, str]]) -> list[tuple[str, ...]]:
    """Each note belongs to all pieces of the item it closes: back to the paragraph that opened the item."""
    attached: list[tuple[str, ...]] = [() for _ in pieces]
    previous = 0
    for offset, note in sorted(notes):
        before = [i for i, p in enumerate(pieces) if p.start < offset]
        if not before:
            continue
        last = before[-1]
        first = last
        while first > previous and not (pieces[first].first and pieces[first].rank is not None):
            first -= 1
        for i in range(first, last + 1):
            attached[i] = (*attached[i], note.strip())
        previous = last + 1
    return attached
