"""Numbers as Chinese plans write them: 1,200 and 3.5, 二十三 and 两百, 三分之二, xxx and $1.$2.

A number is read into a value and the scale words that stay with the unit: 三百万元 is 300 and 万元, as is
300万元. The patterns below work on text without white space and with half-width digits.
"""

from __future__ import annotations

import re
from typing import Final

_DIGITS: Final = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_TENS: Final = {"十": 10, "百": 100, "千": 1000}

ARABIC: Final = r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?"
CHINESE: Final = (
    r"(?:[零〇一二两三四五六七八九十百万亿]|千(?![瓦克伏])){1,16}(?:点[零〇一二三四五六七八九]+)?"
)
# A figure taken out before publication: xxx, XX, ××, ___, ??, **, 1xx, x.xx, or a lost decimal $1.$2.
REDACTED: Final = (
    r"\d*\$\d+(?:\.\$?\d+)?"
    r"|(?<![A-Za-z\d+])(?:\d{0,3}[xX×](?:[.xX×\d*_?]{0,30}[xX×\d])?|[*_?○●□■△]{2,30}[.xX×*_?]{0,30})(?![A-Za-z+])"
)
SCALE: Final = r"万亿|千万|百万|十万|千亿|百亿|十亿|亿|万|千|百"

# What the scale words between number and unit do: a factor, and the part that stays with the unit.
_SCALES: Final[dict[str, tuple[float, str]]] = {
    "": (1, ""),
    "百": (100, ""),
    "千": (1000, ""),
    "万": (1, "万"),
    "十万": (10, "万"),
    "百万": (100, "万"),
    "千万": (1000, "万"),
    "亿": (1, "亿"),
    "十亿": (10, "亿"),
    "百亿": (100, "亿"),
    "千亿": (1000, "亿"),
    "万亿": (1, "万亿"),
}
SCALE_FACTOR: Final[dict[str, float]] = {"": 1.0, "万": 1e4, "亿": 1e8, "万亿": 1e12}

_D = "[一二两三四五六七八九]"
# 1 to 9999 in the usual grammar; 三四 or 二〇一八 are no numbers of this kind.
_SECTION: Final = re.compile(rf"(?:({_D})千)?零?(?:({_D})百)?零?(?:({_D})?十)?零?({_D})?")
_PRODUCT: Final = re.compile(r"[\d.]*[xX×*][\d.]+")


def _section(text: str) -> int | None:
    match = _SECTION.fullmatch(text)
    if not text or not match:
        return None
    thousands, hundreds, tens, ones = (_DIGITS[d] if d else 0 for d in match.groups())
    if "十" in text and not tens:
        tens = 1
    return thousands * 1000 + hundreds * 100 + tens * 10 + ones


def _whole(text: str) -> float | None:
    """The value of a Chinese whole number with 万 and 亿 inside: 三万五千 is 35000."""
    total = 0.0
    for mark in ("亿", "万"):
        if mark in text:
            head, text = text.split(mark, 1)
            value = _section(head)
            if value is None:
                return None
            total += value * SCALE_FACTOR[mark]
    if not text:
        return total
    rest = _section(text.removeprefix("零"))
    return None if rest is None else total + rest


def chinese(text: str) -> tuple[float, str] | None:
    """Value and scale of a Chinese number, None if the characters form none: 三百万 is (300, 万)."""
    text, _, decimals = text.partition("点")
    scale = re.search("(?:万亿|亿|万)?$", text)[0]  # type: ignore[index]  # matches always
    head = text.removesuffix(scale)
    if head.startswith(("百", "千")) and len(head) == 1:  # 上百家, 近千人, 百万元
        head = "一" + head
    value = 0.0 if head in ("零", "〇") else (1.0 if not head and scale else _whole(head))
    if value is None:
        return None
    if decimals:
        value += float("0." + "".join(str(_DIGITS[d]) for d in decimals))
    return value, scale


def is_bare(text: str) -> bool:
    """Whether a Chinese number has no digit of its own: 百, 千, 万, 千万. It counts only after 上, 近, 超…"""
    return not any(c in _DIGITS or c == "十" for c in text)


def arabic(text: str, scale: str) -> tuple[float, str]:
    """Value and remaining scale of Arabic digits: ("3", "千万") is (3000, 万)."""
    factor, rest = _SCALES[scale]
    return float(text.replace(",", "")) * factor, rest


def scaled(value: float, own: str, scale: str) -> tuple[float, str] | None:
    """A Chinese number followed by more scale words, as in 二十多万; None where both have one."""
    if own and scale:
        return None
    factor, rest = _SCALES[scale]
    return value * factor, own or rest


def is_product(text: str) -> bool:
    """Whether text is a product such as 2×60, a specification and no redacted figure."""
    return _PRODUCT.fullmatch(text) is not None


def fraction(whole: str, part: str) -> tuple[float, str] | None:
    """Value and unit of whole分之part: 百分之八十 is (80, %), 四分之三 is (0.75, "")."""
    signs = {"百": "%", "千": "‰", "万": "‱"}
    value = float(part) if part[0].isdigit() else None
    if value is None:
        read = (1.0 * _TENS[part], "") if part in _TENS else chinese(part)
        if read is None or read[1]:
            return None
        value = read[0]
    if whole in signs:
        return value, signs[whole]
    base = float(whole) if whole.isdigit() else (chinese(whole) or (0.0, ""))[0]
    return (round(value / base, 4), "") if base > value else None
