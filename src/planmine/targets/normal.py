"""Text as the patterns want it: half-width, without white space, with a map back to the original."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_TABLE: Final = {c: c - 0xFEE0 for c in range(0xFF01, 0xFF5F)} | {
    ord(a): b for a, b in zip("﹪∶〜‒–−―─．﹒", "%:~------.."[:8] + "..", strict=True)
}
_SPACE: Final = re.compile(r"\s")
_CELLS: Final = re.compile(r"(?<=\d)(?:[^\S\n]{2,}|\t)(?=\d)")


class Normal(NamedTuple):
    """``text`` without white space; ``origin[i]`` is the place of its character i in the original."""

    text: str
    origin: range | list[int]
    spaced: str | None  # half-width text with its white space, None if it has none


def normal(text: str) -> Normal:
    """Read full-width characters as half-width ones and leave white space out.

    A tab or a wide gap between two digits, as between the cells of a table, becomes a semicolon, so that
    two numbers never run together; a single space or a line break inside a number is dropped.
    """
    half = text.translate(_TABLE)
    if not _SPACE.search(half):
        return Normal(half, range(len(half)), None)
    spaced = _CELLS.sub(lambda gap: ";" + " " * (len(gap[0]) - 1), half)
    origin = [i for i, c in enumerate(spaced) if not c.isspace()]
    return Normal("".join([spaced[i] for i in origin]), origin, spaced)
