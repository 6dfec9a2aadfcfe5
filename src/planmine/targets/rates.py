"""Rates that are said around the figure: 每百米3个, 每季度一次, 每月一评, 一个社区安排三名."""

from __future__ import annotations

import re
from typing import Final

from planmine.targets import numerals
from planmine.targets.scan import Figure

_PERIOD: Final = "半年|两年|年度|年|季度|季|个月|月|周|星期|旬|天|日|小时|学期|晚|次"
_COUNT: Final = r"\d|[一二两三四五六七八九十]"
_MEASURE: Final = "[个名位条座家户处台辆所支间栋]"
_SIZE: Final = r"(?:\d+|[一二两三四五六七八九十半]*)[百千万]?"
_KIND: Final = "名?老人|名?老年人|名?户籍老人|户籍人口|常住人口|人口|人|户|平方公里|平方米|公里|米|亩|公顷|吨|头|辆|台|床|立方米|起|例|件|斤|公斤|度|平方"
# What 每 may count by, with up to four characters before it: 每个重点产业.
_NOUN: Final = (
    "社区|小区|行政村|自然村|村居|村|镇街|乡镇|镇|乡|街道|县市区|县区|区县|县市|市县|县|区|市|网格|路段|道路|主干道|路|公园|公厕|中转站|站点"
    "|学校|班级|班|支部|党员|干部|队员|职工|人员|教师|学生|老人|企业|园区|产业链|产业|行业|项目|单位|部门|科室|中队|大队|小组|队|家庭|贫困户|户"
    "|学科|岗位|点位|楼栋|楼道|门店|市场|医院|窗口|片区|街巷|河道|河段|基地|工地|辆车|车|生|人|孩|点|站|所|店|院|园|桥|厕|岗|箱"
)
_PER_TIME: Final = re.compile(
    rf"每隔?(?P<n>\d|[一两二三四五六])?(?P<x>{_PERIOD})(?!度?[一-龥]{{0,2}}均)(?P<gap>[^;。”]*)$"
)
_PER_SIZE: Final = re.compile(rf"每(?P<x>{_SIZE}(?:{_KIND}))(?P<gap>[^,;。”]*)$")
_PER_THING: Final = re.compile(rf"每一?{_MEASURE}?(?P<x>[一-龥]{{0,4}}?(?:{_NOUN}))(?!均)(?P<gap>[^,;。”]*)$")
_PLACES: Final = "社区|小区|街道|乡镇|镇街|镇|村|行政村|自然村|路段|网格|楼栋|片区|企业|单位|学校|支部|点位|项目|县区|县|园区|家庭"
# 一个社区,安排一名: said of each
_EACH: Final = re.compile(
    rf"(?:^|[,;。、(（“\"即])一[个条名家座]?(?P<x>{_PLACES}),?(?P<gap>[^;。)]{{0,24}})$"
)
_EACH_TIME: Final = re.compile(r"一(?P<x>年|季度|季|月|周|天|日|旬)$")
_EACH_OF: Final = frozenset("名个人支位台辆")
_NO_RATE: Final = frozenset(
    ("%", "‰", "‱", "个百分点", "百分点", "倍", "成", "番", "个工作日", "工作日", "/10万", "")
)
_EVENTS: Final = frozenset(("次", "场", "期", "遍", "轮", "场次", "批次"))
_REACH: Final = 120  # characters before the figure in which 每 is looked for
_LISTED: Final = re.compile("[、和与及]")

_OFTEN: Final = re.compile(
    rf"(?:每(?:一|个)?|一)(?P<x>年|半年|季度|季|个月|月|周|天|日|旬)(?P<n>{_COUNT})"
    r"(?P<act>交|查|检|评|报|巡|训|课|讲|会|学|扫|清|洗|测|结|审|晒|访|考|推|练|调|督|议|研|提示|调度|通报|考核|督查|排名|走访|研判|总结"
    r"|点评|讲评|小结|汇总|例会|更新|评比|奖惩|考评|检查|巡查|曝光|演练|培训|清洗|消毒|研讨|调研|督导|公示|清扫|冲洗|消杀|保洁|巡检|轮换|修剪|除草|晾晒|抽查|暗访|自查|交账|报告|会商|评议|反馈|盘点|测评)"
    r"(?=[”\"’」』,。、;)的制等]|$)"
)


def often(text: str) -> list[Figure]:
    """The set phrases of frequency in ``text``: 每月一评 is 1 次/月."""
    found = []
    for match in _OFTEN.finditer(text):
        times, _ = numerals.chinese(match["n"]) or (float(match["n"]), "")
        per = match["x"].removeprefix("个")
        figure = Figure(*match.span(), "chinese", match["n"], times, f"次/{per}", "次", False, "", per=per)
        figure.act = match["act"]
        found.append(figure)
    return found


def denominator(text: str, figure: Figure, previous: Figure | None) -> str | None:
    """What the figure is counted per, or None: 百米 for 每百米3个; ``previous`` is the figure before it."""
    if figure.word in _NO_RATE or figure.unit.count("/"):
        return None
    reach = max(0, figure.start - _REACH)
    sentence = max(reach, *(text.rfind(mark, reach, figure.start) + 1 for mark in "。;!?"))
    clause = text[max(sentence, text.rfind(",", reach, figure.start) + 1) : figure.start]
    if previous and previous.end > figure.start - len(clause):
        clause = text[previous.end : figure.start]
        if "每" not in clause:  # 每年建公园10个、绿道5公里, but not 每年引进一个超50亿元的项目
            return previous.per if previous.per and _LISTED.search(clause) else None
    event = figure.word in _EVENTS
    if "每" in clause:
        thing = _last(_PER_SIZE, clause) or (None if event else _last(_PER_THING, clause))
        time = _last(_PER_TIME, clause)
        if (
            time
            and len(time["gap"]) <= (30 if event else 14)
            and not time["gap"].startswith(("前", "底", "初"))
        ):
            period = ("" if time["n"] in ("一", "1", None) else time["n"]) + time["x"].removeprefix("个")
            if thing and not event and thing.end("x") == time.start():
                return f"{thing['x']}/{period}"
            return period
        if thing and len(thing["gap"]) <= 16:
            return thing["x"]
    each = _EACH_TIME.search(clause) if event else None
    if not each and figure.word in _EACH_OF:
        each = _EACH.search(text, sentence, figure.start)
    return each["x"] if each else None


def _last(pattern: re.Pattern[str], clause: str) -> re.Match[str] | None:
    """The match at the last 每 of the clause that the pattern accepts."""
    place = clause.rfind("每")
    while place >= 0:
        if match := pattern.match(clause, place):
            return match
        place = clause.rfind("每", 0, place)
    return None
