"""Coded plans and references: what is read, and what is refused with a place and a remedy."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from planmine.codebook import load_codebook
from planmine.coding.labels import LabelError, measures, parse_coded, read_coded, read_references

ROOT = Path(__file__).parents[2]
CODEBOOK = load_codebook()


def test_tags_come_out_and_offsets_hold() -> None:
    coded = parse_coded(
        "x.txt", "一、⟦H|抓保洁。⟧⟦P sanitation/organisation|每日两扫。⟧\n⟦X other|情况如上。⟧", CODEBOOK
    )
    assert coded.text == "一、抓保洁。每日两扫。\n情况如上。"
    assert [(coded.text[u.start : u.end], u.kind, u.status, u.labels) for u in coded.labels] == [
        ("抓保洁。", "heading", None, ()),
        ("每日两扫。", "measure", "planned", ("sanitation", "organisation")),
        ("情况如上。", "measure", "context", ("other",)),
    ]


@pytest.mark.parametrize(
    ("marked", "message"),
    [
        ("⟦P sanitaton|扫街。⟧", "x.txt:1: tag"),
        ("甲\n⟦P|扫街。⟧", "x.txt:2: tag"),
        ("⟦P sanitation|扫街。", "unbalanced tag"),
    ],
)
def test_a_bad_tag_is_named(marked: str, message: str) -> None:
    with pytest.raises(LabelError, match=message):
        parse_coded("x.txt", marked, CODEBOOK)


def test_references_find_their_text_and_refuse_another(tmp_path: Path) -> None:
    text = "---\ntitle: 报告\n---\n扫街。治堵。\n"
    (tmp_path / "甲市").mkdir()
    (tmp_path / "甲市" / "2020.md").write_text(text, encoding="utf-8")
    start = text.index("治堵")
    row = {
        "file": "甲市/2020.md",
        "start": start,
        "end": start + 3,
        "sha256": hashlib.sha256("治堵。".encode()).hexdigest(),
        "status": "planned",
        "labels": ["traffic"],
    }
    labels = tmp_path / "train.jsonl"
    labels.write_text(json.dumps(row), encoding="utf-8")
    [coded] = read_references([labels], tmp_path, CODEBOOK)
    assert coded.group == "甲市"
    assert [coded.text[u.start : u.end] for u in coded.labels] == ["治堵。"]
    labels.write_text(json.dumps({**row, "sha256": "0" * 64}), encoding="utf-8")
    with pytest.raises(LabelError, match="another text than was coded"):
        read_references([labels], tmp_path, CODEBOOK)
    labels.write_text(json.dumps({**row, "file": "乙市/2020.md"}), encoding="utf-8")
    with pytest.raises(LabelError, match=r"missing; corpus/labelled/README\.md"):
        read_references([labels], tmp_path, CODEBOOK)


def test_the_projects_own_labels_are_whole_and_spread() -> None:
    plans = read_coded(ROOT / "corpus" / "labelled" / "plans", CODEBOOK)
    units = list(measures(plans))
    assert len(units) >= 1200
    for category in CODEBOOK.categories:
        assert sum(u.labels[0] == category for u in units) >= 120, category
    for status in CODEBOOK.statuses:
        assert sum(u.status == status for u in units) >= 100, status


def test_references_hold_no_text() -> None:
    files = sorted((ROOT / "corpus" / "labelled" / "references").glob("*.jsonl"))
    rows = [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    assert len(rows) >= 800
    allowed = set("file start end sha256 status labels window kind".split())
    allowed |= {f"{coder}_{field}" for coder in ("first", "second") for field in ("status", "labels")}
    assert all(set(row) <= allowed for row in rows)
    train = {r["file"].split("/")[0] for f in files if "train" in f.name for r in map(json.loads, f.open())}
    test = {r["file"].split("/")[0] for f in files if "test" in f.name for r in map(json.loads, f.open())}
    assert train and test and not train & test
