"""Web pages and PDF files to text. Runs in the process of ``sandbox``; inputs may be hostile."""

from __future__ import annotations

import codecs
import re
from typing import Any

from planmine.corpus.furniture import running_heads
from planmine.corpus.readers import Document, ReadError, decode

_CHARSET = re.compile(rb"""charset\s*=\s*["']?\s*([\w-]+)""", re.IGNORECASE)
_HIDDEN = ("script", "style", "noscript", "template", "svg", "iframe", "select", "button", "nav", "footer")
_BLOCK = re.compile(
    "address|article|aside|blockquote|body|br|center|d[dlt]|div|fieldset|figcaption|form|h[1-6]|header|hr|li"
    "|main|ol|p|pre|section|table|tbody|t[dhr]|thead|ul"
)
# Head fields that the State Council's guide for government sites prescribes (国办发〔2017〕47号).
_META = {"articletitle": "title", "pubdate": "published", "contentsource": "agency", "url": "url"}
_KEPT = 0.3  # share of a page's words outside links below which the main text was not found


def read_html(raw: bytes) -> Document:
    """The main text of a web page, one line a paragraph, list item or table row.

    trafilatura finds it (Barbaresi 2021, doi:10.18653/v1/2021.acl-demo.15); where it finds little of
    what the page says, all words outside scripts and navigation are kept, and a warning tells so.
    """
    import trafilatura
    from lxml import etree, html

    text, warnings = _decode_page(raw)
    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", text).replace("\0", "")
    try:
        tree = html.document_fromstring(text)
    except (etree.ParserError, ValueError) as error:
        raise ReadError("a web page without text", "save the page again from a browser") from error
    fields = _head(tree)
    for element in list(tree.iter(*_HIDDEN, etree.Comment)):
        if element.getparent() is not None:
            element.drop_tree()
    _unfold_layout_tables(tree)
    plain, linked = _lines(tree)
    main = trafilatura.extract(tree, include_tables=True, include_comments=False, output_format="txt") or ""
    if _count(main) < _KEPT * (_count(plain) - linked) or not main.strip():
        main = plain
        if linked:
            warnings += ("the main text was not told from its surroundings; all words of the page are kept",)
    if not main.strip():
        raise ReadError("a web page without text", "save the page again when its text has appeared")
    return Document(main, fields=fields, warnings=warnings)


def _decode_page(raw: bytes) -> tuple[str, tuple[str, ...]]:
    declared = _CHARSET.search(raw[:4096])
    if declared and not raw.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        name = declared[1].decode("ascii").lower()
        try:
            return raw.decode("gb18030" if name.startswith("gb") else name), ()
        except (UnicodeDecodeError, LookupError):
            pass  # many pages declare what they are not
    return decode(raw)


def _head(tree: Any) -> dict[str, str]:
    fields = {}
    for meta in tree.iter("meta"):
        name, content = (meta.get("name") or "").lower(), (meta.get("content") or "").strip()
        if name in _META and content:
            fields[_META[name]] = content
    titles = [" ".join(t.text_content().split()) for t in (*tree.iter("h1"), *tree.iter("title"))]
    if "title" not in fields and any(titles):
        fields["title"] = next(filter(None, titles))
    return fields


def _unfold_layout_tables(tree: Any) -> None:
    """Old pages keep their text in a table; its cells are no cells but parts of the page."""
    for table in list(tree.iter("table")):
        cells = [cell for row in table.iter("tr") for cell in row if cell.tag in ("td", "th")]
        if any(sum(1 for _ in cell.iter("p", "br", "div", "table")) > 2 for cell in cells):
            for element in list(table.iter("table", "tbody", "tr", "td", "th")):
                if element is table or next(element.iterancestors("table"), None) is None:
                    element.tag = "div"


def _lines(tree: Any) -> tuple[str, int]:
    """All words of the page in lines, and how many of its characters stand in links."""
    parts: list[str] = []
    linked = 0
    for event, element in _walk(tree):
        block = isinstance(element.tag, str) and _BLOCK.fullmatch(element.tag)
        if event == "start":
            if element.tag == "a":
                linked += _count("".join(element.itertext()))
            parts.append(("\n" if block else "") + re.sub(r"\s+", " ", element.text or ""))
        else:
            parts.append(("\n" if block else "") + re.sub(r"\s+", " ", element.tail or ""))
    lines = (line.strip() for line in "".join(parts).split("\n"))
    return "\n".join(filter(None, lines)), linked


def _walk(tree: Any) -> Any:
    from lxml import etree

    return etree.iterwalk(tree, events=("start", "end"))


def _count(text: str) -> int:
    return len(re.sub(r"\s", "", text))


def read_pdf(raw: bytes) -> Document:
    """The text layer of a PDF: its lines as printed, pages joined by a newline.

    Heads and feet that pages repeat stay in the text and are excluded. Raises ReadError for a
    password, for pages that are pictures, and for a text layer of unreadable codes.
    """
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(raw)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise ReadError(
                "a PDF protected by a password", "save a copy without password (print it to PDF)"
            ) from None
        raise ReadError(f"a broken PDF ({error})", "download it again") from error
    pages: list[str] = []
    pictures: list[int] = []
    for number, page in enumerate(document, 1):
        text = page.get_textpage().get_text_bounded()
        text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "").replace("\ufffe", "")
        if not text.strip() and next(iter(page.get_objects(max_depth=1)), None) is not None:
            pictures.append(number)
        pages.append(text.strip("\n"))
        page.close()
    document.close()
    joined = "\n".join(pages)
    if not joined.strip():
        raise ReadError("a PDF without a text layer (scanned pages)", "run it through OCR, such as ocrmypdf")
    warnings: tuple[str, ...] = ()
    if pictures:
        warnings = (f"pages without a text layer, not read: {', '.join(map(str, pictures))}",)
    return Document(joined, excluded=running_heads(pages), warnings=warnings)
