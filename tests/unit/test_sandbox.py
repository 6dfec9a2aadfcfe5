"""The process that parses hostile formats: kept, limited, replaced."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from pathlib import Path

import docx
import pytest

from planmine.corpus import SourceFile, read, sandbox
from planmine.corpus.readers import ReadError

LONG = "今年推进背街小巷整治，修复破损路面四十条，更换井盖二百套，年底前全部完工。"


def write(folder: Path, name: str, data: bytes | str) -> SourceFile:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return SourceFile(path, name)


def failure(file: SourceFile) -> str:
    plans, failures = read(file)
    assert plans == []
    assert [f.file for f in failures] == [file.name]
    assert failures[0].stage == "corpus"
    assert failures[0].remedy
    return failures[0].reason


def a_docx() -> bytes:
    document = docx.Document()
    document.add_paragraph(LONG)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def test_the_worker_is_kept_between_documents_and_replaced_when_it_fails(tmp_path: Path) -> None:
    raw = a_docx()
    sandbox.parse(".docx", raw)
    assert sandbox._worker is not None
    first = sandbox._worker.process.pid
    assert sandbox.parse(".docx", raw)[0].text == LONG
    assert sandbox._worker.process.pid == first
    with pytest.raises(ReadError, match="not read within"):
        sandbox.parse(".docx", raw, seconds=0.0)
    assert sandbox.parse(".docx", raw)[0].text == LONG
    assert sandbox._worker.process.pid != first


def test_a_worker_that_was_killed_does_not_fail_the_next_document() -> None:
    raw = a_docx()
    sandbox.parse(".docx", raw)
    assert sandbox._worker is not None
    sandbox._worker.process.kill()
    sandbox._worker.process.wait()
    assert sandbox.parse(".docx", raw)[0].text == LONG


@pytest.mark.attack("A page that needs more memory than a reader may take")
def test_memory_has_a_limit(got: Callable[[object], None]) -> None:
    html = ("<p>" + LONG + "</p>") * 40_000
    with pytest.raises(ReadError, match=r"memory|crashed") as caught:
        sandbox.parse(".html", html.encode(), memory=150_000_000)
    got(caught.value)
    assert LONG in sandbox.parse(".html", f"<p>{LONG}</p>".encode())[0].text


@pytest.mark.attack("A .pdf of 3 kB that unpacks to 1.5 GB")
def test_a_pdf_that_unpacks_to_a_multiple(got: Callable[[object], None]) -> None:
    packer = zlib.compressobj(9)
    once = b"".join(packer.compress(b" " * 1_000_000) for _ in range(1500)) + packer.flush()
    twice = zlib.compress(once, 9)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] /Contents 4 0 R >>",
        b"<< /Length %d /Filter [/FlateDecode /FlateDecode] >>\nstream\n%s\nendstream" % (len(twice), twice),
    ]
    raw = b"%PDF-1.4\n"
    starts = []
    for number, body in enumerate(objects, 1):
        starts.append(len(raw))
        raw += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % start for start in starts)
    raw += b"xref\n0 5\n0000000000 65535 f \n%strailer << /Size 5 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (
        table,
        len(raw),
    )
    assert len(raw) < 4000
    with pytest.raises(ReadError, match=r"memory|crashed|no text|not read within") as caught:
        sandbox.parse(".pdf", raw)
    got(caught.value)
    assert sandbox.parse(".docx", a_docx())[0].text == LONG


def test_a_document_of_zeros_is_no_end_of_the_run(tmp_path: Path) -> None:
    raw = zlib.compress(bytes(1000))
    for suffix in (".docx", ".pdf", ".html"):
        assert failure(write(tmp_path, f"plan{suffix}", raw))
