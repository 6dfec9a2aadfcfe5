"""What was fetched, kept for good: WARC files (ISO 28500), the form in which web archives keep pages.

One response a file, named by the hash of the file, so that it never changes and ``planmine check`` can tell.
"""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

from planmine.sources.fetch import Answer
from planmine.workspace.files import Files

FOLDER = "archive"
_TRANSPORT = ("content-encoding", "transfer-encoding", "content-length", "connection")


def keep(place: Files, answer: Answer) -> str:
    """Write a response into the archive; the name of its file."""
    from warcio.statusandheaders import StatusAndHeaders
    from warcio.warcwriter import WARCWriter

    headers = [(name, value) for name, value in answer.headers.items() if name not in _TRANSPORT]
    headers.append(("content-length", str(len(answer.body))))  # the body is kept unpacked
    sink = io.BytesIO()
    writer = WARCWriter(sink, gzip=True)
    record = writer.create_warc_record(
        answer.final_address,
        "response",
        payload=io.BytesIO(answer.body),
        http_headers=StatusAndHeaders(f"{answer.status} OK", headers, protocol="HTTP/1.1"),
        warc_headers_dict={"WARC-Date": answer.fetched.replace("+00:00", "Z")},
    )
    writer.write_record(record)
    data = sink.getvalue()
    name = f"{FOLDER}/{hashlib.sha256(data).hexdigest()}.warc.gz"
    place.write(name, data)
    return name


def bytes_of(path: Path) -> tuple[str, bytes]:
    """The address and the body in a file of the archive."""
    from warcio.archiveiterator import ArchiveIterator

    with path.open("rb") as stream:
        record = next(iter(ArchiveIterator(stream)))
        return record.rec_headers.get_header("WARC-Target-URI"), record.content_stream().read()
