"""Who is responsible: the units named in responsibility notes and as the subject of a measure."""

from __future__ import annotations

import re
from collections.abc import Sequence

_ROLE = r"(?:牵头|责任|配合|协助|协办|主办|承办|落实|参与|实施|主责|负责)(?:单位|部门|科室|领导|人|处室|股室)"
_NOTE_FIELD = re.compile(rf"(?:{_ROLE})\s*[:：]\s*([^;；)）】\]\n。]+)")
_SPLIT = re.compile(r"[、,，/\s]+|(?<=[局委办处])和(?=市|区|县|各)")
_BODY = (
    r"(?:局|委员会|委|办公室|办|处|厅|中心|大队|支队|中队|总队|所|站|队|科|股|馆|园|厂|场|公司|集团|街道|街道办事处|"
    r"指挥部|领导小组|机构|协会|基金会|党支部|党总支|党委|党组|工会|团委|妇联|社区|各区|各县|各镇|乡镇|各街道|各单位|各部门|各科室|各股室)"
)
_NAME = rf"[一-鿿（）()“”]{{0,16}}?{_BODY}"
_SUBJECT = re.compile(rf"(?:^|[，,；;。])(?:此外[，,])?(?P<name>{_NAME})(?:要(?!求)|应当?|负责|牵头|将)")
_BY = re.compile(rf"由(?P<name>{_NAME})(?:牵头|负责|组织|会同|实施|开展|承担)")
_WITH = re.compile(
    rf"(?:委托|联合|会同|督促|组织)(?P<name>{_NAME}(?:、{_NAME})*)(?=[，,、。；开推进落实加对完建组全进])"
)
_STARTS = re.compile(r"^(?:此外|同时|要|将|并|积极|继续|进一步|充分发挥)+")
_MAX = 18


def read_agencies(text: str, notes: Sequence[str] = ()) -> tuple[str, ...]:
    """Names of responsible bodies as written, in the order note (lead before help), subject, helper.

    Recall in running text is limited to bodies whose name ends like an office (局, 办, 中心, 各区 …) and
    that stand as subject (…要, …负责, 由…牵头) or helper (联合…, 委托…).
    """
    found: list[str] = []
    for note in notes:
        for match in _NOTE_FIELD.finditer(note):
            found.extend(part for part in _SPLIT.split(match.group(1)) if part)
    for pattern in (_SUBJECT, _BY, _WITH):
        for match in pattern.finditer(text):
            found.extend(_STARTS.sub("", name) for name in match["name"].split("、"))
    names = [name.strip("()（）“” ") for name in found]
    return tuple(dict.fromkeys(name for name in names if 1 < len(name) <= _MAX))
