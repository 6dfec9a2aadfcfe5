"""The same figure in two measures: which belong together, and which way is more."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

Target = Mapping[str, Any]
LIKE = 0.6  # least likeness of what two figures measure
# What stands around the thing that is measured; 只, 仅 and 实际 say how a result was reached, and stand where one was missed.
_FRAME = re.compile(
    r"同比|年均|净?增长率?|实际|[只仅](?=完成|建成|达|有|实现)|完成|新增加?|新建|建成|建设|达到?|提高到?|提升到?|实现|实施|启动|全[年市区县]|累计|左右|以上"
)
_LESS = re.compile(r"控制在|不超过|不高于|低于|至多|[降减压缩短少低]{1,2}[到至]|失业|死亡|事故")


@dataclass(frozen=True, slots=True)
class Paired:
    """A figure of one measure beside that of another: ``likeness`` of what they measure, 0 to 1."""

    first: Target
    second: Target
    likeness: float
    less_is_more: bool

    @property
    def values(self) -> tuple[float, float]:
        return float(self.first["canonical_value"]), float(self.second["canonical_value"])


def pair_figures(first: Sequence[Target], second: Sequence[Target], *, alone: float = LIKE) -> list[Paired]:
    """Figures of the same unit and a like indicator side by side, the likest first, each once.

    Likeness is the overlap coefficient (Simpson 1943) of both indicators, the mean of characters and of their pairs,
    verbs of planning and 增长 left out; ``alone`` is the least of a unit that stands once on both sides, for measures
    that are known to be the same action. Kept from LIKE on. Figures without a value are left out.
    """
    known = [
        [t for t in side if t["canonical_value"] is not None and not pd.isna(t["canonical_value"])]
        for side in (first, second)
    ]
    units = [[_unit(t) for t in side] for side in known]
    found = []
    for i, a in enumerate(known[0]):
        for j, b in enumerate(known[1]):
            if units[0][i] != units[1][j]:
                continue
            once = units[0].count(units[0][i]) == units[1].count(units[1][j]) == 1
            likeness = max(_likeness(a["indicator"], b["indicator"]), alone if once else 0.0)
            if likeness >= LIKE:
                found.append((-likeness, i, j))
    pairs, taken = [], (set[int](), set[int]())
    for minus, i, j in sorted(found):
        if i not in taken[0] and j not in taken[1]:
            taken[0].add(i)
            taken[1].add(j)
            a, b = known[0][i], known[1][j]
            pairs.append(Paired(a, b, -minus, _less(a) or _less(b)))
    return pairs


def _unit(target: Target) -> str:
    """The unit figures are compared in; 处, 个 and 座 count the same things in other words."""
    unit = str(target["canonical_unit"] or target["unit"] or "")
    return "个" if unit in ("处", "座", "个", "家", "所", "套", "盏", "块", "辆", "株", "棵") else unit


def _less(target: Target) -> bool:
    """Whether less is more ambitious: a limit, or a level that is to fall to; 压减5% is the more the better."""
    return target["comparator"] in ("<", "<=") or bool(_LESS.search(str(target["indicator"])))


def _likeness(a: str, b: str) -> float:
    """What two indicators have in common, by the shorter one, 0 to 1."""
    first, second = (_FRAME.sub("", str(text)) or str(text) for text in (a, b))
    shares = []
    for size in (1, 2):
        one, other = (
            Counter(text[k : k + size] for k in range(len(text) - size + 1)) for text in (first, second)
        )
        if one and other:
            shares.append((one & other).total() / min(one.total(), other.total()))
    return sum(shares) / max(len(shares), 1)


def written(target: Target) -> str:
    """The figure as the plan writes it: 20座."""
    return f"{float(target['value']):g}{target['unit']}"
