"""Strength of commitment: an ordinal reading of the wording of a planned measure."""

from __future__ import annotations

import re

# 3 binds (a result that can be checked), 2 acts, 1 leans towards action. docs/coding-guide.md has examples.
_BINDS = re.compile(
    r"必须|务必|确保|坚决|严禁|不得|杜绝|全面完成|全部完成|如期完成|实现.{0,20}(?:100|百分之百|全覆盖|清零)|"
    r"(?:年底|月底|月|日)前.{0,30}(?:完成|建成|实现|投用)|(?:完成|建成|新建|改造|新增|达到?|提高到).{0,12}\d"
)
_LEANS = re.compile(
    r"鼓励|探索|研究|争取|力争|逐步|试点|引导|支持|适时|条件成熟|有条件的|倡导|谋划|积极推动|酝酿|论证|前期工作"
)


def read_strength(text: str) -> int:
    """3 binding (必须, 确保, 年底前完成, a stated amount), 2 acting (推进, 加强), 1 leaning (鼓励, 探索, 研究)."""
    if _BINDS.search(text):
        return 3
    return 1 if _LEANS.search(text) else 2
