"""Web pages and PDF files to text."""

from __future__ import annotations

from pathlib import Path

import pytest

from planmine.corpus import SourceFile, read


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


# ---- web pages ----


def page(main: str, head: str = "") -> str:
    return (
        f"<html><head><meta charset='utf-8'><title>云溪市城管局</title>{head}</head><body>"
        "<div class='nav'><a href='/'>首页</a> &gt; <a href='/a'>政务公开</a></div>"
        f"<h1>2021年城市管理工作要点</h1><div id='content'>{main}</div>"
        "<div class='footer'>版权所有 云溪市人民政府</div><script>var a = 1;</script></body></html>"
    )


LONG = "今年推进背街小巷整治，修复破损路面四十条，更换井盖二百套，年底前全部完工。"


def test_a_page_keeps_paragraphs_lists_and_tables_as_lines(tmp_path: Path) -> None:
    table = "<table><tr><th>项目</th><th>数量</th></tr><tr><td>口袋公园</td><td>12个</td></tr></table>"
    items = "<ul><li>新建公厕三座</li><li>改造中转站两座</li></ul>"
    html = page("<p>一、环境卫生</p>" + f"<p>{LONG}</p>" * 4 + table + items)
    lines = only(write(tmp_path, "plan.html", html)).splitlines()
    assert lines[:2] == ["一、环境卫生", LONG]
    assert [line for line in lines if "口袋公园" in line and "12个" in line]
    assert [line for line in lines if line.endswith("新建公厕三座")]
    assert not [line for line in lines if "var a" in line or "首页" in line]


def test_what_the_head_of_a_page_says(tmp_path: Path) -> None:
    head = (
        "<meta name='ArticleTitle' content='云溪市工作要点'><meta name='PubDate' content='2021-03-01 09:30'>"
    )
    plan = read(write(tmp_path, "plan.htm", page(f"<p>{LONG}</p>" * 4, head)))[0][0]
    assert plan.title == "云溪市工作要点"
    assert plan.published == "2021-03-01"


@pytest.mark.parametrize("declared", ["gb2312", "GBK", "utf-8", "nonsense"])
def test_pages_in_gb18030_whatever_they_declare(tmp_path: Path, declared: str) -> None:
    html = page(f"<p>{LONG}</p>" * 4).replace("charset='utf-8'", f"charset='{declared}'")
    assert LONG in only(write(tmp_path, "plan.html", html.encode("gb18030")))


def test_text_in_a_layout_table_keeps_its_paragraphs(tmp_path: Path) -> None:
    html = page("<table><tr><td>" + f"<p>{LONG}</p>" * 5 + "</td></tr></table>")
    assert only(write(tmp_path, "plan.html", html)).splitlines().count(LONG) == 5


@pytest.mark.parametrize(
    "html",
    [
        f"<div>{LONG}<div>{LONG}<p>未闭合<b>粗体<table><tr><td>口袋公园<td>12个",
        f"<p>{LONG}",
        f"{LONG} 没有任何标签",
        f"<html><body>{LONG}<br>短句一。<br>短句二。",
        f"</div></p>><<<p class=''\">{LONG}</i>",
        f"<?xml version='1.0' encoding='gb2312'?><html><p>{LONG}</p></html>",
    ],
)
def test_broken_pages_keep_their_words(tmp_path: Path, html: str) -> None:
    assert LONG in only(write(tmp_path, "plan.html", html))


# ---- PDF ----


def pdf(pages: list[list[str]], *, picture: bool = False, encrypt: bool = False) -> bytes:
    """A PDF with the lines of each page as text of a font that is not embedded."""
    objects: list[bytes] = []

    def add(body: bytes) -> int:
        objects.append(body)
        return len(objects)

    def stream(data: bytes, head: bytes = b"") -> bytes:
        return b"<< /Length %d %s>>\nstream\n%s\nendstream" % (len(data), head, data)

    cid = add(
        b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light "
        b"/CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 4 >> >>"
    )
    font = add(
        b"<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H "
        b"/DescendantFonts [%d 0 R] >>" % cid
    )
    image = add(
        stream(
            b"\x00",
            b"/Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8 ",
        )
    )
    kids = []
    tree = len(objects) + 2 * len(pages) + 1
    for lines in pages:
        shown = b" ".join(b"<%s> Tj 0 -20 Td" % line.encode("utf-16-be").hex().encode() for line in lines)
        data = b"BT /F 12 Tf 50 780 Td " + shown + b" ET"
        content = add(stream(data + (b" q 100 0 0 100 0 0 cm /I Do Q" if picture else b"")))
        kids.append(
            add(
                b"<< /Type /Page /Parent %d 0 R /MediaBox [0 0 595 842] /Contents %d 0 R "
                b"/Resources << /Font << /F %d 0 R >> /XObject << /I %d 0 R >> >> >>"
                % (tree, content, font, image)
            )
        )
    root = add(
        b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(kids), b" ".join(b"%d 0 R" % k for k in kids))
    )
    assert root == tree
    catalog = add(b"<< /Type /Catalog /Pages %d 0 R >>" % root)
    out = bytearray(b"%PDF-1.5\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    lock = b"/ID [<00><00>] /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <%s> /U <%s> >>" % (
        b"11" * 32,
        b"22" * 32,
    )
    out += b"trailer << /Size %d /Root %d 0 R %s >>\n" % (len(objects) + 1, catalog, lock if encrypt else b"")
    return bytes(out + b"startxref\n%d\n%%%%EOF" % start)


def test_pages_of_a_pdf_are_joined_and_their_heads_and_feet_excluded(tmp_path: Path) -> None:
    pages = [["云溪市城市管理局文件", "新建公厕十二座，分布在老城区和", f"- {n} -"] for n in range(1, 5)]
    plan = read(write(tmp_path, "plan.pdf", pdf(pages)))[0][0]
    lines = plan.text.split("\n")
    assert [line.strip() for line in lines[:3]] == pages[0]
    assert len([line for line in lines if line.strip()]) == 12
    excluded = [plan.text[x.start : x.end] for x in plan.excluded]
    assert [x for x in excluded if "文件" in x] == ["云溪市城市管理局文件"] * 3  # the first may be a title
    assert [x for x in excluded if "-" in x] == [f"- {n} -" for n in range(1, 5)]


def test_a_pdf_of_pictures_or_with_a_password(tmp_path: Path) -> None:
    assert "without a text layer" in failure(write(tmp_path, "scan.pdf", pdf([[], []], picture=True)))
    assert "password" in failure(write(tmp_path, "locked.pdf", pdf([["密"]], encrypt=True)))
    plans, _ = read(write(tmp_path, "half.pdf", pdf([["新建公厕十二座。"], []], picture=True)))
    assert plans[0].warnings == ("pages without a text layer, not read: 2",)
