"""What looks like a figure and is none: ordinals, ranks, dates, names, named sets, idioms, 一 as an article."""

from __future__ import annotations

import re
from typing import Final

from planmine.targets import numerals, units
from planmine.targets.scan import Figure

_TITLES: Final = re.compile("《[^》]{1,120}》")
_OPENING: Final = "“\"‘「『'"
_QUOTE_OPEN: Final = re.compile("[“‘「『\"'][^,;。、”’」』\"']{0,4}$")
_QUOTED_SET: Final = re.compile("[^,;。、“”’」』\"']{0,8}[”’」』\"']")

# Right before the number.
_ORDINAL: Final = re.compile(r"第$|[〔\[]$|No\.?$|首$|[百千万]分之$|[国省县乡]道$")
_AMONG_FIRST: Final = re.compile("(?:^|[^目当以之年月日底末期节天汛提门])前$")
_RANK: Final = re.compile(
    r"(?:居|列|排名?|名次|位次|升至|升到|跃至|跻身|进入|进位)[^,;。\d]{0,10}(?<![移升进高退降跃])$"
)
_LABEL: Final = re.compile(r"[A-Za-zⅠ-Ⅻ_+#№/]$|[A-Za-z\d][-—~]$|\d:$|\d\.$")
_CODE: Final = re.compile(r"0\d")
_VAGUE: Final = re.compile("[几数每届]$|好几$|若干$|连续$")
_POINTING: Final = re.compile(
    "(?:以下|如下|下列|下面|上述|以上|[这那哪同另某任整唯此该首头每第]|最后|国内|国外|这样|又|再|任何)$"
)
# Right after the unit.
_NAME_AFTER: Final = re.compile("制(?![度定止约作造药冷])")  # 三班制
_CIRCLE: Final = re.compile("[^,;。、]{0,8}圈")

# What a named set is made of; after Arabic digits only the first are beyond doubt.
_ABSTRACT: Final = re.compile(
    "(?:重要|主要|大的?|不同|基本)?(?:方面|层面|环节|层次|阶段|步骤|意识|自信|维护|确立|统一|全面|代表|务必|转变)|一[,;。、”]"
)
_NAMED_SET: Final = re.compile(
    "(?:重要|主要|关键|重点|基本|大|根本)?(?:方面|层面|层级|环节|层次|阶段|步骤|原则|意识|自信|维护|确立|一|统一|全面|代表"
    "|务必|倡导|注重|坚持|到位|转变|文明(?!村|单位|社区|城|镇|校|家|小|岗|实践)|百年|不|毫不|更|率先|结合|加强|强化|必须|着力|突出|提升|优化|确保|深化|狠抓|严格"
    "|带头|关系|维度|领域|城市(?=[,;。、的]|$)|[^,;。、]{1,3}化(?=[,;。、的]|$)|规定|纪律|制度|机制|职能|要求|禁令|主线|战线|底线|红线|防线|心(?!理)|龙|腿|手|事(?!故|项|迹|业)|大事|好"
    "|树(?![木苗种])|房(?!屋)|力|度(?!假)|抓手|责任|问题|难题|优先|到底|满意|优异|答卷|金字招牌|拒绝|专题|关键|着眼|突破|走在|先行|过硬|延伸|覆盖|提高|体系|能力|要素|有(?!机)|无(?!障|物|线|人)|[没以抓为让])"
)
_SESSION: Final = re.compile("(?:[、和][一二三四五六七八九十]+次)*(?:全会|会议|全体|党代会|代表大会)")
_WANDERING: Final = re.compile("[奔走扩散打寻求乱张找流游丢]")

# 一 states a quantity after one of these ...
_AT_LEAST: Final = re.compile(
    "(?:至少|不少于|不低于|最少|不超过)[^,;。、\\d]{0,6}$|(?:各|均|超过|仅)[建设配有]?$"
)
_MAKES: Final = re.compile(
    "(?:新建|新增|建成|建设|增设|设立|设置|新设|新开|修建|改造|改建|扩建|配备|配置|购置|购买|采购|安排|创建|拆除|关闭|搬迁"
    "|引进|招聘|聘请|聘用|安装|开通|打通|增加|投放|承办|举办|选派|派驻|减少|淘汰|组建|明确|确定|开办|投用|启用|配|建|设)了?$"
)
_HOLDS: Final = re.compile("(?:开展|组织|召开|举办|举行|进行|集中|安排|召集|开|办|做)(?:了)?$")
_THINGS: Final = units.words("座 台 辆 处 个 所 家 条 名 盏 块 部 栋 幢 间 口 套")
_EVENTS: Final = units.words("次 场 期 遍 轮 批次 场次")
_AFTER_NOUN: Final = units.words("座 台 辆 处 所 家 条 名 盏 套 部 栋 幢 间 口 支 次 场 份 件 个")
_MEASURED: Final = units.words("个百分点 百分点 倍 小时 个小时 公顷 吨 万 亿")
_NOT_A_THING: Final = re.compile(
    "(?:良好|整洁|优美|和谐|公平|崭新|新的|全新|强有力|高效|统一|更|美丽|环境|什么|好|人|又一|接|最|充满|没有|安全|现代|国际|宜居)"
    "|[^,;。]{0,12}(?:队伍|路子|之路|新路|氛围|局面|印象|形象|格局|开端|城市)"
)
_NO_QUANTITY_BEFORE: Final = re.compile("[又再同每第之唯这那另某哪任上下前后首头有中的是为了统之到如万]$")
_END: Final = re.compile(r"[,;。、)!]|$")

# A number without a digit of its own (上百家, 近千人) or 翻番.
_CUE: Final = re.compile("(?:上|近|过|超|逾|达|破|约|达到|近乎|足)了?$")
_OFFICE: Final = re.compile("(?:^|[,;。、(由向经报与和对各])$")
_SCORE: Final = re.compile(
    "得分|评分|分数|测评|成绩|满意度|考核|[扣加减计满均]|指数|达标线|低于|高于|[达到]$"
)
_MULTIPLIED: Final = re.compile("[增翻扩高多大长的达超是近约为到了]$")
_FEEDS: Final = re.compile("视频|监控|探头|摄像|高清|信号")


def titles(text: str) -> list[tuple[int, int]]:
    """The spans of titles, 《…》, in which nothing is a figure."""
    return [match.span() for match in _TITLES.finditer(text)] if "《" in text else []


def is_figure(text: str, figure: Figure, titled: list[tuple[int, int]]) -> bool:
    """Whether a number with a unit states a quantity."""
    if any(a <= figure.start < b for a, b in titled):
        return False
    before, after = text[max(0, figure.start - 16) : figure.start], text[figure.end : figure.end + 14]
    if figure.kind == "fraction":
        return not figure.number.startswith(("一分", "万分")) and not before.endswith(("个", "“"))
    if figure.kind == "half":
        return bool(figure.suffix) or before.endswith(("占", "降", "少", "达", "近", "约", "了", "过", "的"))
    if _ORDINAL.search(before) or _NAME_AFTER.match(after):
        return False
    if figure.value is None:
        office = figure.word in ("处", "所", "部", "组", "段", "道", "班") and _OFFICE.search(before)
        if figure.number in ("**", "****") and not _END.match(after):  # Markdown's bold
            return False
        return not office and _word_fits(figure, before, after)
    if not _word_fits(figure, before, after):
        return False
    if _QUOTE_OPEN.search(before) and _QUOTED_SET.match(after):
        return figure.unit.endswith(("%", "米", "元", "分钟", "小时")) and figure.kind == "arabic"
    if figure.word in ("位", "名", "个位次", "位次") and _RANK.search(before):
        return figure.word == "个位次"
    if figure.word in ("位", "名", "%", "家") and _AMONG_FIRST.search(before):
        return False
    if figure.kind == "arabic":
        return not (
            _CODE.match(figure.number)
            or _LABEL.search(before)
            or before.endswith("每")
            or _ABSTRACT.match(after)
        )
    return _chinese_fits(figure, before, after)


def _word_fits(figure: Figure, before: str, after: str) -> bool:
    """Conditions of single units: hours on duty, 15分钟生活圈, ages, scores, dates, bus lines."""
    word = figure.word
    if word in ("小时", "分钟", "公里", "米") and _CIRCLE.match(after):
        return False
    if word == "小时" and figure.value == 24 and not figure.suffix:  # 24小时值班, 24小时书房
        return before.endswith(("于", "少", "达", "到", "过"))
    if word == "期":
        return not before.endswith(("线", "厂", "程", "目", "园", "路", "区"))
    if word == "日":
        return "内" in figure.suffix and not before.endswith("月")
    if word == "岁":
        return "寿命" in before
    if word == "分":
        return figure.suffix != "" or _SCORE.search(before) is not None
    if word == "度":
        return figure.unit != "度"
    if word == "番":
        return "翻" in before[-3:]
    if word == "路":
        return _FEEDS.search(before + after) is not None
    if word == "倍" and figure.kind == "chinese":
        return _MULTIPLIED.search(before) is not None
    if word == "大":
        return re.match("[一-龥]", after) is not None and figure.value is not None and figure.value < 100
    return True


def _chinese_fits(figure: Figure, before: str, after: str) -> bool:
    """Whether a Chinese numeral counts something, and is no part of a name, a set or an idiom."""
    number, word = figure.number, figure.word
    if (
        _VAGUE.search(before)
        or _POINTING.search(before)
        or before[-1:] in tuple(_OPENING)
        or figure.value == 0
    ):
        return False
    if number == "二" and figure.unit in _THINGS | _EVENTS:  # 二次供水; the count is 两次
        return False
    if numerals.is_bare(number):  # 超亿元 names a class of things
        return number[0] in "百千" and _CUE.search(before) is not None
    if word == "元" and figure.unit == "元" and (figure.value or 0) < 10:
        return False
    if word in ("天", "日") and not figure.suffix and not before.endswith(("于", "少", "长", "短")):
        return False
    if number == "一" and not figure.more and figure.unit == word:
        return _one_counts(figure, before, after)
    if (figure.value or 0) <= 12 and _NAMED_SET.match(after):
        return False
    if word == "次" and _SESSION.match(after):
        return False
    return not (number == "四" and word == "处" and _WANDERING.match(after))


def _one_counts(figure: Figure, before: str, after: str) -> bool:
    """Whether 一 with a measure word states a quantity that one could check: 新建一座, 开展一次."""
    word = figure.word
    if word in _MEASURED:
        return not before.endswith("最后") and not after.startswith("经济圈")
    if word == "番":
        return True
    if _AT_LEAST.search(before):
        return word not in ("起", "样", "件")
    if _NOT_A_THING.match(after) or after.startswith(word):  # 一个个
        return False
    if word in _THINGS and _MAKES.search(before):
        return True
    if word in _EVENTS and _HOLDS.search(before):
        return not after.startswith("性")
    return (
        word in _AFTER_NOUN
        and _END.match(after) is not None
        and re.search("[一-龥”]$", before) is not None
        and _NO_QUANTITY_BEFORE.search(before) is None
    )
