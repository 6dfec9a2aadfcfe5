"""Bytes to documents: what a file of each format holds, as text with exact offsets.

``.txt .md .csv .jsonl`` are read here. Formats that can be hostile (``.html .pdf .docx .doc``) are
parsed by ``pages`` and ``word`` in a process with limits (``sandbox``). Every limit is a constant
below; what cannot be read raises ReadError with a reason and a remedy.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from planmine.records import Exclusion, Failure

MAX_FILE_BYTES = 100_000_000  # a larger file is not read
MAX_FRONT_MATTER = 20_000  # characters
SUFFIXES = (".txt", ".md", ".markdown", ".html", ".htm", ".docx", ".doc", ".pdf", ".csv", ".jsonl")

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
MAGIC = (
    (b"%PDF-", "a PDF", ".pdf"),
    (b"PK\x03\x04", "a zip archive (.docx?)", ".docx"),
    (b"\xd0\xcf\x11\xe0", "an Office document of before 2007", ".doc"),
    (b"{\\rtf", "a Rich Text document", ".doc"),
    (b"\x89PNG", "a picture", ".pdf with a text layer"),
    (b"\xff\xd8\xff", "a picture", ".pdf with a text layer"),
)
_STRANGE = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ue000-\uf8ff\ufffe\uffff]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")  # JSON may hold half a character
_HAN = re.compile(r"[\u3400-\u9fff]")
# The 3,755 characters of level 1 of GB 2312: the bulk of any Chinese text, but not of text that
# was decoded in the wrong way.
_COMMON = frozenset(
    bytes((high, low)).decode("gb2312", "ignore") for high in range(0xB0, 0xD8) for low in range(0xA1, 0xFF)
)
_UTF8_REMEDY = "open it in an editor and save it as UTF-8"


class ReadError(Exception):
    """A document that cannot be read: ``reason`` says what happened, ``remedy`` what to do."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(f"{reason}; {remedy}")
        self.reason, self.remedy = reason, remedy


@dataclass(frozen=True, slots=True)
class Document:
    """One decoded document of a file; a table of texts holds one for each row.

    ``fields`` is what the file says of itself (front matter, columns, HTML head); ``start`` is where
    the body begins in ``text``; ``mark`` tells a row from the others (``#row=3``).
    """

    text: str
    start: int = 0
    fields: dict[str, str] = field(default_factory=dict)
    mark: str = ""
    excluded: tuple[Exclusion, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Contents:
    """All documents of a file, what of it could not be read, and the sha256 of its bytes."""

    sha256: str
    documents: tuple[Document, ...]
    failures: tuple[Failure, ...] = ()


def load(path: Path, name: str) -> Contents:
    """Read the file at ``path``, called ``name`` in failures. Raises ReadError."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise ReadError(
            f"unknown kind of file `{suffix or path.name}`", f"save it as one of {' '.join(SUFFIXES)}"
        )
    raw = _bytes(path)
    sha256 = hashlib.sha256(raw).hexdigest()
    if suffix in (".csv", ".jsonl"):
        return Contents(sha256, *_rows(raw, suffix, name))
    if suffix == ".txt":
        text, warnings = decode(raw)
        documents = [Document(text, warnings=warnings)]
    elif suffix in (".md", ".markdown"):
        documents = [_markdown(raw)]
    else:
        from planmine.corpus import sandbox

        documents = sandbox.parse(suffix, raw)
    return Contents(sha256, tuple(documents))


def _bytes(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise ReadError(
                f"{size / 1e6:.0f} MB, above the limit of {MAX_FILE_BYTES / 1e6:.0f} MB", "split the file"
            )
        raw = path.read_bytes()
    except FileNotFoundError as error:
        raise ReadError("the file is gone", "put it back and run again") from error
    except PermissionError as error:
        raise ReadError("no permission to read the file", f"chmod u+r {path.name}") from error
    except OSError as error:
        raise ReadError(f"the file cannot be read ({error.strerror})", "copy it to another disk") from error
    if not raw.strip(b" \t\r\n\0\xef\xbb\xbf\xff\xfe"):
        raise ReadError("the file is empty", "download it again, or remove it")
    return raw


# ---- text and its encoding ----


def decode(raw: bytes) -> tuple[str, tuple[str, ...]]:
    """Text and warnings. Tries the byte order mark, UTF-8, GB18030, UTF-16, then charset-normalizer.

    Up to one broken character in a thousand is replaced by U+FFFD and told in a warning; newlines
    stay as they are. Raises ReadError for binary data and where no encoding gives Chinese text.
    """
    for magic, what, suffix in MAGIC:
        if raw.startswith(magic):
            raise ReadError(f"not text but {what}", f"give it its own suffix {suffix}")
    for bom, encoding in _BOMS:
        if raw.startswith(bom):
            return _lenient(raw, encoding) or _unknown(raw)
    if b"\0" in raw[:4096]:
        for encoding in ("utf-16-le", "utf-16-be"):
            found = _lenient(raw, encoding)
            if found and _chinese(found[0]):
                return found
        raise ReadError("binary data or garbled text", "remove the file, or save its text as UTF-8")
    found = _lenient(raw, "utf-8")
    if found:
        if not plausible(found[0]):
            raise ReadError("binary data or garbled text", "remove the file, or save its text as UTF-8")
        return found
    found = _lenient(raw, "gb18030")
    return found if found and _chinese(found[0]) else _unknown(raw)


def _lenient(raw: bytes, encoding: str) -> tuple[str, tuple[str, ...]] | None:
    try:
        return raw.decode(encoding), ()
    except UnicodeDecodeError:
        text = raw.decode(encoding, "replace")
    bad = text.count("\ufffd")
    if bad > 1 + len(_HAN.findall(text)) / 1000 or not _chinese(text):
        return None
    return text, (f"{bad} characters are no {encoding.upper()} and are shown as \ufffd",)


def _unknown(raw: bytes) -> tuple[str, tuple[str, ...]]:
    """The last resort: an encoding that charset-normalizer believes and that gives Chinese."""
    from charset_normalizer import from_bytes

    best = from_bytes(raw[:200_000]).best()
    if best is not None:
        text = raw.decode(best.encoding, "replace")
        if _chinese(text) and text.count("\ufffd") <= len(text) / 1000:
            return text, (f"read as {best.encoding.upper()}, the encoding that seems likeliest",)
    raise ReadError("unknown encoding", _UTF8_REMEDY)


def plausible(text: str, strange: float = 0.005) -> bool:
    """Whether decoded characters are text: at most a share of control characters and private ones,
    and, where there is Chinese, mostly characters that are common in it."""
    sample = text[:100_000]
    if len(_STRANGE.findall(sample)) > strange * len(sample):
        return False
    han = _HAN.findall(sample[:2000])
    return sum(c in _COMMON for c in han) >= len(han) / 2


def _chinese(text: str) -> bool:
    return plausible(text) and bool(_HAN.search(text, 0, 100_000))


# ---- Markdown ----

_FRONT = re.compile(r"---[ \t]*\r?\n(.*?)\r?\n(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _markdown(raw: bytes) -> Document:
    text, warnings = decode(raw)
    match = _FRONT.match(text, 0, MAX_FRONT_MATTER)
    if match is None:
        return Document(text, warnings=warnings)
    return Document(text, match.end(), _front_matter(match[1]), warnings=warnings)


def _front_matter(block: str) -> dict[str, str]:
    """Scalars of the front matter as strings, lists joined by a space; nested values are left out.

    Many files hold ``title: 某市: 计划``, which is no YAML; such a block is read line by line.
    """
    try:
        data = yaml.load(block, _LOADER)
    except (yaml.YAMLError, ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        pairs = (line.partition(":") for line in block.splitlines())
        data = {key.strip(): value.strip().strip("'\"") for key, colon, value in pairs if colon and value}
    fields = {}
    for key, value in data.items():
        values = value if isinstance(value, list) else [value]
        if value is not None and all(not isinstance(v, list | dict | set | tuple) for v in values):
            fields[str(key).strip().lower()] = " ".join(str(v) for v in values)
    return fields


# ---- tables of texts ----

Rows = tuple[tuple[Document, ...], tuple[Failure, ...]]


def _rows(raw: bytes, suffix: str, name: str) -> Rows:
    """One document for each row; ``text`` is the row's text, the other columns its fields."""
    text, warnings = decode(raw)
    documents, failures = [], []
    records = _csv_records(text) if suffix == ".csv" else _jsonl_records(text)
    for number, record in records:
        mark = f"#row={number}"
        body = record.pop("text", "") if isinstance(record, dict) else ""
        if isinstance(record, dict) and isinstance(body, str) and body.strip():
            fields = {k: str(v).strip() for k, v in record.items() if v is not None and str(v).strip()}
            documents.append(Document(_SURROGATE.sub("\ufffd", body), 0, fields, mark, (), warnings))
            continue
        reason = record if isinstance(record, str) else "the row has no text"
        failures.append(
            Failure(file=name + mark, stage="corpus", reason=reason, remedy="mend or remove the row")
        )
    if not documents and not failures:
        raise ReadError("the table has no rows", "add a row, or remove the file")
    return tuple(documents), tuple(failures)


def _csv_records(text: str) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """Rows numbered from 1, the line of names not counted."""
    csv.field_size_limit(MAX_FILE_BYTES)
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        header = [column.strip().lower() for column in next(reader, [])]
        if "text" not in header:
            raise ReadError("the table has no column `text`", "name the column that holds the plans `text`")
        number = 0
        for number, row in enumerate(filter(None, reader), 1):
            if len(row) > len(header):
                yield number, f"the row has {len(row)} cells for {len(header)} columns"
            else:
                yield number, dict(zip(header, row, strict=False))
    except csv.Error as error:
        raise ReadError(f"no well-formed CSV ({error})", "save the table again as CSV in UTF-8") from error


def _jsonl_records(text: str) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """Rows numbered by their line, from 1."""
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield number, f"no JSON ({error})"
            continue
        if isinstance(record, dict):
            yield number, {str(key).strip().lower(): value for key, value in record.items()}
        else:
            yield number, "no JSON object"
