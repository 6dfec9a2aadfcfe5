"""Word documents to text: paragraphs and tables in their order, automatic numbers written out."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from planmine.corpus.readers import Document, ReadError

MAX_UNPACKED_BYTES = 200_000_000  # of a .docx, all parts together
MAX_RATIO = 200  # unpacked to packed, of an archive that unpacks to more than 10 MB
CONVERT_SECONDS = 120.0
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_CN = "零一二三四五六七八九"


def read_docx(raw: bytes) -> Document:
    """One line a paragraph, one ``| a | b |`` a table row. Raises ReadError."""
    check_archive(raw)
    import docx
    from docx.opc.exceptions import PackageNotFoundError

    try:
        document = docx.Document(io.BytesIO(raw))
    except (KeyError, ValueError, PackageNotFoundError) as error:
        raise ReadError(f"a broken .docx ({error})", "open it in Word and save it again") from error
    numbers = _Numbers(document)
    text = "\n".join(_blocks(document.element.body, numbers))
    if not text.strip():
        raise ReadError("a .docx without text (pictures?)", "type the text, or run it through OCR")
    return Document(text)


def check_archive(raw: bytes) -> None:
    """Raise ReadError where an archive is broken or unpacks beyond the limits.

    Sizes that the archive declares may lie, so its parts are also unpacked, and counted.
    """
    remedy = "an honest document is smaller; open it in Word and save it again without pictures"
    limit = min(MAX_UNPACKED_BYTES, max(10_000_000, len(raw) * MAX_RATIO))
    too_large = ReadError(f"unpacks to more than {limit / 1e6:.0f} MB", remedy)
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            if sum(part.file_size for part in archive.infolist()) > limit:
                raise too_large
            left = limit
            for part in archive.infolist():
                if part.flag_bits & 1:
                    raise ReadError("a .docx protected by a password", "save a copy without password")
                with archive.open(part) as stream:
                    while chunk := stream.read(1 << 20):
                        left -= len(chunk)
                        if left < 0:
                            raise too_large
    except (zipfile.BadZipFile, EOFError, NotImplementedError, OSError, ValueError) as error:
        if raw.startswith(b"\xd0\xcf\x11\xe0"):
            raise ReadError(
                "a .docx protected by a password, or a .doc", "save a copy as .docx without password"
            ) from error
        raise ReadError(f"a broken .docx ({error})", "download it again") from error


def _blocks(parent: Any, numbers: _Numbers) -> Iterator[str]:
    for element in parent:
        if element.tag == _W + "p":
            line = _text(element)
            yield numbers.label(element) + line if line.strip() else ""
        elif element.tag == _W + "tbl":
            yield from _rows(element, numbers)
        elif element.tag in (_W + "sdt", _W + "sdtContent", _W + "ins", _W + "moveTo", _W + "customXml"):
            yield from _blocks(element, numbers)


def _rows(table: Any, numbers: _Numbers) -> Iterator[str]:
    """Rows as lines. A cell of several paragraphs in a table of one column is a page's frame."""
    for row in table.iter(_W + "tr"):
        if next(row.iterancestors(_W + "tbl")) is not table:
            continue  # of a table within a cell
        cells = [list(_blocks(cell, numbers)) for cell in row.iter(_W + "tc") if cell.getparent() is row]
        if len(cells) == 1:
            yield from cells[0]
        elif any("".join(cell).strip() for cell in cells):
            yield "| " + " | ".join(" ".join(filter(None, map(str.strip, cell))) for cell in cells) + " |"


def _text(paragraph: Any) -> str:
    """The words of a paragraph, with insertions and smart tags, without deletions and text boxes."""
    parts = []
    for element in paragraph.iter(_W + "t", _W + "tab", _W + "br", _W + "cr", _W + "noBreakHyphen"):
        if any(a.tag.endswith(("}txbxContent", "}moveFrom", "}Fallback")) for a in element.iterancestors()):
            continue
        if element.tag == _W + "t":
            parts.append(element.text or "")
        elif element.getparent().tag == _W + "r":
            parts.append({"tab": "\t", "noBreakHyphen": "-"}.get(element.tag[len(_W) :], "\n"))
    return "".join(parts)


class _Numbers:
    """Automatic numbers of paragraphs (ECMA-376 part 1, 17.9): 一、（一）1. and so on."""

    def __init__(self, document: Any) -> None:
        from docx.opc.constants import RELATIONSHIP_TYPE

        self.levels: dict[str, dict[int, tuple[int, str, str]]] = {}  # of an abstract list: start, form, text
        self.lists: dict[str, tuple[str, dict[int, int]]] = {}  # of a list: its abstract one, new starts
        self.counts: dict[str, dict[int, int]] = {}
        self.begun: set[str] = set()
        self.styles = {s.style_id: s.element for s in document.styles}
        try:
            root = document.part.part_related_by(RELATIONSHIP_TYPE.NUMBERING).element
        except (KeyError, AttributeError):
            return
        for abstract in root.iter(_W + "abstractNum"):
            self.levels[_value(abstract, "abstractNumId")] = {
                int(_value(level, "ilvl")): (
                    int(_child(level, "start") or 1),
                    _child(level, "numFmt") or "decimal",
                    _child(level, "lvlText") or "",
                )
                for level in abstract.iter(_W + "lvl")
            }
        for number in root.iter(_W + "num"):
            starts = {
                int(_value(o, "ilvl")): int(_child(o, "startOverride"))
                for o in number.iter(_W + "lvlOverride")
                if _child(o, "startOverride")
            }
            self.lists[_value(number, "numId")] = (_child(number, "abstractNumId"), starts)

    def label(self, paragraph: Any) -> str:
        """The number before a paragraph, "" where it has none or a bullet; counts on."""
        number, depth = self._place(paragraph)
        abstract, starts = self.lists.get(number, ("", {}))
        levels = self.levels.get(abstract, {})
        if depth not in levels:
            return ""
        counts = self.counts.setdefault(abstract, {})
        if number not in self.begun:
            self.begun.add(number)
            for level, start in starts.items():
                counts[level] = start - 1
        counts[depth] = counts.get(depth, levels[depth][0] - 1) + 1
        for deeper in [d for d in counts if d > depth]:
            del counts[deeper]
        if levels[depth][1] in ("bullet", "none"):
            return ""

        def one(match: re.Match[str]) -> str:
            level = int(match[1]) - 1
            start, form, _ = levels.get(level, (1, "decimal", ""))
            return _spell(counts.get(level, start), form)

        text = re.sub(r"%(\d)", one, levels[depth][2])
        return text + " " if re.search(r"[0-9A-Za-z.]$", text) else text

    def _place(self, paragraph: Any) -> tuple[str, int]:
        """List and level of a paragraph: its own, or those of its style and of the styles below that."""
        number = depth = ""
        element, parent = paragraph, "pStyle"
        for _ in range(10):  # styles may be based on one another in a ring
            properties = element.find(_W + "pPr")
            found = None if properties is None else properties.find(_W + "numPr")
            if found is not None:
                number, depth = number or _child(found, "numId"), depth or _child(found, "ilvl")
            source = properties if parent == "pStyle" else element
            element = None if source is None else self.styles.get(_child(source, parent))
            parent = "basedOn"
            if number or element is None:
                break
        return number, int(depth or 0)


def _value(element: Any, name: str) -> str:
    return element.get(_W + name) or ""


def _child(element: Any, name: str) -> str:
    found = element.find(_W + name)
    return "" if found is None else _value(found, "val")


def _spell(number: int, form: str) -> str:
    """A number in a form of Word: 3 as 三, ③, c, iii or 3."""
    if form == "decimalEnclosedCircle" or form == "decimalEnclosedCircleChinese":
        return chr(0x2460 + number - 1) if 1 <= number <= 20 else str(number)
    if form == "ideographTraditional" and 1 <= number <= 10:
        return "甲乙丙丁戊己庚辛壬癸"[number - 1]
    if form.endswith(("Counting", "CountingThousand", "ideographDigital")) and 0 < number < 100:
        tens, ones = divmod(number, 10)
        ten = "" if tens == 0 else "十" if tens == 1 else _CN[tens] + "十"
        return ten + (_CN[ones] if ones else "")
    if form in ("upperLetter", "lowerLetter"):
        letter = chr(ord("A") + (number - 1) % 26) * ((number - 1) // 26 + 1)
        return letter if form == "upperLetter" else letter.lower()
    if form in ("upperRoman", "lowerRoman") and 0 < number < 40:
        tens, ones = divmod(number, 10)
        roman = "X" * tens + ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX")[ones]
        return roman if form == "upperRoman" else roman.lower()
    return str(number)


# ---- .doc ----


def convert(raw: bytes) -> tuple[bytes, str]:
    """A .doc as bytes of a format that is read here, and that format's suffix.

    Many files named .doc are .docx, web pages or Rich Text. LibreOffice converts what is old, or
    antiword where there is no LibreOffice. Raises ReadError where neither is installed.
    """
    if raw.startswith(b"PK"):
        return raw, ".docx"
    if re.match(rb"[\xef\xbb\xbf\s]*<(?:html|!doctype|\?xml|head|meta)", raw, re.IGNORECASE):
        return raw, ".html"
    if not raw.startswith((b"\xd0\xcf\x11\xe0", b"{\\rtf")):
        raise ReadError("not a .doc, whatever its name says", "give the file the suffix of what it is")
    office = shutil.which("soffice") or shutil.which("libreoffice")
    antiword = shutil.which("antiword")
    if not office and not antiword:
        raise ReadError(
            "a .doc needs LibreOffice or antiword, and neither is installed",
            "apt-get install libreoffice-writer-nogui (or antiword), or save the file as .docx",
        )
    with tempfile.TemporaryDirectory(prefix="planmine-") as folder:
        source = Path(folder, "plan.doc")
        source.write_bytes(raw)
        if office:
            profile = f"-env:UserInstallation={Path(folder, 'profile').as_uri()}"
            _run([office, profile, "--headless", "--convert-to", "docx", "--outdir", folder, str(source)])
            made = Path(folder, "plan.docx")
            if made.exists():
                return made.read_bytes(), ".docx"
        elif antiword:
            words = _run([antiword, "-m", "UTF-8.txt", "-w", "0", str(source)])
            if words.strip():
                return re.sub(rb"[ \t]{2,}", b" ", words), ".txt"
    raise ReadError("a broken .doc", "open it in Word and save it as .docx")


def _run(command: list[str]) -> bytes:
    """Standard output of a program; it and its children end after CONVERT_SECONDS."""
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        return process.communicate(timeout=CONVERT_SECONDS)[0]
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        process.wait()
        raise ReadError(
            f"not converted within {CONVERT_SECONDS:g} seconds", "save the file as .docx"
        ) from None
