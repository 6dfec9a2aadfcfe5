"""Units and measure words, what they are worth in canonical units, and what may not follow them.

Canonical units: m, m2, m3, t, kWh, kW, h, CNY, USD, %, people and the like; the measure word itself for other
counts; rates keep their denominator (t/d, CNY/people/month).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from planmine.targets.numerals import SCALE_FACTOR


def words(text: str) -> frozenset[str]:
    """A set of words written with spaces between them."""
    return frozenset(text.split())


# canonical unit: the words for it and what one of each is worth; 1 亩 is 2000/3 m2, 1 斤 is 500 g.
_PHYSICAL: Final[dict[str, dict[str, float]]] = {
    "%": {"%": 1, "‰": 0.1, "‱": 0.01, "成": 10},
    "percentage points": {"个百分点": 1, "百分点": 1, "个千分点": 0.1},
    "times": {"倍": 1},
    "doublings": {"番": 1},
    "m": {"米": 1, "延米": 1, "延长米": 1, "m": 1, "公里": 1e3, "千米": 1e3, "车道公里": 1e3, "皮长公里": 1e3}
    | {"km": 1e3, "KM": 1e3, "海里": 1852, "厘米": 0.01, "毫米": 0.001, "cm": 0.01, "mm": 0.001},
    "m2": {"平方米": 1, "平米": 1, "平方": 1, "㎡": 1, "m2": 1, "m²": 1, "公顷": 1e4, "亩": 2000 / 3}
    | {"平方公里": 1e6, "平方千米": 1e6, "km2": 1e6, "km²": 1e6},
    "m2 treated": {"亩次": 2000 / 3, "平方米次": 1},
    "m3": {"立方米": 1, "立方": 1, "方": 1, "m3": 1, "m³": 1, "㎥": 1, "升": 0.001},
    "t": {"吨": 1, "t": 1, "公斤": 1e-3, "千克": 1e-3, "kg": 1e-3, "斤": 5e-4, "克": 1e-6}
    | {"毫克": 1e-9, "微克": 1e-12, "μg": 1e-12, "ug": 1e-12, "mg": 1e-9},
    "tce": {"吨标准煤": 1, "吨标煤": 1},
    "DWT": {"载重吨": 1},
    "steam t/h": {"蒸吨": 1},
    "kWh": {"千瓦时": 1, "度": 1, "kWh": 1, "kwh": 1, "兆瓦时": 1e3, "吉瓦时": 1e6, "MWh": 1e3, "GWh": 1e6},
    "kW": {"千瓦": 1, "kW": 1, "KW": 1, "kw": 1, "兆瓦": 1e3, "MW": 1e3, "吉瓦": 1e6, "GW": 1e6},
    "kVA": {"千伏安": 1},
    "TEU": {"标准箱": 1, "标箱": 1, "TEU": 1},
    "CNY": {"元": 1, "元人民币": 1},
    **{
        code: {name: 1.0}
        for code, name in (("USD", "美元"), ("EUR", "欧元"), ("HKD", "港元"), ("JPY", "日元"))
    },
    "h": {"小时": 1, "个小时": 1, "h": 1, "分钟": 1 / 60, "秒": 1 / 3600},
    "d": {"天": 1, "日": 1},
    "working days": {"个工作日": 1, "工作日": 1},
    "years of age": {"岁": 1},
    "points": {"分": 1},
    "degrees C": {"摄氏度": 1, "℃": 1},
    "dB": {"分贝": 1},
    "per 100000": {"/10万": 1, "/十万": 1},
    "people": {"人": 1, "名": 1},
}
_CANONICAL: Final = {word: (unit, f) for unit, words in _PHYSICAL.items() for word, f in words.items()}

# Measure words that stand after Chinese numerals and Arabic digits alike ...
_COUNTS: Final = words(
    "个 座 条 处 辆 台 盏 杆 棵 株 丛 根 名 人 户 所 家 场 次 项 件 起 份 栋 幢 间 口 支 艘 部 套 张 块 例 宗 只 位 "
    "人次 班列 班次 车次 架次 台次 家次 户次 辆次 批次 场次 件次 株次 例次 剂次 艘次 航次 趟次 人·次 "
    "学时 课时 台套 台班 人份 宗地 个点 个位次 位次"
)
# ... and those that after a Chinese numeral are more often part of a name or an idiom (两手, 三批, 四期).
_COUNTS_ARABIC: Final = words(
    "期 批 轮 种 类 组 对 副 面 幅 篇 本 册 封 档 头 尾 羽 箱 袋 瓶 桶 盆 车 船 趟 列 架 枚 颗 粒 枝 片 段 道 孔 眼 路 节 "
    "剂 床 款 匹 顶 扇 樘 桩 把 束 朵 班 遍 票 门 笔 堆 档次 大"
)

# What, coming next, makes another word of the measure word: 场所, 处理, 家庭.
_NOT_BEFORE: Final = {
    "个": "体(?!育|验|系|检|量|制)|性(?!能)|别|税|百分之|月|年(?!产|轻|度)|季度|世纪|星期",
    "座": "谈|位",
    "条": "例|件|约|形|幅",
    "处": "理(?!论)|置(?!换)|长|罚|级|室|于",
    "台": "账|帐|风(?!机|电|力)|胞|湾|州|河|山|县|阶",
    "杆": "菌|状",
    "根": "据|本|治|除|源|植|系",
    "株": "洲|高|距",
    "丛": "林|书",
    "名": "称|单|录|义|牌|额",
    "人": "民|才|口|均|大(?!代|学|专)|社|居|群|气|员|行道",
    "户": "外(?!资|贸|商|向)|籍|均|型|口",
    "所": "有|在(?!建)|以|需|属|长|能|谓|述|示",
    "家": "庭|园(?!林|区)|长(?!期|效|三)|具(?!有|备)|政(?!府|策)|电(?!商|力|子|影|信|气|池)|禽|畜(?!禽|牧)|渠|底|居|里|训|风(?!电|力|机|景)|纺(?!织)|门",
    "场": "所|地|馆|景|镇|外|内|面(?!对|向)|站|硬仗|攻坚战|战役",
    "次": "产业|性(?!能)|序|要(?!求)|生(?!态|活|产)|数(?!据|字)|干|级|氯|供水|创业",
    "项": "目(?!标|的)|链",
    "件": "均|套",
    "起": "步|来|诉|草|到|飞|始|航|降|源|跳|伏|底|至",
    "份": "额|子",
    "间": "接|隔|距|伐|作|断|歇|谍|苗",
    "口": "径|岸|碑|腔|袋|罩|粮|头|语|味|感|号",
    "支": "持|部|撑|付|出|援|点|农(?!业|民|技|村|产)|教(?!育|师|学)|流(?!动)|行(?!业|政)|委|柱|洪|招(?!商|聘)|配|渠",
    "部": "门|分|署|委|长|级|件|落|位|属",
    "套": "餐|牌|种|装(?!备|修)|班子",
    "张": "家|贴|力|榜|掖|北|皮|网|图|嘴",
    "块": "钱|状",
    "例": "会|行|外|如|子|规",
    "宗": "旨|教|族|亲|祠",
    "只": "有|能|要|是|增|减|需",
    "位": "于|列|居(?!民)|置|次|数|移|一体",
    "期": "间|限|货|末|刊|工程|项目(?!管理)|建设|规划|地块|厂|改|试点|投|用地|扩|续|[和、]\\d",
    "批": "准|发|复|示|评|量|项目|试点|示范",
    "轮": "换|流|岗|候|胎|渡|训|船|椅|驱|环保督察|中央",
    "种": "植|养|类|子|业|质|公|猪|羊",
    "类": "新药|似|别|型|区|水|公(?!共服)|标准|以上|及以上",
    "组": "织|长|建|合|成|团|装|员|稿|委|阁|分",
    "对": "于|口|接|外|内|应|象|比|标|照|全|各|的",
    "副": "书|主|市|县|局|处|区|总|产",
    "篇": "章|幅",
    "本": "地|市|级|科|土|省|区|县|年|届|次",
    "封": "闭|山|面|锁|存|堵|控",
    "头": "部|条|号|等",
    "尾": "矿|水|气|款",
    "箱": "体|包|变|涵",
    "车": "道|位|站|辆|库|间|型|行|牌|流|厢",
    "船": "舶|厂|坞|闸",
    "列": "入|为|席|出|支|举|全|第|居",
    "架": "构|设|空|桥",
    "片": "面|长|头|刻",
    "段": "落|长|时",
    "道": "路|德|口|具|岔|交",
    "孔": "子|庙|径|雀",
    "节": "能|水|约|假|日|庆|气|省|制|电",
    "剂": "量|型",
    "床": "位数",
    "款": "项|式|待",
    "顶": "级|层|部|格|尖|管",
    "把": "手|握|关|控|脉|火|尺|钥",
    "个点": "位|状|火|亮",
    "平方": "案|公|千",
    "班": "列|子|组|长|主|底|制",
    "门": "前|户|诊|禁|店|市|球|槛",
    "笔": "试|直",
    "大": "于|会(?!战)|力|幅|道|桥|学|类|班|家|型|量|多|约|中|街|厦|专|数据|棚|众|气|病|学生|气污染",
    "元": "旦|宵|素|件|月|氏",
    "天": "然|津|府|山|桥|水|气",
    "日": "均|报|前|起|至|上午|下午|晚|期|出|召",
    "度": "假|过|汛|夏",
    "分": "之|类|钟|别|布|层|级|段|期|批|区|公司|工|行|享|散|析|局|管|流|开|为|步|配|离|组|拣|会|支|院|店|中心|校|部|成|厂",
    "成": "立|为|效|果|都|功|长|员|本|交|绩|熟|就|型|品|片|人|年|渝|线",
    "倍": "增|感|速|受|加",
    "方": "面|案|式|向|针|法|可|便|正|阵",
    "米": "粮|面|业",
    "克": "服",
    "岁": "[以及至的老儿女男少~—-]",
    "升": "级|至|到|学|高|规|温|值|位",
    "番": "茄",
    "路": "灯|面|段|网|口|公交|径|况|基|桥|线|[、和与至]",
    "秒": "批",
}
_ARABIC_WORDS: Final = frozenset(("分", "方", "h", "t", "m", "度", "岁", "升", "日"))
_LATIN: Final = "(?![A-Za-z])"


def pattern(alternatives: Iterable[str]) -> str:
    """An alternation, longest first, with what may not follow."""
    parts = []
    for word in sorted(set(alternatives), key=lambda w: (-len(w), w)):
        part = re.escape(word)
        if word in _NOT_BEFORE:
            part += f"(?!{_NOT_BEFORE[word]})"
        elif word[-1].isascii() and word[-1].isalpha():
            part += _LATIN
        parts.append(part)
    return "|".join(parts)


_PER: Final = "|".join(
    sorted(
        words(
            "平方公里 平方米 立方米 立方 公里 千米 小时 季度 学期 公顷 分钟 ㎡ m2 m3 m² m³ km2 km L h d t a s 日 天 年 月 季 周 旬 "
            "时 秒 人 户 米 吨 亩 次 升 床 车 台 个 辆 株 套 公斤 斤 方 例 头 件 村 生 万元 吨公里 万人 千人 百户"
        ),
        key=lambda word: (-len(word), word),
    )
)
RATE: Final = f"[/每](?:{_PER})(?:[/·每](?:{_PER}))?"
CHINESE_UNITS: Final = pattern([*(w for w in _CANONICAL if w not in _ARABIC_WORDS), *_COUNTS])
FIRST: Final = "".join(sorted({w[0] for w in (*_CANONICAL, *_COUNTS)}))  # how a unit may begin
UNITS: Final = pattern([*_CANONICAL, *_COUNTS, *_COUNTS_ARABIC])

_PER_CANONICAL: Final = {
    **dict.fromkeys(("日", "天", "d"), "d"),
    **dict.fromkeys(("月", "个月"), "month"),
    **dict.fromkeys(("年", "a", "年度"), "year"),
    **dict.fromkeys(("季度", "季"), "quarter"),
    **dict.fromkeys(("周", "星期"), "week"),
    **dict.fromkeys(("小时", "时", "h"), "h"),
    **dict.fromkeys(("平方米", "㎡", "m2", "m²"), "m2"),
    **dict.fromkeys(("立方米", "立方", "方", "m3", "m³"), "m3"),
    **dict.fromkeys(("公里", "千米", "km"), "km"),
    **dict.fromkeys(("人", "万人", "千人"), "people"),
    "吨": "t",
    "亩": "mu",
    "公顷": "ha",
}


def canonical(value: float | None, unit: str) -> tuple[float | None, str | None]:
    """Value and unit in canonical units; the factor of a share without unit (0.75) is 100 %.

    >>> canonical(20, "万平方米")
    (200000.0, 'm2')
    """
    head, *rates = re.split(r"(?<=.)[/·]", unit)
    if not head:
        return (None if value is None else round(value * 100, 6)), "%"
    scale = re.match("万亿|亿|万|", head)[0]  # type: ignore[index]  # matches always
    word = head.removeprefix(scale)
    name, factor = _CANONICAL.get(word, (word, 1.0))
    factor *= SCALE_FACTOR[scale]
    name = "/".join([name or "", *(_PER_CANONICAL.get(rate, rate) for rate in rates)])
    return (None if value is None else float(f"{value * factor:.12g}")), name or None
