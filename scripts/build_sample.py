"""Build the files of ``corpus/sample`` from the texts in ``corpus/sample-source``.

    python scripts/build_sample.py            # everything, and manifest.csv
    python scripts/build_sample.py yunze-2023 # only these sources, and manifest.csv

A source is Markdown front matter (title, city, year, agency, doc_type, published, file, and
encoding where it is not UTF-8) and a body with one paragraph a line, the first line its title. ``file``
names what is built; sources with the same .jsonl or .csv become rows of it. The .md files and
qinglan-2023.txt are written by hand in ``corpus/sample`` and only listed in the manifest.

Needs python-docx, reportlab (PDF, not in the lock file: pip install reportlab==5.1.0) and LibreOffice
(.doc). A rebuild gives the same bytes; the .doc may differ with the version of LibreOffice.
tests/unit/test_sample_corpus.py checks that the built files hold their sources.
"""

from __future__ import annotations

import csv
import html
import io
import json
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Pt

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ROOT / "corpus" / "sample-source"
SAMPLE = ROOT / "corpus" / "sample"
MARK = "声明：本文为示例文本，城市、机构与数字均为虚构，文字由语言模型撰写"
FIELDS = ("title", "city", "year", "agency", "doc_type", "published")
# The one hand-written file without front matter.
PLAIN = {
    "title": "青岚市环境卫生管理中心2023年工作要点",
    "city": "青岚市",
    "year": 2023,
    "agency": "青岚市环境卫生管理中心",
    "doc_type": "plan",
    "published": "2023-02-02",
    "file": "qinglan-2023.txt",
}


@dataclass(frozen=True)
class Source:
    """A text of the sample: its front matter and its body."""

    meta: dict[str, Any]
    body: str

    @property
    def file(self) -> str:
        return str(self.meta["file"])

    @property
    def paragraphs(self) -> list[str]:
        return [line for line in self.body.splitlines() if line.strip()]


def read_source(path: Path) -> Source:
    """Read front matter and body; ``file`` defaults to the file's own name."""
    match = re.match(r"---\n(.*?)\n---\n(.*)", path.read_text(encoding="utf-8"), re.DOTALL)
    if match is None:
        raise SystemExit(f"{path}: no front matter; begin the file with ---, fields, ---")
    meta = {"file": path.name} | yaml.safe_load(match[1])
    if meta.get("sample") is not True:
        raise SystemExit(f"{path}: not marked as a sample; add `sample: true` to the front matter")
    return Source({k: str(v) if k == "published" else v for k, v in meta.items()}, match[2].strip() + "\n")


def outline_level(paragraph: str) -> int:
    """1 for a heading line 一、…, 2 for （一）… or 第一部分 …, 0 for running text."""
    if len(paragraph) > 40 or paragraph.endswith(("。", "；", "：")):
        return 0
    if re.match(r"第[一二三]部分|[一二三四五六七八九十]+、", paragraph):
        return 1
    return 2 if re.match(r"（[一二三四五六七八九十]+）", paragraph) else 0


def build_txt(source: Source) -> bytes:
    encoding = str(source.meta.get("encoding", "utf-8"))
    # Bureaus that still write GB18030 do so on Windows.
    text = source.body.replace("\n", "\r\n") if encoding == "gb18030" else source.body
    return text.encode(encoding)


def build_docx(source: Source) -> bytes:
    """A Word document with heading styles and the sample mark in the page footer."""
    document = Document()
    for name in ("Normal", "Title", "Heading 1", "Heading 2"):
        style = document.styles[name]
        style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), "宋体")
    document.styles["Normal"].font.size = Pt(12)
    title, *rest = source.paragraphs
    document.add_paragraph(title, style="Title").alignment = WD_ALIGN_PARAGRAPH.CENTER
    for paragraph in rest:
        if level := outline_level(paragraph):
            document.add_heading(paragraph, level)
        else:
            document.add_paragraph(paragraph).paragraph_format.first_line_indent = Pt(24)
    document.sections[0].footer.paragraphs[0].text = MARK
    properties = document.core_properties
    properties.title, properties.author, properties.keywords = title, str(source.meta["agency"]), "sample"
    properties.comments = ""
    properties.created = properties.modified = datetime.fromisoformat(source.meta["published"])
    buffer = io.BytesIO()
    document.save(buffer)
    return _without_clock(buffer.getvalue())


def _without_clock(archive: bytes) -> bytes:
    """The same zip with one fixed date for all members, so that a rebuild gives the same bytes."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(archive)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)), old.read(name), zipfile.ZIP_DEFLATED)
    return out.getvalue()


def build_doc(source: Source) -> bytes:
    """A Word 97 file, by LibreOffice from the .docx."""
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if office is None:
        raise SystemExit(
            f"{source.file}: LibreOffice is not installed; apt-get install libreoffice-writer-nogui"
        )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, Path(source.file).stem + ".docx")
        path.write_bytes(build_docx(source))
        command = [office, f"-env:UserInstallation=file://{folder}/profile", "--headless"]
        command += ["--convert-to", "doc", "--outdir", folder, str(path)]
        subprocess.run(command, check=True, capture_output=True, timeout=180)
        return path.with_suffix(".doc").read_bytes()


def build_pdf(source: Source) -> bytes:
    """A PDF with a text layer; the font is named, not embedded, so that the file stays small."""
    from reportlab.lib.enums import TA_CENTER  # type: ignore[import-untyped]
    from reportlab.lib.pagesizes import A4  # type: ignore[import-untyped]
    from reportlab.lib.styles import ParagraphStyle  # type: ignore[import-untyped]
    from reportlab.pdfbase import pdfmetrics  # type: ignore[import-untyped]
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont  # type: ignore[import-untyped]
    from reportlab.platypus import Paragraph, SimpleDocTemplate  # type: ignore[import-untyped]

    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    base = ParagraphStyle("body", fontName="STSong-Light", fontSize=12, leading=21, wordWrap="CJK")
    body = ParagraphStyle("text", base, firstLineIndent=24)
    heading = ParagraphStyle("heading", base, fontSize=13, spaceBefore=8)
    title = ParagraphStyle("title", base, fontSize=15, leading=28, alignment=TA_CENTER, spaceAfter=12)
    mark = ParagraphStyle("mark", base, fontSize=9, alignment=TA_CENTER)

    def page_number(canvas: Any, document: Any) -> None:
        canvas.setFont("STSong-Light", 9)
        canvas.drawCentredString(A4[0] / 2, 36, f"— {document.page} —")

    first, *rest = source.paragraphs
    story = [Paragraph(MARK, mark), Paragraph(html.escape(first), title)]
    story += [Paragraph(html.escape(p), heading if outline_level(p) else body) for p in rest]
    buffer = io.BytesIO()
    document = SimpleDocTemplate(
        buffer, pagesize=A4, title=first, author=str(source.meta["agency"]), keywords="sample", invariant=1
    )
    document.build(story, onFirstPage=page_number, onLaterPages=page_number)
    return buffer.getvalue()


PAGE = """<!DOCTYPE html>
<html lang="zh-CN">
<head>
<meta charset="{charset}">
<meta name="keywords" content="sample">
<title>{title} - {city}政务公开</title>
</head>
<body>
<header><h2>{city}政务公开</h2>
<nav><ul><li><a href="/">首页</a></li><li><a href="/news">要闻动态</a></li><li><a href="/open">信息公开</a></li>
<li><a href="/service">办事服务</a></li><li><a href="/talk">互动交流</a></li></ul></nav>
<p class="crumbs">当前位置：<a href="/">首页</a> &gt; <a href="/open">信息公开</a> &gt; <a href="/open/plan">计划总结</a></p>
</header>
<main>
<article>
<h1>{title}</h1>
<p class="meta">发布时间：{published} 来源：{agency} 字号：[大 中 小] <a href="#">打印</a></p>
<div class="content">
{content}
</div>
</article>
</main>
<aside><h3>相关报道</h3><ul><li><a href="/a">关于公布部门权责清单的通知</a></li><li><a href="/b">政务公开年度报告</a></li></ul></aside>
<footer><p><a href="/map">网站地图</a> | <a href="/about">关于我们</a> | <a href="/law">法律声明</a></p>
<p>{mark}</p></footer>
</body>
</html>
"""


def build_html(source: Source) -> bytes:
    """A bureau's web page: the text between navigation, related links and a footer with the mark."""
    encoding = str(source.meta.get("encoding", "utf-8"))
    title, *rest = source.paragraphs
    tags = {0: "p", 1: "h3", 2: "h4"}
    content = "\n".join(f"<{(t := tags[outline_level(p)])}>{html.escape(p)}</{t}>" for p in rest)
    names = {key: html.escape(str(source.meta[key])) for key in ("city", "published", "agency")}
    charset = "gb2312" if encoding == "gb18030" else encoding  # as such pages declare it
    page = PAGE.format(title=html.escape(title), content=content, charset=charset, mark=MARK, **names)
    return page.encode(encoding)


def build_jsonl(sources: list[Source]) -> bytes:
    rows = [{f: s.meta[f] for f in FIELDS} | {"sample": True, "text": s.body} for s in sources]
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def build_csv(sources: list[Source]) -> bytes:
    """Rows as a spreadsheet saves them: UTF-8 with a byte order mark, the text a quoted cell."""
    out = io.StringIO()
    writer = csv.DictWriter(out, [*FIELDS, "sample", "text"])
    writer.writeheader()
    writer.writerows({f: s.meta[f] for f in FIELDS} | {"sample": "true", "text": s.body} for s in sources)
    return out.getvalue().encode("utf-8-sig")


BUILDERS: dict[str, Callable[[Source], bytes]] = {
    ".txt": build_txt,
    ".docx": build_docx,
    ".doc": build_doc,
    ".pdf": build_pdf,
    ".html": build_html,
}
TABLES: dict[str, Callable[[list[Source]], bytes]] = {".jsonl": build_jsonl, ".csv": build_csv}


def build_manifest(sources: list[Source]) -> bytes:
    """One row a file. Files of rows give city and agency only; their rows say title and year."""
    by_file = defaultdict(list)
    for source in sources:
        by_file[source.file].append(source.meta)
    out = io.StringIO()
    writer = csv.DictWriter(out, ["file", "city", "city_code", *FIELDS[2:], "title", "invented"], restval="")
    writer.writeheader()
    for file, metas in sorted(by_file.items()):
        same = {f: metas[0][f] for f in FIELDS if len({meta[f] for meta in metas}) == 1}
        writer.writerow({"file": file, "invented": "yes"} | same)
    return out.getvalue().encode()


def main(names: list[str]) -> None:
    paths = sorted(path for path in SOURCES.glob("*.md") if path.name != "README.md")
    if unknown := set(names) - {path.stem for path in paths}:
        raise SystemExit(f"{SOURCES}: no source named {', '.join(sorted(unknown))}")
    sources = {path.stem: read_source(path) for path in paths}
    for file in sorted({source.file for name, source in sources.items() if not names or name in names}):
        suffix = Path(file).suffix
        parts = [source for source in sources.values() if source.file == file]
        data = TABLES[suffix](parts) if suffix in TABLES else BUILDERS[suffix](parts[0])
        (SAMPLE / file).write_bytes(data)
        print(f"{file}: {len(data)} bytes")
    written = [read_source(path) for path in sorted(SAMPLE.glob("*.md"))] + [Source(PLAIN, "")]
    (SAMPLE / "manifest.csv").write_bytes(build_manifest([*sources.values(), *written]))


if __name__ == "__main__":
    main(sys.argv[1:])
