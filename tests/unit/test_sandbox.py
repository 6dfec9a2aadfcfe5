"""The process that parses hostile formats: kept, limited, replaced."""

from __future__ import annotations

import io
import zlib
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


def test_memory_has_a_limit() -> None:
    html = ("<p>" + LONG + "</p>") * 40_000
    with pytest.raises(ReadError, match=r"memory|crashed"):
        sandbox.parse(".html", html.encode(), memory=150_000_000)
    assert LONG in sandbox.parse(".html", f"<p>{LONG}</p>".encode())[0].text


def test_a_document_of_zeros_is_no_end_of_the_run(tmp_path: Path) -> None:
    raw = zlib.compress(bytes(1000))
    for suffix in (".docx", ".pdf", ".html"):
        assert failure(write(tmp_path, f"plan{suffix}", raw))
