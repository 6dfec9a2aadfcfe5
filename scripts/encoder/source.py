"""Sentences of the public source: plain texts (.md) of city governments' reports."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from tqdm import tqdm

from planmine.embedding import mask

# City management is a small part of the source's sentences and the larger part of what PlanMine reads.
FIELD = re.compile(
    "垃圾|环卫|保洁|公厕|市容|城管|执法|绿化|公园|植树|造林|树|花|交通|公交|停车|道路|公路|拥堵|党|廉|摊|广告|违建|违法建|噪声"
    "|路灯|管网|排水|井盖|海绵|疫|消毒|卫生|医院|疾|数字|平台|网格|监测|标准|宣传|教育|群众|满意|志愿|培训|干部|队伍|人才"
    "|考核|领导|责任|督查|机制|预算|改革"
)


def sentences_of(source: Path) -> list[str]:
    """The masked sentences of all Markdown files below ``source``, each once, in a fixed order."""
    found: set[str] = set()
    for file in tqdm(sorted(source.rglob("*.md")), desc="sentences"):
        body = file.read_text(encoding="utf-8").split("---", 2)[-1]
        for sentence in re.split(r"[。！？；\n]", body):
            text = re.sub(r"\s+", "", sentence)
            if 10 <= len(text) <= 120:
                found.add(mask(text))
    if not found:
        raise SystemExit(f"{source}: no sentence in any .md file; give the folder of the plain texts")
    return sorted(found)


def sample(sentences: list[str], size: int) -> list[str]:
    """Five of eight about city management, in an order by digest: it hardly changes where masking does."""

    def first(candidates: list[str], many: int) -> list[str]:
        return sorted(candidates, key=lambda text: hashlib.sha1(text.encode()).digest())[:many]

    fit = [sentence for sentence in sentences if 8 <= len(sentence) <= 64]
    field = first([sentence for sentence in fit if FIELD.search(sentence)], size * 5 // 8)
    rest = first([sentence for sentence in fit if not FIELD.search(sentence)], size - len(field))
    return first(field + rest, size)
