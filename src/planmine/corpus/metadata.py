"""What a plan is of, and from when: city, period, agency, type, by rules with a stated order of trust.

Nothing is guessed: what a plan blanks (X区, xxxx年) stays None, whatever a later sentence suggests; a name
that several places share is decided only by a city or province that the plan names.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise, takewhile
from pathlib import PurePosixPath
from typing import cast, get_args

from ..gazetteer import AS_OF, Place, by_code, find, highest, lookup, named, of_host, principal, unlisted
from ..records import DocType, Level

_KEYS = {  # names of a field in front matter and manifests
    "title": "title 标题 题目",
    "city": "city 城市 地市 地区 region place",
    "city_code": "city_code 行政区划代码",
    "year": "year 年份 年度",
    "agency": "agency 单位 发布机构 发文机关 发布单位 issuer department",
    "doc_type": "doc_type 文种 类型",
    "published": "published date 发布日期 发布时间 成文日期 日期",
    "url": "url source 网址 来源 link",
}

_FRONT_MATTER = re.compile(r"\A\ufeff?\s*---\s*\n.*?\n---\s*(?:\n|\Z)", re.S)
_HAN = "[\u4e00-\u9fff、]"
_SENTENCE = re.compile(r".{61}|.*[：:。；]$")
# What is blanked: X区, xx县, 某市, xxxx年.
_BLANK = r"(?<![A-Za-z0-9.*_])[XxＸｘ×*＊某○〇_＿]{1,6}\s?"
_BLANK_PLACE = re.compile(rf"{_BLANK}([市县区州旗])(?![域场])")
_BLANK_YEAR = re.compile(rf"{_BLANK}年(?![龄级人])")

# Who speaks: an authority at the end of a name, a report to the people's congress.
_ORGAN = (
    "(?:人民政府|政府|委员会|管委会|办公室|办事处|局|爱卫办|[大支总]队|中心|指挥部|管理[处所]|环卫[所处站]|总站"
    f"|监察队|公司|党委|党支部|党工委|工会|厅)(?:{_HAN}{{2}}科)?"
)
_PART = rf"(?!关于|开展|推进|落实|印发){_HAN}"
_NAME = rf"((?:(?:{_BLANK}[市县区])+|(?![我全各本]){_HAN})(?:{_PART}){{0,24}}{_ORGAN})"
_AGENCY = re.compile(rf"{_NAME}(?:(?<=[局会处室队部])(?![长面部限势])|(?=关于|工作|\d|\s|[年（(XxＸ×]|$))")
_SUBJECT = re.compile(rf"\d{{4}}\s*年[，,]?\s*{_NAME}(?=[要将以紧坚围])")
_LETTERHEAD = re.compile(rf"{_HAN}{{0,14}}?(?:{_ORGAN}|[市州县区]长)")
_SESSION = re.compile(
    rf"在\s*({_HAN}{{1,20}}?)\s*第?\s*[一二三四五六七八九十\d]+\s*届\s*人(?:大|民代表)[^。\n]{{0,30}}会议"
)
_SPEAKER = re.compile(rf"代表\s*({_HAN}{{2,15}}?)\s*人民政府")
_REPORT = re.compile(rf"政府工作报告[*\s]*(?:$|[（(])|代表{_HAN}{{0,15}}政府[，,]?向.{{0,30}}报告", re.M)
# A city in no table, at the start of a title or line: 某某市 but no 中心城区, 小区, 农贸市场, 全县.
_NO_STEM = "城社小园辖街景片校新发能宅业活务假验治政地理范护心郊夜早集贸市县区全我各本"
_UNLISTED = re.compile(
    rf"(?:^|[—：《\s]|年度?|关于|中共|[印转]发)((?![全我本各某该两第度]){_HAN}{{2,3}}(?<![{_NO_STEM}、])"
    r"[市县区旗])(?![城场民容域级直区长](?![区市管]))"
)

_YEAR = r"(?<!\d)((?:19[89]|20[0-4])\d)"
_RANGE = re.compile(rf"{_YEAR}\s*年?度?\s*[—–\-－~～至到]{{1,2}}\s*{_YEAR}(?!\d)")
_FIVE_YEARS = re.compile(r"(?<!第)十([一二三四五六]?)五(?=[”\"]|规划|时期|期间)")
_SINGLE = re.compile(rf"{_YEAR}(?:\s*年(?!\s*\d{{1,2}}\s*月\s*\d|以来|代)|(?=[)）]))")
_BARE = re.compile(rf"{_YEAR}(?=(?:[01]\d(?:[0-3]\d)?)?(?:\D|$))(?!\s*[户人个吨万亿])")
_DATE = re.compile(rf"{_YEAR}\s*[年\-/.]\s*(\d{{1,2}})(?:\s*[月\-/.]\s*(\d{{1,2}})(?!\d))?")
_WORK = "工作(?:安排|计划|打算|思路|重点|要点|目标|提出建议)|(?:主要|重点|目标)(?:工作|任务)"
_SOON = rf"年度?[，,]?{_HAN}{{0,12}}?(?:要|将|拟|计划|{_WORK})"
_PLANNED = re.compile(rf"(?<![到至前在于从自止])(?<!截至){_YEAR}\s*{_SOON}")
_REVIEWED = re.compile(rf"{_YEAR}\s*年度?{_HAN}{{0,8}}?(?:工作(?:情况|总结|回顾)|完成情况|成效)")
_DIGITS = str.maketrans("０１２３４５６７８９〇○零ＯO一二三四五六七八九", "012345678900000123456789")
_DAYS = [tens + ones for tens in ("", "十", "二十", "三十") for ones in ("", *"一二三四五六七八九")]
_HAN_YEAR = re.compile("[０-９]+|二[0〇○零ＯO一二三四五六七八九]{3}(?=年)")
_HAN_DAY = re.compile("(?<=[年月])[一二三四五六七八九十]{1,3}(?=[月日])")

_BACK = re.compile("总结|小结|回顾|汇报|[作本成展实行]情况|成效|成绩|做法|进展|亮点|存在的?问题|不足|述职")
_AHEAD = re.compile("计划|安排|打算|思路|要点|部署|下一?步|下阶段|今后|明年|来年|展望|方案|规划|意见|任务")
_NUMBERED = r"第?[一二三四五六七八九十]+(?:部分|\s*、)|[（(][一二三四五六七八九十]+[)）]"
_ITEM = rf"(?:{_NUMBERED})[^。；：，,\n]{{2,40}}|[^。；：，,\n]{{4,25}}$"
_HEADING = re.compile(rf"^[ \t\u3000#*]*(?:{_ITEM})", re.M)
# Words of a text that argues about plans; one that acts has hardly any, and figures besides.
_ESSAY = re.compile("本文|综上所述|总之|至关重要|重要性|的意义|首先|其次|再次|可以|能够|应[该当]|需要|包括")


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """The fields of `planmine.records.Plan` that say what it is; unknown is None."""

    title: str | None = None
    city: str | None = None
    city_code: str | None = None
    province: str | None = None
    level: Level | None = None
    year_from: int | None = None
    year_to: int | None = None
    agency: str | None = None
    doc_type: DocType | None = None
    published: str | None = None  # YYYY-MM-DD
    candidates: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def describe(
    text: str,
    *,
    start: int,
    end: int,
    file: str,
    front_matter: Mapping[str, str],
    manifest: Mapping[str, str] | None = None,
    title: str | None = None,
) -> Metadata:
    """Metadata of the plan ``text[start:end]`` from the file (or address) ``file``. A pure function.

    The city is that of the first of these that names one, in this order of trust:

    1. the manifest's row (city_code, city);
    2. the front matter's city;
    3. the document: the session it was read to (在某某市第三届人民代表大会…上), its title, the letterhead of
       its first lines, 代表…人民政府, the signature at its end;
    4. the address it came from: the pinyin of the city in a gov.cn host;
    5. the file's name, then its folders';
    6. the places that its body names (`gazetteer.principal`).

    Another city in a later source is a warning ("title names 池州市, folder names 沧州市"), so is a city that
    is in no table (city_code None). Where title or opening blank the place (X区), or the body blanks it as
    often as it names any city, 4 to 6 are not asked. A plan of a province has city None.

    The period comes from manifest, front matter, title, the date of the session (in December it is about
    the next year), file name and folder, and the year for which the text announces work. A summary that is
    also a plan has the year that it plans for. Signatures, 今年 and events give no year.
    """
    given, front = _fields(manifest or {}), _fields(front_matter)
    path = PurePosixPath("" if "://" in file else file.replace("\\", "/"))
    urls = (("address", url) for url in (given.get("url", ""), front.get("url", ""), file))
    folders = (("folder", name) for name in path.parts[-2:-5:-1])
    origin = (*urls, ("file name", path.stem), *folders)
    body = _FRONT_MATTER.sub("", text[start:end], count=1)
    plan = _Plan(body, _arabic(body[:3000]), given, front, origin)
    plan.title = plan.given.get("title") or title or plan.front.get("title") or plan.first_title
    kind = _kind(plan)
    place, candidates = _place(plan, kind)
    city = place if place and place.is_city else None
    years = _period(plan, kind)
    return Metadata(
        title=plan.title or None,
        city=city.name if city else None,
        city_code=(city.code or None) if city else None,
        province=(place.name if place.level == "province" else place.province) if place else None,
        level=_level(plan, (place,) if place else candidates),
        year_from=years[0] if years else None,
        year_to=years[1] if years else None,
        agency=_agency(plan, city),
        doc_type=kind,
        published=_published(plan),
        candidates=tuple(p.code for p in candidates),
        warnings=tuple(plan.warnings),
    )


@dataclass
class _Plan:
    """One plan as the rules see it."""

    body: str
    head: str  # its opening, years in ASCII digits
    given: Mapping[str, str]  # the manifest's row
    front: Mapping[str, str]  # the front matter
    origin: tuple[
        tuple[str, str], ...
    ]  # ("address", url), ("file name", stem), ("folder", name), nearest first
    title: str = ""
    warnings: list[str] = field(default_factory=list)

    @cached_property
    def lines(self) -> list[str]:
        """The short lines before the first sentence or salutation, where title and letterhead stand."""
        lines = (line.strip(" \t\u3000\ufeff#*—-") for line in self.head[:1500].splitlines())
        return list(takewhile(lambda line: not _SENTENCE.match(line), filter(None, lines)))

    @property
    def first_title(self) -> str:
        """Of the first three short lines (after the title) the one worded as a title, else the first."""
        lines = [x for x in self.lines[:3] if x != self.title and not re.match(rf"{_NUMBERED}|\d+[.、]", x)]
        titles = (line for line in lines if _BACK.search(line) or _AHEAD.search(line) or "报告" in line)
        return next(titles, lines[0] if lines else "")

    @cached_property
    def closing(self) -> list[str]:
        """The last short lines, where a plan is signed and dated."""
        lines = [line.strip() for line in _arabic(self.body[-1000:]).splitlines() if line.strip()][-6:]
        return [line for line in lines if len(line) <= 30 and not re.search("[。；：:]$|^[抄主报]送", line)]

    @cached_property
    def is_report(self) -> bool:
        """Whether it is a government's report to its people's congress."""
        return bool(_SESSION.search(self.head[:1500]) or _REPORT.search(f"{self.title}\n{self.head[:600]}"))


def _fields(row: Mapping[str, str]) -> dict[str, str]:
    """The known fields of a row, under our names."""
    lower = {str(key).strip().lower(): str(value).strip() for key, value in row.items() if value is not None}
    found = {name: next((lower[k] for k in keys.split() if lower.get(k)), "") for name, keys in _KEYS.items()}
    return {name: value for name, value in found.items() if value}


def _arabic(text: str) -> str:
    """Years, months and days in ASCII digits (二〇一九年一月十二日, ２０１９年)."""
    text = _HAN_YEAR.sub(lambda m: m[0].translate(_DIGITS), text)
    return _HAN_DAY.sub(lambda m: str(_DAYS.index(m[0])) if m[0] in _DAYS else m[0], text)


def _of(text: str) -> tuple[Place, ...]:
    """Candidates for the place that a line is of; one in no table by its name alone, without a code."""
    return named(text) or (unlisted(match[1]) if (match := _UNLISTED.search(text)) else ())


def _of_path(name: str) -> tuple[Place, ...]:
    """Candidates for the place that a folder or file is named after; 资源 and 公安 are counties, but words."""
    found = tuple(p for p in lookup(name) if not p.generic)
    return found if any(p.name == name or p.free or p.level == "city" for p in found) else named(name)


def _is_letterhead(line: str) -> bool:
    """Whether a place begins the line and its authority follows: 某某市城市管理局, 在某某市人民政府…."""
    spans = [m.span(1) for m in _UNLISTED.finditer(line)] or [(a, b) for a, b, _ in find(line)]
    starts = spans and re.fullmatch(r"[\d年月日\s—在《]*", line[: spans[0][0]])
    return bool(starts and _LETTERHEAD.match(line, spans[0][1]))


def _inside_evidence(plan: _Plan) -> Iterator[tuple[str, tuple[Place, ...]]]:
    """(source, candidates) of sources 1 to 3, in the order of trust."""
    for what, fields in (("manifest", plan.given), ("front matter", plan.front)):
        name, place = fields.get("city", ""), by_code(fields.get("city_code", "")[:6])
        if "city_code" in fields and not place:
            plan.warnings.append(f"{what}: no code {fields['city_code']} in the table of {AS_OF}")
        if place or name:
            yield what, (place,) if place else lookup(name) or named(name) or unlisted(name)
    if session := _SESSION.search(plan.head[:1500]):
        yield "opening", _of(session[1] + "人民政府")
    yield "title", _of(plan.title) or _of(plan.first_title)
    yield from (("opening", _of(line)) for line in plan.lines if _is_letterhead(line))
    if speaker := _SPEAKER.search(plan.head):
        yield "opening", _of(speaker[1] + "人民政府")
    yield from (("signature", _of(line)) for line in plan.closing if _is_letterhead(line))


def _place(plan: _Plan, kind: DocType | None) -> tuple[Place | None, tuple[Place, ...]]:
    """The plan's place, or None and all that its name may mean."""
    evidence = [(what, found) for what, found in _inside_evidence(plan) if found]
    blank = not any(found[0].is_city for _, found in evidence) and _is_blank(plan)
    if not blank:
        outside = ((what, of_host(x) if what == "address" else _of_path(x)) for what, x in plan.origin)
        evidence += [(what, found) for what, found in outside if found]
    known: tuple[Place, ...] = ()
    source = ""
    for what, found in evidence:
        if not known or (found[0].is_city and not known[0].is_city):
            known, source = tuple(p for p in found if any(p.within(q) for q in known)) or found, what
        else:
            known = tuple(p for p in known if any(p.within(q) or q.within(p) for q in found)) or known
    known = highest(known)
    if not blank and kind != "essay" and not (len(known) == 1 and known[0].is_city):
        known = principal(plan.body, known) or known
    if len(known) != 1:
        return None, known
    place = known[0]
    if not place.code:
        plan.warnings.append(f"{source}: no place {place.name} in the table of {AS_OF}")
    source = "title" if any(what == "title" and place in found for what, found in evidence) else source
    others = {found[0].name: what for what, found in evidence[::-1] if not any(map(place.agrees, found))}
    plan.warnings += [f"{source} names {place.name}, {what} names {name}" for name, what in others.items()]
    return place, ()


def _is_blank(plan: _Plan) -> bool:
    """Whether a plan that names no city in its opening hides it: blanks it as often as it names any."""
    opening = any(_BLANK_PLACE.search(line) for line in (plan.title, *plan.lines[:5]))
    blanks = len(_BLANK_PLACE.findall(plan.body))
    cities = Counter(found[0].code for _, _, found in find(plan.body) if found[0].is_city) if blanks else {}
    return opening or (blanks > 0 and blanks >= max(cities.values(), default=0))


def _level(plan: _Plan, found: tuple[Place, ...]) -> Level | None:
    """The level of all that the place may be; X区 and xx县 still say that it is a county's plan."""
    levels = {place.level for place in found}
    blanks = _BLANK_PLACE.findall(plan.title)[-1:] or _BLANK_PLACE.findall(plan.body if not found else "")
    if blanks and levels <= {"province"}:
        return "county" if set(blanks) <= set("县区旗") else None
    return levels.pop() if len(levels) == 1 else None


def _years(text: str, bare: bool = False) -> tuple[int, int] | None:
    """The period that a title, a field or a file name (``bare``: 2019.md) states; of several the last."""
    text = _arabic(text)
    if (span := _RANGE.search(text)) and 0 < int(span[2]) - int(span[1]) <= 15:
        return int(span[1]), int(span[2])
    single = _SINGLE.findall(text)
    if not single and (five := _FIVE_YEARS.search(text)):
        first = 2001 + 5 * "-一二三四五六".find(five[1] or "-")
        return first, first + 4
    single = single or (_BARE.findall(text) if bare else [])
    return (int(single[-1]), int(single[-1])) if single else None


def _session_year(plan: _Plan, text: str) -> tuple[int, int] | None:
    """The year of a report that was read on this day: in December it plans for the next."""
    if not (plan.is_report and (date := _DATE.search(_arabic(text)))):
        return None
    year, month = int(date[1]), int(date[2])
    late = month == 11 and re.search(rf"^.{{0,14}}{year + 1}\s*年.{{0,30}}$", _arabic(plan.body), re.M)
    return (year + 1, year + 1) if late or month == 12 else (year, year)


def _period(plan: _Plan, kind: DocType | None) -> tuple[int, int] | None:
    """(first year, last year) by the order of trust that `describe` states."""
    stated = (
        ("manifest", _years(plan.given.get("year", ""), bare=True)),
        ("front matter", _years(plan.front.get("year", ""), bare=True)),
        ("title", _years(plan.title) or _session_year(plan, plan.title) or _years(plan.first_title)),
        ("opening", _session_year(plan, "\n".join(plan.lines[:8]))),
    )
    found = [(what, years) for what, years in stated if years]
    if not found and _BLANK_YEAR.search(plan.title + plan.head):
        return None
    for what, part in plan.origin:
        if what != "address" and (years := _years(part, bare=True)):
            found.append((what, years))
            break
    if not found:
        return _announced(plan, kind)
    (what, years), (other, last) = found[0], found[-1]
    if last[1] < years[0] or last[0] > years[1]:
        plan.warnings.append(f"{what} names {years[0]}, {other} names {last[0]}")
    return years


def _announced(plan: _Plan, kind: DocType | None) -> tuple[int, int] | None:
    """The year for which headings and opening announce work, or that a summary reviews."""
    text = plan.head + "\n" + 3 * "".join(m[0] + "\n" for m in _HEADING.finditer(_arabic(plan.body)))
    votes, ahead = Counter(_PLANNED.findall(text)).most_common(2), 0
    if not votes and (plan.is_report or kind in ("summary", "mixed")):
        votes, ahead = Counter(_REVIEWED.findall(text)).most_common(2), int(plan.is_report)
    if not votes or (len(votes) == 2 and votes[0][1] == votes[1][1]):
        return None
    return int(votes[0][0]) + ahead, int(votes[0][0]) + ahead


def _agency(plan: _Plan, city: Place | None) -> str | None:
    """Who issued it: as stated, of the title, the letterhead, the signature, or the first sentence."""
    if stated := plan.given.get("agency") or plan.front.get("agency"):
        return stated
    if plan.is_report and city:
        return f"{city.name}人民政府"
    for line in (plan.title, *plan.lines[:6], *plan.closing):
        line = re.sub(r"^(?:关于)?(?:印发|转发)?《?(?:\d{4}\s*年度?)?", "", _arabic(line))
        if len(line) <= 45 and (found := _AGENCY.match(line)):
            return found[1]
    subject = _SUBJECT.search(plan.head)
    return subject[1] if subject else None


def _published(plan: _Plan) -> str | None:
    """The day of publication, signature or session, as YYYY-MM-DD."""
    stated = plan.given.get("published") or plan.front.get("published") or ""
    dated = filter(_DATE.match, plan.closing)
    for text in (stated, plan.title, *dated, "\n".join(plan.lines[:8]) if plan.is_report else ""):
        if (date := _DATE.search(_arabic(text))) and date[3] and 1 <= int(date[2]) <= 12:
            return f"{date[1]}-{int(date[2]):02}-{int(date[3]):02}"
    return None


def _kind(plan: _Plan) -> DocType | None:
    """The type: as stated; a report to the congress is both; else by wording, sections and title."""
    stated = plan.given.get("doc_type") or plan.front.get("doc_type")
    if stated in get_args(DocType):
        return cast(DocType, stated)
    if plan.is_report:
        return "mixed"
    if 250 * len(_ESSAY.findall(plan.head)) > len(plan.head) and len(re.findall(r"\d+", plan.head)) <= 2:
        return "essay"
    own_title = "" if re.search(r"篇\s*[一二三四五六七八九十\d]+$", plan.title) else plan.title
    titled = [bool(words.search(own_title)) for words in (_BACK, _AHEAD)]
    back, ahead = _shares(plan.body)
    if all(titled) or min(back, ahead) > (0.3 if any(titled) else 0.15) * (back + ahead):
        return "mixed"
    if any(titled):
        return "summary" if titled[0] else "plan"
    return ("summary" if back > ahead else "plan") if back + ahead else None


def _shares(body: str) -> tuple[int, int]:
    """Characters under headings that look back, and under headings that look ahead."""
    heads = [m for m in _HEADING.finditer(body) if _BACK.search(m[0]) or _AHEAD.search(m[0])]
    marks = [(m.start(), bool(_BACK.search(m[0]))) for m in heads]
    spent = Counter[bool]()
    for (at, back), (stop, _) in pairwise([*marks, (len(body), False)]):
        spent[back] += stop - at
    return spent[True], spent[False]
