"""The reading part of a run: which files are new, batches of them, and a batch read into the store.

A batch goes in as paths and comes back as a ``Part``: keys, counts and hashes, no frames. Where it is read does
not matter: in this process, in worker processes, or on another machine (``staged`` inputs).
"""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from functools import lru_cache
from multiprocessing import connection, get_context, parent_process
from pathlib import Path

from planmine import __version__, pipeline
from planmine.corpus import SourceFile, read
from planmine.embedding import Encoder, load_encoder
from planmine.records import Failure
from planmine.segment import UnitKind
from planmine.workspace import Document, Files, Part, Workspace, key_of, write_part, write_vectors

BATCH_BYTES = 4_000_000
BATCH_FILES = 100
# What a machine did and not what the file holds: such a document is tried again by the next run.
_TRANSIENT = ("not read within", "its parser crashed", "the process that read it died", "it changed while")
log = logging.getLogger("planmine.reading")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What changes a result. ``encoder`` and ``codebook`` None are the bundled ones; ``rerank`` names an encoder that
    weighs candidates of a match a second time (``e5zh``), None none.

    ``coded``: CSV of a hand-coded random sample (measure_id, category); ``previous``: folder of an earlier report,
    whose themes keep their ids.
    """

    unit: UnitKind = "quasi-sentence"
    abstain: float = 0.0
    encoder: str | None = None
    rerank: str | None = None
    codebook: str | None = None
    seed: int = 20200101
    match_threshold: float = 0.25
    count_threshold: float = 0.5
    coded: str | None = None
    previous: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchResult:
    """What reading a batch gave: its part, the seconds by stage."""

    part: Part
    seconds: dict[str, float]

    @property
    def keys(self) -> list[str]:
        return [row["key"] for row in self.part.documents]

    def total(self, what: str) -> int:
        """``plans``, ``measures`` or ``failures`` of all documents of the batch."""
        return sum(row[what] for row in self.part.documents)


@lru_cache(maxsize=2)
def encoder_of(name: str | None) -> Encoder:
    """The encoder of a run, loaded once a process."""
    return pipeline.default_encoder() if name is None else load_encoder(name)


def unread(
    place: Workspace, files: Sequence[SourceFile], settings: Settings
) -> tuple[list[str], list[SourceFile]]:
    """Keys of the files that the workspace holds already, and the files that it does not."""
    keys = {file.name: _key(file, digest(file.path), settings) for file in files if is_readable(file.path)}
    held = place.stored(keys.values())
    new = [file for file in files if keys.get(file.name) not in held]
    return [keys[file.name] for file in files if keys.get(file.name) in held], new


def batches(files: Sequence[SourceFile]) -> list[list[SourceFile]]:
    """Files in runs of at most BATCH_FILES files and about BATCH_BYTES bytes."""
    groups: list[list[SourceFile]] = []
    size = 0
    for file in files:
        try:
            own = file.path.stat().st_size
        except OSError:
            own = 0
        if not groups or size + own > BATCH_BYTES or len(groups[-1]) >= BATCH_FILES:
            groups.append([])
            size = 0
        groups[-1].append(file)
        size += own
    return groups


def read_batch(store: Files, files: Sequence[SourceFile], settings: Settings) -> BatchResult:
    """Read documents, code and embed their measures, and store all as one part. One bad document is a failure."""
    clock: dict[str, float] = defaultdict(float)
    found: dict[str, tuple[str, str, Document]] = {}
    for file in files:
        key, sha256, document = _document(file, settings, clock)
        found[key] = (file.name, sha256, document)
    part = write_part(store, found)
    started = time.perf_counter()
    encoder = encoder_of(settings.encoder)
    texts = [text for key in sorted(found) for text in found[key][2].measures["text"].to_pylist()]
    part = replace(part, vectors=[write_vectors(store, part.part, texts, encoder.revision, encoder.encode)])
    clock["embedding"] += time.perf_counter() - started
    log.info("batch read", extra={"documents": len(files), "measures": len(texts), "part": part.part})
    return BatchResult(part=part, seconds=dict(clock))


def _document(file: SourceFile, settings: Settings, clock: dict[str, float]) -> tuple[str, str, Document]:
    """The key of a file, the hash of its bytes and what reading it gave."""
    started, coded = time.perf_counter(), clock["coding"]
    try:
        read_from = digest(file.path)
        document = _read(file, settings, clock)
        if digest(file.path) != read_from:
            document = _failed(file, "it changed while it was read", "run again when it is complete")
    except OSError as error:
        read_from = ""
        reason = f"cannot be opened: {error.strerror or error}"
        document = _failed(file, reason, "check that the file exists and is readable")
    clock["corpus"] += time.perf_counter() - started - (clock["coding"] - coded)
    passing = [f.reason for f in document.failures if f.reason.startswith(_TRANSIENT)]
    if passing or not read_from:
        problem = document.failures[0].reason
        return key_of(file=file.name, sha256=read_from, problem=problem), read_from, document
    return _key(file, read_from, settings), read_from, document


def _key(file: SourceFile, sha256: str, settings: Settings) -> str:
    return key_of(
        file=file.name,
        sha256=sha256,
        manifest=dict(file.manifest or {}),
        unit=settings.unit,
        abstain=settings.abstain,
        coder=pipeline.default_coder().revision,
        planmine=__version__,
    )


def is_readable(path: Path) -> bool:
    """Whether there is a file that can be opened."""
    return path.is_file() and os.access(path, os.R_OK)


def digest(path: Path) -> str:
    """sha256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _failed(file: SourceFile, reason: str, remedy: str) -> Document:
    return Document.of([], [Failure(file=file.name, stage="corpus", reason=reason, remedy=remedy)])


def _read(file: SourceFile, settings: Settings, clock: dict[str, float]) -> Document:
    plans, failures = read(file)
    started = time.perf_counter()
    try:
        found = list(pipeline.measures_of(plans, unit=settings.unit, abstain=settings.abstain))
    except Exception as error:  # one document must never stop a run
        reason = f"{type(error).__name__}: {error}"
        remedy = "report this file as a bug"
        failures = [*failures, Failure(file=file.name, stage="coding", reason=reason, remedy=remedy)]
        found = []
    clock["coding"] += time.perf_counter() - started
    failures = [*failures, *(pipeline.no_measures(plan) for plan, measures in found if not measures)]
    return Document.of([(plan, measures) for plan, measures in found if measures], failures)


# ---- several processes ----


def read_all(
    store: Files, groups: Sequence[Sequence[SourceFile]], settings: Settings, workers: int = 1
) -> Iterator[BatchResult]:
    """Batches as they are done. A worker process that dies costs no more than the file that killed it."""
    if workers == 1 or len(groups) <= 1:
        for group in groups:
            yield read_batch(store, group, settings)
        return
    waiting = list(groups)
    for _ in range(2):  # the second time because what killed a worker may have come from outside
        lost = []
        with _pool(min(workers, len(waiting))) as pool:
            futures = {pool.submit(read_batch, store, group, settings): group for group in waiting}
            for future in as_completed(futures):
                try:
                    result = future.result()
                except BrokenProcessPool:
                    lost.append(futures[future])
                    continue
                yield result
        waiting = lost
        if not waiting:
            return
        log.warning("a worker process died", extra={"batches_lost": len(waiting)})
    for group in waiting:
        yield from _alone(store, group, settings)


def _alone(store: Files, group: Sequence[SourceFile], settings: Settings) -> Iterator[BatchResult]:
    """A batch in a worker of its own; where that dies, file by file."""
    try:
        with _pool(1) as pool:
            result = pool.submit(read_batch, store, group, settings).result()
    except BrokenProcessPool:
        if len(group) > 1:
            for file in group:
                yield from _alone(store, [file], settings)
            return
        reason = "the process that read it died (out of memory?)"
        document = _failed(group[0], reason, "read it on a larger machine, or save it as a simpler file")
        key = key_of(file=group[0].name, problem=reason)
        result = BatchResult(part=write_part(store, {key: (group[0].name, "", document)}), seconds={})
    yield result


def _pool(workers: int) -> ProcessPoolExecutor:
    # Spawned, not forked: a fork would hold the workspace's lock after its parent was killed.
    return ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_end_with_parent)


def _end_with_parent() -> None:
    """In a worker: end when the process that started it is gone, however it went."""

    def watch() -> None:
        parent = parent_process()
        if parent is not None:
            connection.wait([parent.sentinel])
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


# ---- several machines ----


def stage_inputs(store: Files, files: Sequence[SourceFile]) -> list[SourceFile]:
    """Put files into the store, for workers that do not see this machine's disk; what ``read_staged`` takes."""
    staged = []
    for file in files:
        data = file.path.read_bytes() if is_readable(file.path) else b""
        name = f"inputs/{hashlib.sha256(data).hexdigest()}{file.path.suffix.lower()}"
        if not store.exists(name):
            store.write(name, data)
        staged.append(replace(file, path=Path(name)))
    return staged


def read_staged(store: Files, files: Sequence[SourceFile], settings: Settings) -> BatchResult:
    """``read_batch`` of files that stand in the store."""
    with tempfile.TemporaryDirectory(prefix="planmine-") as folder:
        here = []
        for number, file in enumerate(files):
            path = Path(folder, f"{number}{file.path.suffix}")
            path.write_bytes(store.read(file.path.as_posix(), file.path.stem))
            here.append(replace(file, path=path))
        return read_batch(store, here, settings)
