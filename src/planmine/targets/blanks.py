"""Figures that were left out between spaces before publication: 清运 吨、沟渠 公里, 开展 次专项整治."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from planmine.targets import units
from planmine.targets.scan import Figure

# Sizes and sums stand before any word; counts before one only after a verb; all of them before a mark.
_SIZES: Final = units.words(
    "公里 千米 平方米 平方公里 立方米 ㎡ m2 ㎥ 公顷 万元 亿元 万平方米 万亩 万吨 万户 人次 万人次 车次 台次"
)
_COUNTS: Final = units.words("个 座 条 处 辆 台 盏 根 名 户 家 场 次 项 件 起 份 块 口 支 套 幅 期")
_OTHERS: Final = units.words("吨 米 方 亩 元 % 万人 场次 批次 班次 杆 棵 株 人 只 篇 车")
_VERB: Final = re.compile(
    "(?:开展|组织|出动|清理|清除|拆除|整治|设置|张贴|发放|查处|取缔|规范|更换|维修|维护|新建|新增|改造|购置|安装|受理|处理"
    "|举办|召开|栽植|办理|完成|投放|悬挂|下发|下达)$"
)
# What makes a word with the unit, so that the space in 市 场 is only a stray one.
_WORDS: Final = {
    **{
        "场": "市广农商现立工",
        "期": "时日初遇学中长近",
        "家": "国专大农商",
        "条": "链信",
        "件": "条文案证事软邮",
    },
    **{
        "项": "事专选",
        "人": "工个法老别农商军病",
        "车": "汽货客班停机",
        "名": "姓报实著",
        "户": "门客农用账",
    },
    **{
        "次": "层档再依",
        "处": "用到各",
        "口": "人出进窗路港关",
        "块": "板模",
        "台": "平电后",
        "座": "讲",
        "套": "配",
    },
    **{
        "支": "收开",
        "份": "股身省月",
        "起": "一提兴发",
        "元": "多单美欧港日",
        "方": "地对各我双西东南北官",
        "米": "大玉",
    },
}
_BLANK: Final = re.compile(
    rf"(?<=[一-龥]{{2}})[”\"）)]?[^\S\n]+(?P<more>[余多])?(?P<unit>{units.pattern([*_SIZES, *_COUNTS, *_OTHERS])})"
    r"(?P<suffix>以上|左右)?(?P<mark>(?=\s*(?:[、,;。.!)]|$)))?(?P<word>(?=[一-龥]))?"
)


def blanks(spaced: str) -> Iterator[tuple[int, int, Figure]]:
    """The blank figures of a text with its white space, each with the place of its unit in that text."""
    for match in _BLANK.finditer(spaced):
        before, unit, more = spaced[max(0, match.start() - 2) : match.start()], match["unit"], match["more"]
        sure = match["mark"] is not None or more
        if not sure and not (
            match["word"] is not None and (unit in _SIZES or (unit in _COUNTS and _VERB.search(before)))
        ):
            continue
        if not more and before[-1:] in _WORDS.get(unit, ()):
            continue
        start = match.start("more") if more else match.start("unit")
        yield (
            start,
            match.end(),
            Figure(0, 0, "blank", "", None, unit, unit, bool(more), match["suffix"] or ""),
        )
