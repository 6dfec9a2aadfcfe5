"""The form in which the coder reads text: half-width, without white space, figures alike."""

from __future__ import annotations

import re
import unicodedata

_FIGURE = re.compile(r"[0-9][0-9,.]*|[xX×]{2,}|_{2,}|\?{2,}")
_SPACE = re.compile(r"\s+")
_FOOTNOTE = re.compile(r"﹝\s*\d+\s*﹞|\[\s*\d{1,3}\s*\]|〔\s*\d{1,2}\s*〕")


def fold(text: str) -> str:
    """Half-width, without white space and footnote marks, each figure as ``0``."""
    text = unicodedata.normalize("NFKC", _FOOTNOTE.sub("", text))
    return _FIGURE.sub("0", _SPACE.sub("", text))
