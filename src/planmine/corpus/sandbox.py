"""Parsing of hostile formats in a process of its own, under limits of time and memory.

One worker serves a whole process, so that a document costs milliseconds; a worker that ran out of
time or memory, or crashed, is replaced. Messages are a line of JSON, the document's bytes after it;
nothing that the worker says is ever executed.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import subprocess
import sys
import threading
from typing import IO, Any

from planmine.corpus.readers import Document, ReadError, plausible
from planmine.records import Exclusion

TIME_LIMIT = 60.0  # seconds for one document
MEMORY_LIMIT = 1 << 30  # bytes of address space of the worker
_SIMPLER = "save the document as plain text, or as a simpler file"


class _Worker:
    def __init__(self) -> None:
        path = os.pathsep.join(filter(None, sys.path))
        self.served = 0
        self.process = subprocess.Popen(
            [sys.executable, "-c", "from planmine.corpus.sandbox import serve; serve()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        )

    def ask(self, suffix: str, raw: bytes, seconds: float, memory: int) -> dict[str, Any]:
        """The worker's answer. Raises TimeoutError, or EOFError where it died."""
        assert self.process.stdin and self.process.stdout
        late = threading.Event()

        def end() -> None:
            late.set()
            self.process.kill()

        timer = threading.Timer(seconds, end)
        timer.start()
        try:
            head = json.dumps({"suffix": suffix, "bytes": len(raw), "memory": memory})
            self.process.stdin.write(head.encode() + b"\n" + raw)
            self.process.stdin.flush()
            answer = self.process.stdout.readline()
        except BrokenPipeError:
            answer = b""
        finally:
            timer.cancel()
        if answer.endswith(b"\n"):
            self.served += 1
            return json.loads(answer)
        raise TimeoutError if late.is_set() else EOFError

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()


_lock = threading.Lock()
_worker: _Worker | None = None


def _drop() -> None:
    global _worker
    if _worker is not None:
        _worker.close()
    _worker = None


def _forget() -> None:
    """In a forked process: the worker belongs to the parent."""
    global _worker, _lock
    _worker, _lock = None, threading.Lock()


atexit.register(_drop)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def parse(
    suffix: str, raw: bytes, *, seconds: float = TIME_LIMIT, memory: int = MEMORY_LIMIT
) -> list[Document]:
    """Parse the bytes of a ``.html``, ``.pdf``, ``.docx`` or ``.doc`` file. Raises ReadError.

    The result does not depend on what the worker read before: where a used one fails for want of
    memory or by a crash, a fresh one tries once more.
    """
    global _worker
    if suffix == ".doc":
        from planmine.corpus import word

        raw, suffix = word.convert(raw)  # another program does it, under limits of its own
        if suffix == ".txt":
            warning = "read by antiword, which leaves out automatic numbers; LibreOffice keeps them"
            return [Document(raw.decode("utf-8", "replace"), warnings=(warning,))]
    with _lock:
        for _ in range(2):
            _worker = _worker or _Worker()
            fresh = _worker.served == 0
            try:
                answer = _worker.ask(suffix, raw, seconds, memory)
            except TimeoutError:
                _drop()
                raise ReadError(f"not read within {seconds:g} seconds", _SIMPLER) from None
            except EOFError:
                answer = {"error": ["its parser crashed", _SIMPLER], "last": True}
            if not answer.get("last"):
                break
            _drop()
            if fresh:
                break
    if "error" in answer:
        raise ReadError(*answer["error"])
    documents = [
        Document(
            d["text"],
            d["start"],
            d["fields"],
            d["mark"],
            tuple(Exclusion(start=a, end=b, reason=why) for a, b, why in d["excluded"]),
            tuple(d["warnings"]),
        )
        for d in answer["documents"]
    ]
    # Symbol fonts give private characters in honest documents, so more of them are let through here.
    if not all(plausible(document.text, 0.1) for document in documents):
        raise ReadError("its text holds no readable characters", "run it through OCR, or type it")
    return documents


# ---- in the worker ----


def serve() -> None:
    """Answer requests from standard input until it ends."""
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a parser prints must not reach the answers
    while head := requests.readline():
        request = json.loads(head)
        raw = requests.read(request["bytes"])
        answer = _answer(request["suffix"], raw, request["memory"])
        _send(answers, answer)
        if answer.get("last"):
            return


def _send(answers: IO[bytes], answer: dict[str, Any]) -> None:
    answers.write(json.dumps(answer).encode() + b"\n")
    answers.flush()


def _answer(suffix: str, raw: bytes, memory: int) -> dict[str, Any]:
    try:
        _limit(memory)
        return {"documents": [_plain(document) for document in _parse(suffix, raw)]}
    except ReadError as error:
        return {"error": [error.reason, error.remedy]}
    except MemoryError:
        return {"error": [f"needs more than {memory / 1e6:.0f} MB of memory", _SIMPLER], "last": True}
    except RecursionError:
        return {"error": ["nested too deeply", _SIMPLER]}
    except Exception as error:  # whatever a parser raises on a broken file is that file's failure
        what = f"{type(error).__name__}: {error}"[:200]
        return {"error": [f"a broken {suffix} file ({what})", f"open it, save it again as {suffix}"]}


def _parse(suffix: str, raw: bytes) -> list[Document]:
    if suffix == ".pdf":
        from planmine.corpus.pages import read_pdf

        return [read_pdf(raw)]
    if suffix == ".docx":
        from planmine.corpus.word import read_docx

        return [read_docx(raw)]
    from planmine.corpus.pages import read_html

    return [read_html(raw)]


def _limit(memory: int) -> None:
    try:
        import resource
    except ImportError:  # Windows: the limit of time alone
        return
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    soft = memory if hard == resource.RLIM_INFINITY else min(memory, hard)
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _plain(document: Document) -> dict[str, Any]:
    return {
        "text": document.text,
        "start": document.start,
        "fields": document.fields,
        "mark": document.mark,
        "excluded": [(x.start, x.end, x.reason) for x in document.excluded],
        "warnings": document.warnings,
    }
