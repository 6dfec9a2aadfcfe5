"""Word documents to text, and archives that unpack to a multiple."""

from __future__ import annotations

import io
import stat
import struct
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import docx
import pytest
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from planmine.corpus import SourceFile, read, word
from planmine.corpus.readers import ReadError

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


# ---- Word ----


def numbered(document: docx.document.Document, text: str, number: int, level: int) -> None:
    paragraph = document.add_paragraph(text)
    paragraph._p.get_or_add_pPr().append(
        parse_xml(f'<w:numPr {nsdecls("w")}><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>')
    )


def add_list(document: docx.document.Document, number: int, levels: list[tuple[str, str]]) -> None:
    root = document.part.numbering_part.element
    body = "".join(
        f'<w:lvl w:ilvl="{i}"><w:start w:val="1"/><w:numFmt w:val="{form}"/><w:lvlText w:val="{text}"/></w:lvl>'
        for i, (form, text) in enumerate(levels)
    )
    abstract = f'<w:abstractNum {nsdecls("w")} w:abstractNumId="{900 + number}">{body}</w:abstractNum>'
    root.insert(0, parse_xml(abstract))
    root.append(
        parse_xml(
            f'<w:num {nsdecls("w")} w:numId="{number}"><w:abstractNumId w:val="{900 + number}"/></w:num>'
        )
    )


def saved(document: docx.document.Document) -> bytes:
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def test_word_keeps_order_tables_and_automatic_numbers(tmp_path: Path) -> None:
    document = docx.Document()
    add_list(
        document, 77, [("chineseCounting", "%1、"), ("decimal", "（%2）"), ("decimalEnclosedCircle", "%3")]
    )
    document.add_paragraph("云溪市工作计划")
    numbered(document, "环境卫生", 77, 0)
    numbered(document, "清扫主次干道", 77, 1)
    numbered(document, "清运垃圾", 77, 1)
    numbered(document, "园林绿化", 77, 0)
    numbered(document, "补植行道树", 77, 1)
    numbered(document, "养护花坛", 77, 2)
    table = document.add_table(2, 2)
    for cell, text in zip(table._cells, ["项目", "数量", "公厕", "12座"], strict=True):
        cell.text = text
    document.add_paragraph("以上请落实。")
    assert only(write(tmp_path, "plan.docx", saved(document))).splitlines() == [
        "云溪市工作计划",
        "一、环境卫生",
        "（1）清扫主次干道",
        "（2）清运垃圾",
        "二、园林绿化",
        "（1）补植行道树",
        "①养护花坛",
        "| 项目 | 数量 |",
        "| 公厕 | 12座 |",
        "以上请落实。",
    ]


def test_numbers_of_styles_and_of_the_styles_they_are_based_on(tmp_path: Path) -> None:
    document = docx.Document()
    add_list(document, 78, [("chineseCountingThousand", "第%1条")])
    heading = document.styles["Heading 1"]
    heading.element.get_or_add_pPr().append(
        parse_xml(f'<w:numPr {nsdecls("w")}><w:numId w:val="78"/></w:numPr>')
    )
    own = document.styles.add_style("条", WD_STYLE_TYPE.PARAGRAPH)
    own.base_style = heading
    own.paragraph_format.space_after = 0
    document.add_paragraph("清扫道路", style="Heading 1")
    document.add_paragraph("清运垃圾", style="条")
    for _ in range(9):
        document.add_paragraph("其他", style="条")
    lines = only(write(tmp_path, "plan.docx", saved(document))).splitlines()
    assert [lines[0], lines[1], lines[10]] == ["第一条清扫道路", "第二条清运垃圾", "第十一条其他"]


def test_word_reads_insertions_smart_tags_and_controls_but_no_deletions(tmp_path: Path) -> None:
    document = docx.Document()
    run = "<w:r><w:t>{}</w:t></w:r>"
    document.element.body.insert(
        0,
        parse_xml(
            f'<w:p {nsdecls("w")}>{run.format("到")}<w:smartTag w:element="chsdate">{run.format("2021年底")}</w:smartTag>'
            f'<w:del w:id="1" w:author="a"><w:r><w:delText>不</w:delText></w:r></w:del>'
            f'<w:ins w:id="2" w:author="a">{run.format("建成公园")}</w:ins></w:p>'
        ),
    )
    control = f"<w:sdt {nsdecls('w')}><w:sdtContent><w:p>{run.format('控件里的一段。')}</w:p></w:sdtContent></w:sdt>"
    document.element.body.insert(1, parse_xml(control))
    assert only(write(tmp_path, "plan.docx", saved(document))) == "到2021年底建成公园\n控件里的一段。"


def test_a_word_file_without_text(tmp_path: Path) -> None:
    assert "without text" in failure(write(tmp_path, "plan.docx", saved(docx.Document())))


def bomb(declared: int | None = None) -> bytes:
    """A .docx of 300 kB that unpacks to 300 MB, and may declare less."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        with archive.open("word/document.xml", "w", force_zip64=True) as part:
            for _ in range(300):
                part.write(bytes(1_000_000))
    raw = bytearray(out.getvalue())
    if declared is not None:
        at = raw.rindex(b"PK\x01\x02")  # the entry of the last part in the central directory
        raw[at + 24 : at + 28] = struct.pack("<I", declared)
    return bytes(raw)


@pytest.mark.parametrize("declared", [None, 1000])
@pytest.mark.attack("A .docx of 300 kB that unpacks to 300 MB")
def test_a_word_file_that_unpacks_to_a_multiple(
    tmp_path: Path, declared: int | None, got: Callable[[object], None]
) -> None:
    raw = bomb(declared)
    started = time.perf_counter()
    reason = failure(write(tmp_path, "plan.docx", raw))
    got(reason)
    assert "unpacks" in reason or "broken" in reason
    assert time.perf_counter() - started < 20


def test_limits_of_unpacking_are_about_bytes_that_really_come(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.xml", bytes(12_000_000))
    raw = out.getvalue()
    with pytest.raises(ReadError, match="unpacks"):
        word.check_archive(raw)  # 12 MB from 12 kB: beyond the ratio
    monkeypatch.setattr(word, "MAX_RATIO", 5000)
    word.check_archive(raw)
    monkeypatch.setattr(word, "MAX_UNPACKED_BYTES", 1_000_000)
    with pytest.raises(ReadError, match="unpacks to more than 1 MB"):
        word.check_archive(raw)


# ---- .doc ----

OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100)


def program(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IEXEC)


def test_doc_without_a_converter_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    file = write(tmp_path, "plan.doc", OLD)
    assert "LibreOffice" in failure(file)
    assert "apt-get install" in read(file)[1][0].remedy


def test_doc_through_libreoffice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document = docx.Document()
    document.add_paragraph("环卫工作计划：新建公厕12座。")
    write(tmp_path, "made.docx", saved(document))
    tools = tmp_path / "bin"
    tools.mkdir()
    # soffice PROFILE --headless --convert-to docx --outdir DIR FILE
    program(
        tools,
        "soffice",
        f'[ "$3 $4" = "--convert-to docx" ] && /bin/cp "{tmp_path}/made.docx" "$6/plan.docx"',
    )
    monkeypatch.setenv("PATH", str(tools))
    assert only(write(tmp_path, "plan.doc", OLD)) == "环卫工作计划：新建公厕12座。"


def test_doc_through_antiword_and_a_converter_that_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    monkeypatch.setenv("PATH", str(tools))
    program(tools, "antiword", "echo 环卫工作计划：新建公厕12座。")
    file = write(tmp_path, "plan.doc", OLD)
    assert only(file) == "环卫工作计划：新建公厕12座。"
    assert "numbers" in read(file)[0][0].warnings[0]
    program(tools, "antiword", "/bin/sleep 60")
    monkeypatch.setattr(word, "CONVERT_SECONDS", 0.3)
    assert "not converted within" in failure(file)
    program(tools, "antiword", "exit 1")
    assert "broken .doc" in failure(file)


def test_files_named_doc_are_read_as_what_they_are(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_paragraph(LONG)
    assert only(write(tmp_path, "a.doc", saved(document))) == LONG
    assert LONG in only(write(tmp_path, "b.doc", f"<html><body><p>{LONG}</p></body></html>"))
