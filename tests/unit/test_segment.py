"""Segmentation: golden passages, each with one trap, and properties that hold for any text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planmine.corpus.furniture import find_exclusions
from planmine.records import Exclusion
from planmine.segment import segment

GOLDEN = Path(__file__).parents[1] / "golden" / "segmentation.txt"


def passages() -> list[tuple[str, str, list[tuple[int, int, str]]]]:
    """(name, text, [(start, end, kind)]) of the golden file."""
    found = []
    for block in re.split(r"(?m)^=== ", GOLDEN.read_text(encoding="utf-8"))[1:]:
        name, marked = block.split("\n", 1)
        text, units, at = "", [], 0
        for match in re.finditer(r"⟦([HM])\|([^⟧]*)⟧", marked):
            text += marked[at : match.start()]
            kind = "heading" if match[1] == "H" else "measure"
            units.append((len(text), len(text) + len(match[2]), kind))
            text += match[2]
            at = match.end()
        found.append((name, text + marked[at:], units))
    return found


@pytest.mark.parametrize(("name", "text", "units"), passages(), ids=[p[0] for p in passages()])
def test_golden_passage(name: str, text: str, units: list[tuple[int, int, str]]) -> None:
    read = [(u.start, u.end, u.kind) for u in segment(text, exclude=find_exclusions(text))]
    assert [(text[a:b], kind) for a, b, kind in read] == [(text[a:b], kind) for a, b, kind in units]
    assert read == units


def test_golden_file_holds_thirty_traps() -> None:
    assert len(passages()) >= 30


PIECES = st.sampled_from(
    [
        *"。！？；;!?：:，,、（）()“”《》\n\n\n\u3000 \t一二三是1234.、①②—*#|-城市管理加强完成xX",
        *("一、", "（一）", "1.", "一是", "首先，", "\r\n", "牵头单位：", "2024年", "**"),
    ]
)
TEXTS = st.lists(PIECES, max_size=120).map("".join)


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_units_are_exact_ordered_and_trimmed(text: str) -> None:
    last = 0
    for unit in segment(text):
        assert text[unit.start : unit.end] == unit.text
        assert unit.start >= last
        assert unit.text == unit.text.strip()
        assert re.search(r"\w", unit.text)
        last = unit.end


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_no_word_is_lost(text: str) -> None:
    """What stands outside the units is enumerator, mark, note or short table cell: no run of Han remains."""
    if "|" in text or "单位" in text:
        return
    kept = bytearray(len(text))
    for unit in segment(text):
        kept[unit.start : unit.end] = b"\x01" * (unit.end - unit.start)
    left = "".join(" " if kept[i] else c for i, c in enumerate(text))
    assert not re.search(r"[城市管理加强完成]{2}", left)


@settings(max_examples=100, deadline=None)
@given(TEXTS, st.integers(0, 40), st.integers(0, 40))
def test_a_span_is_cut_like_its_own_text(text: str, a: int, b: int) -> None:
    start, end = sorted((min(a, len(text)), max(0, len(text) - b)))
    inside = segment(text, start, end)
    alone = segment(text[start:end])
    assert [(u.start - start, u.end - start, u.kind, u.heading_path) for u in inside] == [
        (u.start, u.end, u.kind, u.heading_path) for u in alone
    ]


def test_excluded_spans_hold_no_unit() -> None:
    text = "第一句话说明情况。\n责任编辑：某某\n第二句话安排工作。"
    start = text.index("责任")
    spans = (Exclusion(start=start, end=start + 7, reason="furniture"),)
    assert [u.text for u in segment(text, exclude=spans)] == ["第一句话说明情况。", "第二句话安排工作。"]


def test_heading_path_and_notes() -> None:
    text = (
        "某市工作计划\n一、重点任务\n（一）抓环卫。1.扩大机扫。年内达到八成。"
        "2.清理死角。每周一次。（责任单位：环卫中心、各街道）\n二、保障措施\n落实经费。"
    )
    units = {u.text: u for u in segment(text)}
    assert units["每周一次。"].heading_path == ("某市工作计划", "重点任务", "抓环卫。", "清理死角。")
    assert units["每周一次。"].title == "清理死角。"
    assert units["年内达到八成。"].notes == units["每周一次。"].notes == ("（责任单位：环卫中心、各街道）",)
    assert units["落实经费。"].heading_path == ("某市工作计划", "保障措施")
    assert units["落实经费。"].notes == ()


def test_sentences_on_request() -> None:
    text = "清运垃圾；冲洗桶体；登记台账。完成后上报。"
    assert [u.text for u in segment(text, unit="sentence")] == [
        "清运垃圾；冲洗桶体；登记台账。",
        "完成后上报。",
    ]


def test_wrong_span_is_refused() -> None:
    with pytest.raises(ValueError, match="no span of a text of 3 characters"):
        segment("三个字", 1, 9)
