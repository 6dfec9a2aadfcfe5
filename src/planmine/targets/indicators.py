"""What a figure measures, as a short noun phrase from its clause: 清运垃圾, 达标小区覆盖率.

Two forms: the noun stands before the figure (清运垃圾 20 吨) or behind it (新建 8 个公园). In a list the verb
of the first item goes for the later ones (更换电缆 20 米、灯头 3 个 gives 更换灯头), and after 分别 each figure
has its own subject (甲、乙分别增长 5% 和 6%).
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from planmine.targets.scan import Figure

_LONGEST: Final = 28  # characters

_VERB: Final = re.compile(
    "新(?:创建|增加|建成|建|增|购置|购|辟|开通|开|铺|签约|签|植|设|改建|栽)|增[设配加补]|建成|建设|建立|设[立置]|下设|修[建复剪缮]|提升改造|改[造建]"
    "|扩建|提升|配[备置建]|[购采][置买购]|更[换新]|维[修护保]|疏[浚通]|清[运理除扫掏洗淤拆]|拆除|取缔|整治|规范|查处|处[罚理置]|受理|办[理结]|立案"
    "|[下印刊]发|下达|发[放送展动]|张贴|悬挂|投[入放资洒运]|安排|拨付|争取|筹[措集]|出动|组[织建]|开[展通办]|[召举]开|举[办行]|栽[植种]|种植|补植|铺[设装]"
    "|完成|创建|打造|培[育训养]|引[进入]|招[聘募]|选派|慰问|实施|推[进动广]|打通|优化调整|优化|淘汰|关[闭停]|搬迁|转[运移]|粉刷|硬化|绿化|亮化"
    "|安装|接入|归集|划分|普查|排查|检[查测]|巡查|拖[移离]|暂扣|消杀|化解|调处|压[减缩]|节约|解决|覆盖|惠及|服务|吸引|接待|签约|奖励|补助"
    "|施划|整合|[制编]制|制定|出台|评选|命名|认定|聘[请用]|成立|启动|抽查|约谈|收缴|没收|教育|纠正|劝离|铲除|邀请|征集|收集|回复|采纳"
    "|资助|救助|[配设建]"
)
_ADVERB: Final = (
    r"(?:[“\"(]|(?:全[市区县年局镇省州]|我[局市区县镇州]|各[区县地])(?!面)|共计|累计|总计|合计|共|已经?|将|计划(?!生育)|拟|力争|确保|预计|其中|分别|现有|目前"
    r"|年内|进一步|全面|继续|大力|积极|加快|扎实|深入|高标准|高质量|要|再|并|还|同时|先后|今年|当年|明年|上半年|下半年|年底前?|[^,;。]{0,14}以来|完成了|实现|成功"
    r"|(?:截至|到|至)?(?:20\d\d|20[xX×]{2})年?(?:\d+月)?[底末初]?前?|\d+月底?前|[一二三四五六]是|在(?!建|岗|职|校|册)[^,;。、]{1,14}[中内上里处等间]|对|使|让|把|为|于|到)"
)
_LEAD: Final = re.compile(f"{_ADVERB}+")
_COPULA: Final = re.compile(
    r"(?:分别|均要?|也|都|已|将|要|力争|确保|原则上|一般|平均)?(?:控制在|保持在|稳定在|维持在|巩固在|不得?[低少高大小短多]于|不超过|[低高大]于|超过|突破|达到了?|达|"
    r"(?:提高|提升|增加|增长|上升|下降|降低|减少|扩大|扩展|发展|调整|缩短|压缩|增|升|降|减)[到至为]|为|是|有|近|约|超|逾|至少|共|在|的|各|了|以|等|不足|不到|首次|首|上|过|足)+$"
)
_PER_TIME: Final = re.compile("(?:平均)?每个?(?:半?年度?|季度?|月|周|旬|天|日|小时|人|户|次)")
_FROM: Final = re.compile(r"[由从][^由从]*$")
_BREAK: Final = re.compile(r"[,;。:!?()]")
_METRIC: Final = re.compile(
    "(?:[率量额度值比数]|面积|长度|全长|总长|[长宽]|收入|浓度|得分|能力|投资|里程|水平|比重|比例|占比|时间|强度|指标|标准|占地|资金"
    "|增长|下降|上升|提高|增加|减少|降低|增幅|涨幅|净增|翻)$"
)
_GROWTH: Final = re.compile(
    "(?:同比|环比|比?较?上年|比去年|年均|分别|均|净|、|和|,)*(?:增长|下降|上升|提高|增加|减少|降低|增|降|占比|翻)(?:[率了]|约)?"
)
_NOUN_BEHIND: Final = re.compile(
    r"的?(?P<noun>[^,;。:!?、()\d]{1,24}(?:、[^,;。:!?()\d、]{1,10}(?:改造|建设|提升|项目)[^,;。:!?()\d、]{0,6})?)"
)
_NO_NOUN: Final = re.compile(
    "用于|购置|参加|开展|进行|加强|达到|达标|投入|启动|通过|实现|建成|开工|支持|在|由|和|及|并|为|与|、|的?任务$|全部|[以之][上下内]|左右|增长|占"
)
_CUT: Final = re.compile(
    "(?:投入使用|投入运营|全部|有序|顺利|全面|开工|竣工|得到|妥善).*$|(?:和|与|及|以及)$"
)
_LIST: Final = re.compile("[、和与及]|以及")


class Carry(NamedTuple):
    """What one figure hands on to the next of its list."""

    verb: str = ""
    subjects: tuple[str, ...] = ()  # of 甲、乙分别…
    ending: str = ""  # 增长
    place: int = 0  # the next subject
    last: str = ""  # the indicator before


def indicator(text: str, figure: Figure, previous_end: int, carry: Carry) -> tuple[str, Carry]:
    """The indicator of a figure, and what it hands on; ``previous_end`` is the end of the figure before."""
    if figure.act:
        return f"{figure.act}频次", carry
    floor = max(previous_end, figure.start - 60)
    before = text[floor : figure.start]
    breaks = [m.end() for m in _BREAK.finditer(before)]
    head = before[breaks[-1] :] if breaks else before
    if not previous_end or breaks:
        carry = carry._replace(verb="")
    if not head and len(breaks) > 1:  # 达标率,98%
        head = before[breaks[-2] : breaks[-1] - 1]
    head = _LIST.sub("", head, count=1) if _LIST.match(head) else head
    if carry.place and carry.place < len(carry.subjects) and not head:
        name = carry.subjects[carry.place] + carry.ending
        return name, carry._replace(place=carry.place + 1, last=name)
    if figure.baseline is not None:
        head = _FROM.sub("", head)
    if figure.per:
        head = re.sub(f"(?:平均)?每.?{re.escape(figure.per.partition('/')[0])}", "", head)
    head = _PER_TIME.sub("", head)
    core = _COPULA.sub("", head)
    lead = _LEAD.match(core)
    core = core[lead.end() :] if lead and lead.end() < len(core) else core
    if "分别" in core or "分别" in head:
        return _respective(core if "分别" in core else head)
    metric = _METRIC.search(core) is not None
    verb = "" if metric else _verb(core)
    behind = None if metric else _NOUN_BEHIND.match(text, figure.end)
    if behind and not _NO_NOUN.match(behind["noun"]):
        noun = _CUT.sub("", behind["noun"]).rstrip("的等")
        return _handed((verb or carry.verb) + noun, carry, verb or carry.verb)
    if not core or _GROWTH.fullmatch(core):
        base = re.sub("(?:同比|分别)?(?:增长|下降)$", "", carry.last)
        name = base + core.strip("、和,") if core else carry.last
        return name[-_LONGEST:], carry._replace(last=carry.last if core else name)
    if "、" in core:
        core = core.rpartition("、")[2] or core
    core = core.strip("、的等”“")
    if verb and core.find(verb) > 0:
        core = core[core.find(verb) :]
    elif not verb and not metric and carry.verb:
        core = carry.verb + core
    return _handed(core, carry, verb or carry.verb)


def _handed(name: str, carry: Carry, verb: str) -> tuple[str, Carry]:
    name = name[-_LONGEST:]
    return name, carry._replace(verb=verb, last=name, subjects=(), place=0)


def _respective(core: str) -> tuple[str, Carry]:
    """甲、乙分别增长: the first subject, and the others for the figures to come."""
    listed, _, ending = core.partition("分别")
    subjects = tuple(part for part in _LIST.split(listed) if part)
    ending = _COPULA.sub("", ending)
    name = (subjects[0] if subjects else "") + ending
    return name, Carry(subjects=subjects, ending=ending, place=1, last=name)


def _verb(core: str) -> str:
    match = _VERB.search(core)
    return match[0] if match else ""
