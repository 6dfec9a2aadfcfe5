"""The workspace: what was read of each document, under a key of its content, settings and models.

A stored document is one immutable Parquet file, written beside and renamed, so that a reader sees all of
it or nothing, and a run that was killed loses only the document in work. Runs are folders under
``reports/``; ``reports/latest`` points to the last complete one.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from planmine.records import Failure, Measure, Plan

FORMAT = 2
_TARGET = pa.struct(
    [
        ("indicator", pa.string()),
        ("value", pa.float64()),
        ("unit", pa.string()),
        ("comparator", pa.string()),
        ("start", pa.int64()),
        ("end", pa.int64()),
        ("canonical_value", pa.float64()),
        ("canonical_unit", pa.string()),
        ("deadline", pa.string()),
        ("baseline", pa.float64()),
        ("redacted", pa.bool_()),
    ]
)
MEASURES = pa.schema(
    [
        ("measure_id", pa.string()),
        ("plan_id", pa.string()),
        ("city", pa.string()),
        ("city_code", pa.string()),
        ("year", pa.int64()),
        ("ordinal", pa.int64()),
        ("start", pa.int64()),
        ("end", pa.int64()),
        ("text", pa.string()),
        ("heading_path", pa.list_(pa.string())),
        ("status", pa.string()),
        ("category", pa.string()),
        ("probability", pa.float64()),
        ("labels", pa.list_(pa.string())),
        ("agencies", pa.list_(pa.string())),
        ("targets", pa.list_(_TARGET)),
        ("title", pa.string()),
        ("strength", pa.int64()),
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What reading one source document gave: rows of ``plans``, ``texts`` and ``measures``, and what failed."""

    plans: list[dict[str, Any]]
    texts: list[dict[str, str]]
    measures: pa.Table
    failures: list[Failure]
    notices: list[dict[str, str]]

    @classmethod
    def of(cls, found: Sequence[tuple[Plan, list[Measure]]], failures: Sequence[Failure]) -> Document:
        rows = [measure.row() for _, measures in found for measure in measures]
        notices = [
            {"file": plan.source, "plan_id": plan.plan_id, "notice": warning}
            for plan, _ in found
            for warning in plan.warnings
        ]
        return cls(
            plans=[plan.row() for plan, _ in found],
            texts=[{"plan_id": plan.plan_id, "text": plan.body} for plan, _ in found],
            measures=pa.Table.from_pylist(rows, schema=MEASURES),
            failures=list(failures),
            notices=notices,
        )


def key_of(**parts: Any) -> str:
    """The key of a stored document: sha256 over everything that its reading depends on."""
    text = json.dumps({"format": FORMAT, **parts}, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


class Workspace:
    """A folder with stored documents and reports."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)

    @property
    def latest(self) -> Path:
        return self.folder / "reports" / "latest"

    def _path(self, key: str) -> Path:
        return self.folder / "documents" / key[:2] / f"{key}.parquet"

    def has(self, key: str) -> bool:
        return self._path(key).is_file()

    def put(self, key: str, document: Document) -> None:
        """Store a document under its key; an equal document that stands there already is left."""
        head = {
            "plans": document.plans,
            "texts": document.texts,
            "failures": [asdict(f) for f in document.failures],
            "notices": document.notices,
        }
        table = document.measures.replace_schema_metadata(
            {"planmine": json.dumps(head, ensure_ascii=False), "planmine_format": str(FORMAT)}
        )
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        with _beside(path) as scratch:
            pq.write_table(table, scratch, compression="zstd")

    def get(self, key: str) -> Document:
        """A stored document. Raises OSError or pyarrow's error where the file is missing or damaged."""
        table = pq.read_table(self._path(key))
        head = json.loads(table.schema.metadata[b"planmine"])
        return Document(
            plans=head["plans"],
            texts=head["texts"],
            measures=table.replace_schema_metadata(None),
            failures=[Failure(**row) for row in head["failures"]],
            notices=head["notices"],
        )

    def drop(self, key: str) -> None:
        """Forget a stored document, so that it is read again."""
        self._path(key).unlink(missing_ok=True)

    @contextmanager
    def new_report(self, run_id: str) -> Iterator[Path]:
        """A folder to write a report into; it becomes ``reports/latest`` only when all went well."""
        reports = self.folder / "reports"
        reports.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=".writing-", dir=reports))
        try:
            yield scratch
            scratch.chmod(0o755)
            final = reports / run_id
            if final.exists():
                shutil.rmtree(final)
            scratch.rename(final)
        except BaseException:
            shutil.rmtree(scratch, ignore_errors=True)
            raise
        link = reports / f".latest-{os.getpid()}"
        link.unlink(missing_ok=True)
        link.symlink_to(run_id, target_is_directory=True)
        link.replace(self.latest)


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """A scratch file in the same folder, flushed to disk and renamed to ``path`` at the end."""
    handle, name = tempfile.mkstemp(prefix=".", dir=path.parent)
    os.close(handle)
    scratch = Path(name)
    try:
        yield scratch
        with scratch.open("rb") as written:
            os.fsync(written.fileno())
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)
