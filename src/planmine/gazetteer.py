"""Places of mainland China: provinces, prefectures and counties with their GB/T 2260 codes.

The table (``data/places.csv``, written by ``scripts/build_gazetteer.py``) stands as of `AS_OF`; names that
have gone between December 2000 and then (莱芜市, 襄樊市) are kept with the date when they were last listed.

Chinese place names are words too (朝阳, 长治, 东方, 城区), so what counts as a mention is decided here, in
one place, by the kind of the name:

- a full name (绥宁县, 深圳市, 凉山州) is a mention anywhere;
- a *free* short name (深圳, 伊犁, 绥宁) is one anywhere, save before 路, 大学, 精神 and the like, and a county's
  also before 山, 河, 镇; it means the highest place of that name, 西安 the city and no 西安区;
- any other short name (朝阳, 和平) is one right after a place that holds it (辽宁朝阳, 深圳南山), or at the start of a
  phrase if a year or an authority's name follows (和平环卫所);
- a *weak* full name (理县, as in 清理县城; 增城市, as in 新增城市) needs one of these as well;
- a generic name (城区, 市中区) is one only right after its own city or province.

Which names are free, weak or generic is a column of the table; the rule is in the script.
"""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from urllib.parse import urlsplit

from .records import Level

AS_OF = "2025-12-31"

# What follows a name that is part of another name: 北京路, 上海大学, 延安精神.
_NO_PLACE = re.compile(r"[东西南北中]?(?:路|大道|大街|街(?!道)|巷)|大学|学院|银行|精神|会议|[市省]?场(?!所)")
_FEATURE = re.compile("[山河江湖岛港湾岭峡沟溪海镇村站]|古城|公园|医院|体育|大桥|新区|片区|社区|街道")
# What follows a short name that is a place's only in context: 和平环卫, 朝阳2019年.
_AUTHORITY = re.compile(
    r"\s*(?:城市管理|城管|综合(?:行政)?执法|行政执法|环境卫生|环卫|市容|园林|[市县区旗州]委|人民政府"
    r"|(?:19|20)\d\d\s*(?:年|工作)|二[〇○零])"
)
# Words that make the place after or before them another one's: a model, a partner, the end of a railway.
_ELSEWHERE = re.compile(
    r"(?:赴|到|去|往|与|同|至|(?<![—-])[—－~-]|学习|借鉴|考察|对标|对接|支援|援|来自|以|例如|比如|譬如|诸如|如|像)$"
)
_ELSEWHERE_AFTER = re.compile(r"[市省]?(?:等(?:地|城市|市|省|先进|周边)|考察|高铁|铁路|高速|城际|至|—|－|-)")
# What marks a place as the text's own: 《深圳市…》, 我们成都, 成都人民.
_OWN = re.compile(r"[市县区州]?(?:[市县区州]?委|政府|人民|城管|城市管理|市容|环卫)")
# How a text calls its own place: 全县, 我县, 县委.
_LEVEL = re.compile(
    r"[全我]([市县区州旗盟])(?![域际])|(?<![社城园辖市景片自治新])([市县区州旗盟])(?:委|政府|人民政府)"
)
# What follows a weak full name that is no part of a word: 理县人民政府, not 清理县城.
_COUNTY = re.compile(r"人民|城市管理|城管|环境卫生|环卫|市容|综合|(?:19|20)\d\d|$")


@dataclass(frozen=True, slots=True)
class Place:
    """One division. ``city`` and ``province`` are the names of those above it (None for itself)."""

    code: str  # six digits, GB/T 2260
    name: str  # 绥宁县
    short: str  # 绥宁; the name itself where one character would be left (赵县)
    level: Level
    province: str | None
    city: str | None  # the prefecture; None for a prefecture and for what stands under its province
    pinyin: str  # of the short name, without tones or spaces: suining
    generic: bool  # a common word that is a name only next to its city (城区)
    weak: bool  # a name that arises across words as well (清|理县|城, 新|增城市)
    free: bool  # the short name alone means the place in running text
    last: str | None  # YYYY-MM of the last list that holds it, None for a name in force

    @property
    def is_city(self) -> bool:
        """Whether a city's plan can be of it: all but provinces, of which 北京, 天津, 上海, 重庆 are cities."""
        return self.level != "province" or self.name.endswith("市")

    @property
    def seat(self) -> str:
        """The leading digits that a city shares with its counties; a county under no city has its own."""
        if self.code[:2] in ("11", "12", "31", "50"):
            return self.code[:2]
        return self.code[:4] if self.city or self.level == "city" else self.code

    def within(self, other: Place) -> bool:
        """Whether it lies in the other place, or is that place (under this or a former name)."""
        digits = {"province": 2, "city": 4, "county": 6}[other.level]
        return bool(other.code) and self.code[:digits] == other.code[:digits]

    def agrees(self, other: Place) -> bool:
        """Whether both may be meant by one plan: 武侯区 and 成都市, but not 文山市 and 文山州, often confused."""
        nested = self.short != other.short and (self.within(other) or other.within(self))
        return self.name == other.name or nested


@cache
def places() -> tuple[Place, ...]:
    """All places, those in force first, each part in the order of codes."""
    with (files("planmine") / "data" / "places.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    names: dict[str, str] = {}
    for row in rows:
        names.setdefault(row["code"], row["name"])
    return tuple(
        Place(
            code=(code := row["code"]),
            name=row["name"],
            short=row["short"],
            level="province" if code[2:] == "0000" else "city" if code[4:] == "00" else "county",
            province=None if code[2:] == "0000" else names[code[:2] + "0000"],
            city=None if code[4:] == "00" else names.get(code[:4] + "00"),
            pinyin=row["pinyin"],
            generic=row["generic"] == "1",
            weak=row["weak"] == "1",
            free=row["free"] == "1",
            last=row["last"] or None,
        )
        for row in rows
    )


def _alias(place: Place) -> str | None:
    """The usual contraction: 凉山彝族自治州 is 凉山州, 长阳土家族自治县 长阳县, 鄂伦春自治旗 鄂伦春旗."""
    if place.name.endswith(("自治州", "自治县", "自治旗")):
        alias = place.short + place.name[-1]
        return None if alias.startswith("河南") else alias  # 河南县城 is far more often Henan's
    return None


@dataclass(frozen=True, slots=True)
class _Index:
    """Names by kind, and the lengths of the names that begin with two given characters."""

    full: dict[str, tuple[Place, ...]]
    short: dict[str, tuple[Place, ...]]
    lengths: dict[str, tuple[int, ...]]
    pair: re.Pattern[str]


@cache
def _index() -> _Index:
    full: dict[str, list[Place]] = defaultdict(list)
    short: dict[str, list[Place]] = defaultdict(list)
    for place in places():
        full[place.name].append(place)
        if place.short != place.name:
            short[place.short].append(place)
        if (alias := _alias(place)) and alias != place.short:
            full[alias].append(place)
    lengths: dict[str, set[int]] = defaultdict(set)
    for name in (*full, *short):
        lengths[name[:2]].add(len(name))
    return _Index(
        full={name: tuple(found) for name, found in full.items()},
        short={name: tuple(found) for name, found in short.items()},
        lengths={pair: tuple(sorted(sizes, reverse=True)) for pair, sizes in lengths.items()},
        pair=re.compile(_pair(lengths)),
    )


def _pair(names: Iterable[str]) -> str:
    """A first character of a name that a second one follows: throws most of a text out at C speed."""
    names = list(names)
    first, second = ("".join(sorted({name[i] for name in names})) for i in (0, 1))
    return f"[{first}](?=[{second}])"


def lookup(name: str) -> tuple[Place, ...]:
    """All places with this full name, contraction or short name; those in force and the higher first."""
    index = _index()
    found = (*index.full.get(name, ()), *index.short.get(name, ()))
    return tuple(sorted(dict.fromkeys(found), key=_rank))


def _rank(place: Place) -> tuple[bool, int, str]:
    return (place.last is not None, ("province", "city", "county").index(place.level), place.code)


@cache
def _codes() -> dict[str, Place]:
    return {place.code: place for place in reversed(places())}


def by_code(code: str) -> Place | None:
    """The place with this six-digit code; the one in force where a code has had several names."""
    return _codes().get(code)


def unlisted(name: str) -> tuple[Place, ...]:
    """A place that is in no table (a new name, an invented city): it has no code and lies nowhere."""
    level: Level = "county" if name.endswith(("县", "区", "旗")) else "city"
    return (Place("", name, name, level, None, None, "", False, False, False, None),)


def of_host(url: str) -> tuple[Place, ...]:
    """Candidates for the city of a government site, by pinyin: www.chengdu.gov.cn, wuhou.chengdu.gov.cn."""
    host = (urlsplit(url).hostname or "") if "://" in url else ""
    labels = host.split(".")[:-2] if host.endswith(".gov.cn") else []
    if not (named := [found for label in labels if (found := _pinyins().get(label))]):
        return ()
    top = tuple(p for p in named[-1] if p.level != "county") or named[-1]
    return tuple(p for p in named[0] if any(p.within(q) for q in top)) or top


@cache
def _pinyins() -> dict[str, tuple[Place, ...]]:
    """Cities and counties in force by their short name in pinyin (suzhou: 苏州, 宿州)."""
    found: dict[str, list[Place]] = defaultdict(list)
    for place in places():
        if place.last is None and (place.is_city):
            found[place.pinyin].append(place)
    return {pinyin: tuple(sorted(all_, key=_rank)) for pinyin, all_ in found.items()}


def highest(found: tuple[Place, ...]) -> tuple[Place, ...]:
    """Of places of one name those in force, and of these the one that holds the rest (大理: the prefecture)."""
    found = tuple(p for p in found if p.last is None) or found
    return next(((p,) for p in found if all(q.within(p) for q in found)), found)


Mention = tuple[int, int, tuple[Place, ...]]


def find(text: str) -> list[Mention]:
    """Mentions of places as (start, end, candidates), the longest name first, none overlapping.

    A name right after a place that holds one of its candidates means that one: 北京市朝阳区 gives 北京市 and
    then 朝阳区 of Beijing alone. Where the place before holds none, all candidates are kept.
    """
    return list(_mentions(text))


def _mentions(text: str) -> Iterator[Mention]:
    index = _index()
    lengths, full, short = index.lengths, index.full, index.short
    end = 0
    before: tuple[Place, ...] = ()
    for match in index.pair.finditer(text):
        start = match.start()
        if start < end or (sizes := lengths.get(text[start : start + 2])) is None:
            continue
        parent = before if start == end else ()
        for size in sizes:
            name = text[start : start + size]
            found = full.get(name)
            if found:
                found = _as_full(text, start, name, found, parent)
            if not found and name in short:
                found = _as_short(text, start, name, short[name], parent)
            if found:
                end, before = start + len(name), found
                yield start, end, found
                break


def _inside(found: tuple[Place, ...], parent: tuple[Place, ...]) -> tuple[Place, ...]:
    return tuple(p for p in found if any(p.within(q) and p.code != q.code for q in parent))


def _as_full(
    text: str, start: int, name: str, found: tuple[Place, ...], parent: tuple[Place, ...]
) -> tuple[Place, ...]:
    """Candidates of a full name at ``start`` by the rules above; empty if it is no mention."""
    inside = _inside(found, parent)
    if found[0].generic:
        return inside
    stop = start + len(name)
    following = text[stop : stop + 1]
    if name[-1] + following in ("区域", "市场", "县域", "县级", "县乡"):
        return ()
    if found[0].weak and not inside and _in_phrase(text, start) and not _COUNTY.match(text, stop):
        return ()
    return inside or found


def _as_short(
    text: str, start: int, name: str, found: tuple[Place, ...], parent: tuple[Place, ...]
) -> tuple[Place, ...]:
    """Candidates of a short name at ``start`` by the rules above; empty if it is no mention."""
    stop = start + len(name)
    inside = _inside(found, parent)
    if any(place.free for place in found):
        if _NO_PLACE.match(text, stop) or (found[0].level == "county" and _FEATURE.match(text, stop)):
            return ()
        top = min(_rank(place)[:2] for place in found)
        return inside or tuple(place for place in found if _rank(place)[:2] == top)
    named = _AUTHORITY.match(text, stop) is not None
    if inside:
        far = inside[0].level == "county" and not parent[0].is_city  # 辽宁|振兴 is no district
        return inside if named or not (far or inside[0].generic or _NO_PLACE.match(text, stop)) else ()
    return found if named and not parent and not _in_phrase(text, start) else ()


def _in_phrase(text: str, start: int) -> bool:
    """Whether a character or digit stands right before: the name may be the end of another word (9项城市)."""
    return start > 0 and ("\u4e00" <= text[start - 1] <= "\u9fff" or text[start - 1].isdigit())


def named(text: str) -> tuple[Place, ...]:
    """Candidates for the place that a title, a line or a file name is of; empty if it names none.

    That is the first city or county that is not said to be another one (赴上海市考察), at its most exact:
    成都市武侯区 is 武侯区. A province counts where no city is named.
    """
    best: tuple[Place, ...] = ()
    last = -1
    for start, end, found in _mentions(text):
        if best and best[0].is_city:
            if start != last or not _inside(found, best):
                break
        elif _ELSEWHERE.search(text, 0, start):
            continue
        best, last = found, end
    return best


def principal(text: str, among: tuple[Place, ...] = ()) -> tuple[Place, ...]:
    """The city or county that a text of some length is about, by how often and how it names places.

    A city's mentions count together with those of its counties, and must be twice those of any other;
    places of other people's (赴杭州考察, 苏州等地) and provinces do not count. Between a city and its
    counties decides how the text calls its own place (全市, 县委), which a single mention must agree with.
    Empty if that leaves a doubt.

    ``among`` is what the place may be: a province that holds it, or several places of one name, of which
    the one is returned whose city or province the text names, if it names only one.
    """
    score = Counter[Place]()
    for start, end, found in _mentions(text):
        if len(found) > 1 or _ELSEWHERE.search(text, max(0, start - 3), start):
            continue
        if _ELSEWHERE_AFTER.match(text, end):
            continue
        marked = text[start - 1 : start] in ("《", "全", "我", "们") or _OWN.match(text, end)
        score[found[0]] += 3 if marked else 1
    if len(among) > 1:
        holding = tuple(p for p in among if any(p.within(q) for q in score))
        return holding if len(holding) == 1 else ()
    groups: dict[str, Counter[Place]] = defaultdict(Counter)
    for place, points in score.items():
        if place.is_city and all(place.within(province) for province in among):
            groups[place.seat][place] = points
    ranked = sorted(groups.values(), key=lambda group: -group.total())
    if not ranked or (len(ranked) > 1 and ranked[0].total() < 2 * ranked[1].total()):
        return ()
    group = ranked[0]
    own = _own_of(group, text)
    return own if group.total() > 1 or (own and _level(text) == own[0].name[-1]) else ()


def _level(text: str) -> str:
    """How a text calls its own place: 县 of 全县, 我县, 县委; empty where two are as frequent."""
    calls = Counter(m[1] or m[2] for m in _LEVEL.finditer(text)).most_common(2)
    return calls[0][0] if calls and (len(calls) == 1 or calls[0][1] > calls[1][1]) else ""


def _own_of(group: Counter[Place], text: str) -> tuple[Place, ...]:
    """The text's own place of a city and its counties."""
    level = _level(text)
    counties = [(p, n) for p, n in group.most_common() if p.level == "county" and p.name.endswith(level)]
    cities = [(p, n) for p, n in group.most_common() if p.level != "county"]
    if level in ("县", "区", "旗"):
        cities = []
    most = counties[0][1] if counties else 0
    if cities and 2 * cities[0][1] >= most and (level or cities[0][1] >= most):
        return (cities[0][0],)
    if most and (len(counties) == 1 or most >= 2 * counties[1][1]):
        return (counties[0][0],)
    return ()


@cache
def place_pattern() -> re.Pattern[str]:
    """All full names and free short names as one pattern, to mask places: generic and weak ones not.

    ``place_pattern().sub("", text)`` runs at several million characters a second: first characters are tried
    in groups, which is six times as fast as one long alternation.
    """
    names = {name for name, found in _index().full.items() if not (found[0].generic or found[0].weak)}
    names |= {place.short for place in places() if place.free}
    tree: dict = {}
    for name in sorted(names):
        node = tree
        for char in name:
            node = node.setdefault(char, {})
        node[""] = {}
    groups = [list(tree)[i : i + 64] for i in range(0, len(tree), 64)]
    choices = (f"(?=[{''.join(g)}])(?:{'|'.join(c + _trie(tree[c]) for c in g)})" for g in groups)
    return re.compile(f"(?={_pair(names)})(?:{'|'.join(choices)})")


def _trie(node: dict) -> str:
    """A prefix tree as a pattern that prefers the longest name."""
    branches = [char + _trie(below) for char, below in node.items() if char]
    if not branches:
        return ""
    body = branches[0] if len(branches) == 1 and "" not in node else f"(?:{'|'.join(branches)})"
    return body + ("?" if "" in node else "")
