"""Formats, encodings and hostile files: every bad input is one failure with reason and remedy."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
from pathlib import Path

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planmine.corpus import SourceFile, discover, read, read_plans, readers
from planmine.corpus.readers import decode

PLAN = """云溪市城市管理局2021年工作计划

一、环境卫生
1.新建公厕12座，改造垃圾中转站3座。
2.机械化清扫率达到85%以上。

二、园林绿化
新增绿地20万平方米；补植行道树3000株。
"""


LONG = "今年推进背街小巷整治，修复破损路面四十条，更换井盖二百套，年底前全部完工。"


def write(folder: Path, name: str, data: bytes | str) -> SourceFile:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return SourceFile(path, name)


def only(file: SourceFile) -> str:
    plans, failures = read(file)
    assert failures == []
    assert len(plans) == 1
    assert plans[0].text[plans[0].start : plans[0].end] == plans[0].body
    return plans[0].body


def failure(file: SourceFile) -> str:
    plans, failures = read(file)
    assert plans == []
    assert [f.file for f in failures] == [file.name]
    assert failures[0].stage == "corpus"
    assert failures[0].remedy
    return failures[0].reason


# ---- text ----


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030", "gbk"]
)
def test_encodings_give_the_same_text(tmp_path: Path, encoding: str) -> None:
    file = write(tmp_path, "plan.txt", PLAN.encode(encoding))
    assert only(file) == PLAN.strip()
    assert read(file)[0][0].text == PLAN  # the mark of byte order belongs to no text


def test_big5_is_read_as_a_last_resort_and_told(tmp_path: Path) -> None:
    text = "雲溪市環境衛生工作計畫\n新建公共廁所十二座，改善垃圾分類，加強道路清掃。\n" * 30
    plans, _ = read(write(tmp_path, "plan.txt", text.encode("big5")))
    assert plans[0].body == text.strip()
    assert "BIG5" in plans[0].warnings[0]


def test_newlines_stay_as_they_are(tmp_path: Path) -> None:
    text = PLAN.replace("\n", "\r\n")
    plan = read(write(tmp_path, "plan.txt", text))[0][0]
    assert plan.text == text
    assert plan.sha256 == hashlib.sha256(text.encode()).hexdigest()
    assert plan.plan_id == hashlib.sha256(plan.body.encode()).hexdigest()[:16]


def test_a_file_cut_within_a_character_is_read_with_a_warning(tmp_path: Path) -> None:
    plans, failures = read(write(tmp_path, "plan.txt", (PLAN * 5).encode()[:-3]))
    assert failures == []
    assert any("\ufffd" in warning for warning in plans[0].warnings)


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("empty.txt", b"", "empty"),
        ("blank.txt", b"\xef\xbb\xbf \r\n\t\n", "empty"),
        ("ideographic-spaces.txt", "\u3000\u3000\n", "no text"),
        ("junk.txt", bytes(range(256)) * 40, "binary"),
        ("renamed.txt", b"%PDF-1.7 ...", "PDF"),
        ("zip.md", b"PK\x03\x04 ...", "zip"),
        ("latin.txt", "Straße, café, naïve, Übergröße. ".encode("latin-1") * 50, "encoding"),
        ("plan.xyz", PLAN, "unknown kind"),
        ("plan", PLAN, "unknown kind"),
        ("header.csv", "title,body\na,b\n", "no column `text`"),
        ("none.csv", "title,text\n", "no rows"),
        ("broken.docx", b"PK\x03\x04 not a zip", "broken .docx"),
        ("old.docx", b"\xd0\xcf\x11\xe0" + bytes(600), "password"),
        ("broken.pdf", b"%PDF-1.4\n%%EOF", "broken PDF"),
        ("script.html", "<html><script>alert(1)</script></html>", "without text"),
    ],
)
def test_bad_input_is_one_failure(tmp_path: Path, name: str, data: bytes | str, reason: str) -> None:
    assert reason in failure(write(tmp_path, name, data))


def test_a_file_that_vanishes_or_grew_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(tmp_path, "plan.txt", PLAN)
    monkeypatch.setattr(readers, "MAX_FILE_BYTES", 100)
    assert "limit" in failure(file)
    file.path.unlink()
    assert "gone" in failure(file)


def test_no_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(tmp_path, "plan.txt", PLAN)

    def refuse(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)  # root may read whatever its mode
    assert "permission" in failure(file)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=600), st.sampled_from([".txt", ".md", ".csv", ".jsonl"]))
def test_reading_never_raises(tmp_path_factory: pytest.TempPathFactory, data: bytes, suffix: str) -> None:
    file = write(tmp_path_factory.mktemp("any"), f"plan{suffix}", data)
    plans, failures = read(file)
    assert plans or failures
    for plan in plans:
        assert plan.body.strip() == plan.body
        assert all(plan.start <= x.start < x.end <= plan.end for x in plan.excluded)


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Co", "Cn"]), min_size=1))
def test_utf8_is_never_taken_for_another_encoding(text: str) -> None:
    body = text + PLAN
    assert decode(body.encode())[0] == body.removeprefix("\ufeff")


# ---- Markdown ----


def test_front_matter_is_no_part_of_the_plan(tmp_path: Path) -> None:
    front = "---\ntitle: 云溪市2021年计划\nyear: 2021\ntags: [a, b]\nnested: {a: 1}\n---\n"
    plan = read(write(tmp_path, "plan.md", front + "\n" + PLAN))[0][0]
    assert plan.body == PLAN.strip()
    assert plan.start == len(front) + 1
    assert (plan.title, plan.year_from) == ("云溪市2021年计划", 2021)


@pytest.mark.parametrize("block", ["title: 云溪市: 计划\nyear: 2021", "title: '云溪市: 计划'\nyear: 2021"])
def test_front_matter_that_is_no_yaml(tmp_path: Path, block: str) -> None:
    contents = readers.load(write(tmp_path, "plan.md", f"---\n{block}\n---\n{PLAN}").path, "plan.md")
    assert contents.documents[0].fields == {"title": "云溪市: 计划", "year": "2021"}


def test_a_rule_is_no_front_matter(tmp_path: Path) -> None:
    assert only(write(tmp_path, "plan.md", PLAN + "\n---\n" + PLAN)).startswith("云溪市")


# ---- tables of texts ----


def test_rows_of_a_csv_are_plans(tmp_path: Path) -> None:
    out = io.StringIO()
    rows = [
        ["text", "title", "year"],
        [PLAN, "甲", "2020"],
        ["  ", "乙", ""],
        [PLAN + "另有一项。", "丙", "2021"],
    ]
    csv.writer(out).writerows(rows)
    file = write(tmp_path, "plans.csv", out.getvalue().encode("gb18030"))
    plans, failures = read(file)
    assert [(p.source, p.title, p.year_from) for p in plans] == [
        ("plans.csv#row=1", "甲", 2020),
        ("plans.csv#row=3", "丙", 2021),
    ]
    assert plans[0].text == PLAN.replace("\n", "\r\n") or plans[0].text == PLAN
    assert [f.file for f in failures] == ["plans.csv#row=2"]


def test_rows_of_jsonl_and_the_broken_ones(tmp_path: Path) -> None:
    good = json.dumps({"Text": PLAN, "city": "长沙市"})
    half = '{"text": "半个字\\ud83d也不妨，全文照读。"}'
    lines = "\n".join([good, "{broken", "[1]", '{"text": 5}', half])
    plans, failures = read(write(tmp_path, "plans.jsonl", lines))
    assert [p.source for p in plans] == ["plans.jsonl#row=1", "plans.jsonl#row=5"]
    assert plans[0].city == "长沙市"
    assert "\ufffd" in plans[1].body
    assert [f.file for f in failures] == [f"plans.jsonl#row={n}" for n in (2, 3, 4)]


def test_a_row_is_one_plan_even_if_it_holds_a_series(tmp_path: Path) -> None:
    body = "\n".join(
        f"环卫工作计划 篇{n}\n" + "清扫主次干道，清运生活垃圾，保持路面整洁。" * 5 for n in "一二三"
    )
    file = write(tmp_path, "plans.jsonl", json.dumps({"text": body}))
    assert only(file) == body


# ---- the whole way ----


def test_reading_order_and_company_do_not_matter(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_paragraph(LONG)
    write(tmp_path, "a.txt", PLAN)
    document.save(str(tmp_path / "b.docx"))
    write(tmp_path, "c.html", f"<html><p>{LONG}</p><p>另有一段。</p></html>")
    write(tmp_path, "d.pdf", b"%PDF-1.4 broken")
    files = discover([tmp_path])[0]
    forward = {file.name: read(file) for file in files}
    backward = {file.name: read(file) for file in reversed(files)}
    assert forward == backward


def test_read_plans_of_a_folder(tmp_path: Path) -> None:
    write(tmp_path, "b.txt", PLAN)
    write(tmp_path, "a.md", f"---\ntitle: 同一份\n---\n{PLAN}")  # the same text under other bytes
    write(tmp_path, "c.txt", b"")
    assert [plan.source for plan in read_plans(tmp_path)] == ["a.md"]
    assert read_plans(tmp_path / "missing.txt") == []
    assert os.fspath(tmp_path) not in repr(read_plans(str(tmp_path / "*.txt")))
