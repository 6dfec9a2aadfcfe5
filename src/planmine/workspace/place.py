"""The workspace as the stages see it: documents and vectors in, documents and vectors out, runs kept."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import socket
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from planmine import __version__
from planmine.workspace import documents as _documents
from planmine.workspace.documents import Document
from planmine.workspace.files import Damaged, Files, flush
from planmine.workspace.ledger import Ledger, LedgerError, dicts, insert
from planmine.workspace.lock import locked

_FOLDERS = ("parts", "vectors", "reports", "archive", "fetched", "memory")
Encode = Callable[[Sequence[str]], np.ndarray]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A stored part, not yet in the ledger: its file, and a row for each document in it."""

    part: str
    sha256: str
    bytes: int
    documents: list[dict[str, Any]]  # key, file, sha256 of the source, plans, measures, failures
    vectors: list[dict[str, str]]  # encoder, sha256


def write_part(files: Files, found: Mapping[str, tuple[str, str, Document]]) -> Part:
    """Store documents, given as key: (file, sha256 of its bytes, document), as one part."""
    data = _documents.to_bytes({key: document for key, (_, _, document) in found.items()})
    name = f"parts/{hashlib.sha256(data).hexdigest()[:32]}.parquet"
    rows = [
        {
            "key": key,
            "file": file,
            "sha256": sha256,
            "plans": len(document.plans),
            "measures": document.measures.num_rows,
            "failures": len(document.failures),
        }
        for key, (file, sha256, document) in found.items()
    ]
    return Part(part=name, sha256=files.write(name, data), bytes=len(data), documents=rows, vectors=[])


def write_vectors(
    files: Files, part: str, texts: Sequence[str], encoder: str, encode: Encode
) -> dict[str, str]:
    """Store the vectors of a part's measures, row by row, under the encoder's revision; a row of ``vectors``."""
    sink = io.BytesIO()
    np.save(sink, encode(texts) if texts else np.zeros((0, 0), np.float32), allow_pickle=False)
    return {"encoder": encoder, "sha256": files.write(vectors_name(part, encoder), sink.getvalue())}


def vectors_name(part: str, encoder: str) -> str:
    return f"vectors/{encoder[:16]}/{Path(part).stem}.npy"


class Workspace:
    """A folder with a ledger and reports. ``store`` is where parts and vectors stand: by default where they stood
    before, which is the folder itself for a new one; ``options`` go to fsspec."""

    def __init__(self, folder: str | Path, store: str | None = None, **options: Any) -> None:
        self.folder = Path(folder)
        self.ledger = Ledger(self.folder / "ledger.duckdb")
        self.files = Files(store or self._kept_store() or self.folder, **options)

    @property
    def reports(self) -> Path:
        return self.folder / "reports"

    @property
    def latest(self) -> Path:
        return self.reports / "latest"

    @contextmanager
    def writing(self, command: str, wait: float = 0.0) -> Iterator[None]:
        """Hold the workspace for one writer, and set right what a killed one left. Raises InUse, LedgerError."""
        with locked(self.folder, command, wait):
            self._prepare()
            yield

    def _prepare(self) -> None:
        from planmine.workspace import migrate  # which needs this module

        migrate.bring_up_to_date(self)
        kept, given = self._kept_store(), "" if self.files.local == self.folder else self.files.address
        if kept is None:
            with self.ledger.transaction() as change:
                insert(change, "meta", [{"name": "store", "value": given}])
        elif kept != given:
            raise LedgerError(
                f"{self.folder} keeps its parts in {kept or 'itself'}: give the same --store, or another --workspace"
            )
        self._clean()

    def _kept_store(self) -> str | None:
        try:
            kept = self.ledger.rows("SELECT value FROM meta WHERE name = 'store'")
        except LedgerError:  # whoever needs the ledger is told
            return None
        return str(kept[0]["value"]) if kept else None

    def _clean(self) -> None:
        """Remove what a killed process left: its scratch files, parts and reports that were never committed."""
        places = ("", *(f"{name}{below}/" for name in _FOLDERS for below in ("", "/*")))
        for scratch in (path for place in places for path in self.folder.glob(f"{place}.writing-*")):
            tree = scratch.is_dir() and not scratch.is_symlink()  # a link to a run is no folder to remove
            shutil.rmtree(scratch) if tree else scratch.unlink(missing_ok=True)
        if self.ledger.rows("SELECT number FROM runs WHERE state = 'running'"):
            with self.ledger.transaction() as change:
                change.execute("UPDATE runs SET state = 'interrupted' WHERE state = 'running'")
        known = {
            row["run_id"] for row in self.ledger.rows("SELECT run_id FROM runs WHERE state = 'complete'")
        }
        for folder in self.reports.glob("*/"):
            if not folder.is_symlink() and folder.name not in known and (folder / ".run").exists():
                shutil.rmtree(folder)
        if self.files.local is not None:
            parts = {row["part"] for row in self.ledger.rows("SELECT part FROM parts")}
            for name in set(self.files.names("parts")) - parts:
                self.files.remove(name)
        if last := self.last():
            self._point(last["run_id"])

    # ---- documents ----

    def stored(self, keys: Iterable[str]) -> set[str]:
        """Those of ``keys`` whose documents are stored and whole. Parts that are damaged are forgotten."""
        wanted = set(keys)
        places = {key: part for key, part in self._places().items() if key in wanted}
        hashes = self._hashes()
        for part in sorted(set(places.values())):
            try:
                self.files.read(part, hashes[part])
            except Damaged:
                self.forget(part)
                places = {key: own for key, own in places.items() if own != part}
        return set(places)

    def commit(self, *parts: Part) -> None:
        """Make documents part of the workspace, in one transaction; those that it holds already are left.

        Parts are written and committed under one ``writing``, whose beginning removes what was never committed.
        Raises Damaged where a part is gone.
        """
        for part in parts:
            if not self.files.exists(part.part):
                raise Damaged(part.part, "the file is missing; was it written before the workspace was held?")
        with self.ledger.transaction() as change:
            held = {row["key"] for row in dicts(change, "SELECT key FROM documents")}
            held_parts = {row["part"] for row in dicts(change, "SELECT part FROM parts")}
            for part in parts:
                rows = [{**row, "part": part.part} for row in part.documents if row["key"] not in held]
                held |= {row["key"] for row in rows}
                insert(change, "documents", rows)
                if part.part not in held_parts:
                    insert(change, "parts", [{"part": part.part, "sha256": part.sha256, "bytes": part.bytes}])
                    insert(change, "vectors", [{**row, "part": part.part} for row in part.vectors])
                    held_parts.add(part.part)

    def forget(self, part: str) -> None:
        """Drop a part and what stands in it, so that its documents are read again."""
        with self.ledger.transaction() as change:
            for table in ("documents", "parts", "vectors"):
                change.execute(f"DELETE FROM {table} WHERE part = ?", [part])

    def documents(self, keys: Iterable[str]) -> list[Document]:
        """Stored documents in the order of their keys. Raises Damaged, and KeyError for one that is not stored."""
        wanted = set(keys)
        places, hashes = self._places(), self._hashes()
        found: dict[str, Document] = {}
        for part in sorted({places[key] for key in wanted}):
            found |= _documents.from_bytes(self.files.read(part, hashes[part]), wanted)
        return [found[key] for key in sorted(wanted)]

    def vectors(
        self, keys: Iterable[str], measure_ids: Sequence[str], encoder: str, encode: Encode
    ) -> np.ndarray:
        """Vectors (n, d) float32 of measures of the documents under ``keys``; those that are not stored are made."""
        wanted = set(keys)
        places, hashes = self._places(), self._hashes()
        known = {
            row["part"]: row["sha256"]
            for row in self.ledger.rows("SELECT part, sha256 FROM vectors WHERE encoder = ?", [encoder])
        }
        row_of: dict[str, int] = {}
        blocks, size, made = [], 0, []
        for part in sorted({places[key] for key in wanted}):
            data = self.files.read(part, hashes[part])
            ids = _documents.measure_ids(data)
            block = self._block(part, encoder, known.get(part), len(ids))
            if block is None:
                row = write_vectors(self.files, part, _documents.measure_texts(data), encoder, encode)
                made.append({**row, "part": part})
                block = self._block(part, encoder, row["sha256"], len(ids))
                assert block is not None
            for row_number, name in enumerate(ids):
                row_of.setdefault(name, size + row_number)
            if len(block):
                blocks.append(block)
                size += len(block)
        if made:
            with self.ledger.transaction() as change:
                for row in made:
                    change.execute(
                        "DELETE FROM vectors WHERE part = ? AND encoder = ?", [row["part"], row["encoder"]]
                    )
                insert(change, "vectors", made)
        return np.concatenate(blocks)[[row_of[name] for name in measure_ids]]

    def _block(self, part: str, encoder: str, sha256: str | None, rows: int) -> np.ndarray | None:
        if sha256 is None:
            return None
        try:
            data = self.files.read(vectors_name(part, encoder), sha256)
        except Damaged:
            return None
        block = np.load(io.BytesIO(data), allow_pickle=False)
        return block if len(block) == rows else None

    def _places(self) -> dict[str, str]:
        return {row["key"]: row["part"] for row in self.ledger.rows("SELECT key, part FROM documents")}

    def _hashes(self) -> dict[str, str]:
        return {row["part"]: row["sha256"] for row in self.ledger.rows("SELECT part, sha256 FROM parts")}

    # ---- runs ----

    def last(self) -> dict[str, Any] | None:
        """The ledger's row of the last complete run: the highest number, whatever the clock said."""
        found = self.ledger.rows("SELECT * FROM runs WHERE state = 'complete' ORDER BY number DESC LIMIT 1")
        return found[0] if found else None

    def last_files(self) -> tuple[Path, dict[str, str]] | None:
        """The folder of the last complete run's report, and the sha256 that the ledger has of each of its files."""
        last = self.last()
        if last is None:
            return None
        rows = self.ledger.rows("SELECT file, sha256 FROM run_files WHERE number = ?", [last["number"]])
        return self.reports / last["run_id"], {row["file"]: row["sha256"] for row in rows}

    def begin(self, command: str) -> int:
        """Note that a run began; its number."""
        with self.ledger.transaction() as change:
            number = dicts(change, "SELECT coalesce(max(number), 0) + 1 AS next FROM runs")[0]["next"]
            note = {"number": number, "state": "running", "command": command, "pid": os.getpid()}
            insert(change, "runs", [{**note, "host": socket.gethostname(), "started": now()}])
        return int(number)

    def end(self, number: int, state: str) -> None:
        """Note that a run failed."""
        with self.ledger.transaction() as change:
            change.execute("UPDATE runs SET state = ?, finished = ? WHERE number = ?", [state, now(), number])

    @contextmanager
    def new_report(self, run_id: str, keys: Iterable[str] = (), **facts: Any) -> Iterator[Path]:
        """A folder to write a report into. When all went well it becomes a run and ``reports/latest``, in one step.

        ``facts`` are columns of table ``runs``; ``number`` is what ``begin`` gave, None for a run of its own.
        """
        if self.ledger.format() is None:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.ledger.create(__version__)
        number = facts.pop("number", None) or self.begin("report")
        self.reports.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=".writing-", dir=self.reports))
        try:
            yield scratch
            scratch.chmod(0o755)
            (scratch / ".run").write_text(f"{number}\n", encoding="utf-8")
            files = sealed(scratch)
            final = self._free(run_id)
            scratch.rename(final)
            flush(self.reports)
        except BaseException:
            shutil.rmtree(scratch, ignore_errors=True)
            raise
        with self.ledger.transaction() as change:
            row = dicts(change, "SELECT * FROM runs WHERE number = ?", [number])[0]
            row |= {**facts, "run_id": final.name, "state": "complete", "finished": now()}
            change.execute("DELETE FROM runs WHERE number = ?", [number])
            insert(change, "runs", [row])
            insert(change, "run_documents", [{"number": number, "key": key} for key in sorted(set(keys))])
            insert(change, "run_files", [{"number": number, **file} for file in files])
        self._point(final.name)

    def _free(self, run_id: str) -> Path:
        """A name that no report has: clocks are set back, and two runs may fall into one second."""
        names = (run_id, *(f"{run_id}-{count}" for count in range(2, 1000)))
        return next(self.reports / name for name in names if not (self.reports / name).exists())

    def _point(self, run_id: str) -> None:
        if self.latest.is_symlink() and self.latest.readlink() == Path(run_id):
            return
        if not (self.reports / run_id).is_dir():
            return  # it was removed by hand; `planmine check` tells
        link = self.reports / f".writing-latest-{os.getpid()}"
        link.unlink(missing_ok=True)
        link.symlink_to(run_id, target_is_directory=True)
        link.replace(self.latest)


def sealed(folder: Path) -> list[dict[str, str]]:
    """Every file below a folder with its hash, flushed to disk."""
    rows: dict[str, str] = defaultdict(str)
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != ".run":
            flush(path)
            rows[path.relative_to(folder).as_posix()] = hashlib.sha256(path.read_bytes()).hexdigest()
    return [{"file": name, "sha256": sha256} for name, sha256 in rows.items()]


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
