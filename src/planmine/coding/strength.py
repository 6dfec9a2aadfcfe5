"""Strength of commitment: an ordinal reading of the wording of a planned measure."""

from __future__ import annotations

import re

# Words that bind whatever the object; a stated figure or date binds as well.
_BINDS = re.compile(
    r"必须|务必|确保|保证|坚决|一律|严禁|不得|杜绝|方可|全面完成|全部|如期|全覆盖|清零|百分之百|"
    r"(?:年底|月底|年内|季度|月份|[日月])前|年内|建成|必(?:惩|肃|访|查)"
)
# Words that lean towards action, where they lead the measure.
_LEANS = re.compile(
    r"^.{0,14}?(?:鼓励|探索|研究|争取|争创|力争|逐步|试点|引导|支持|适时|条件成熟|有条件的|倡导|谋划|酝酿|论证|建议|试行)"
)


def read_strength(text: str, figures: int = 0) -> int:
    """3 binding (必须, 确保, 建成, a stated amount or date), 2 acting (推进, 加强), 1 leaning (鼓励, 探索, 研究).

    ``figures`` is how many figures the measure states. The scale is defined in codebook.yaml, with examples.
    """
    if figures or _BINDS.search(text):
        return 3
    return 1 if _LEANS.search(text) else 2
