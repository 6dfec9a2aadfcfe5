"""A run: sources in, a report out. The flows call these steps as tasks; ``run`` calls them in a row.

Steps: ``discover`` files, ``batches`` of like size, ``read_batch`` (documents to the workspace), ``finish``
(tables, vectors, comparison, report). A step takes and returns paths, keys and counts, no frames.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np

from planmine import __version__, pipeline
from planmine.codebook import load_codebook
from planmine.corpus import SourceFile, discover, near_duplicates, read
from planmine.embedding import load_encoder
from planmine.frames import collect, given_sources, manifest_of
from planmine.records import Failure
from planmine.segment import UnitKind
from planmine.store import Document, Workspace, key_of

BATCH_BYTES = 4_000_000
BATCH_FILES = 100


class RunError(RuntimeError):
    """No report could be made; ``failures`` say why, document by document."""

    def __init__(self, message: str, failures: Sequence[Failure] = ()) -> None:
        super().__init__(message)
        self.failures = list(failures)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What changes a result. ``encoder`` and ``codebook`` None are the bundled ones; ``rerank`` names an encoder that
    weighs the matches a second time (``e5zh``), None none.

    ``coded``: CSV of a hand-coded random sample (measure_id, category); ``previous``: folder of an earlier report,
    whose themes keep their ids.
    """

    unit: UnitKind = "quasi-sentence"
    abstain: float = 0.0
    encoder: str | None = None
    rerank: str | None = None
    codebook: str | None = None
    seed: int = 20200101
    match_threshold: float = 0.4
    count_threshold: float = 0.5
    coded: str | None = None
    previous: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchResult:
    """Keys of the documents read, in the order of the files, and counts."""

    keys: list[str]
    plans: int
    measures: int
    failures: int
    cached: int
    seconds: dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What a run did: counts, seconds by stage, and where the report stands."""

    run_id: str
    report: str
    plans: int
    measures: int
    cities: int
    failures: list[dict[str, str]]
    notices: int
    cached: int
    seconds: dict[str, float] = field(default_factory=dict)


def check(settings: Settings) -> None:
    """Fail at once, and not after an hour of reading, where the codebook or the encoder cannot be loaded."""
    load_codebook(settings.codebook)
    for name in filter(None, (settings.encoder, settings.rerank)):
        load_encoder(name)


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


def read_batch(workspace: str | Path, files: Sequence[SourceFile], settings: Settings) -> BatchResult:
    """Read what the workspace does not hold yet. One bad document becomes a failure of its own."""
    place = Workspace(workspace)
    clock: dict[str, float] = defaultdict(float)
    keys, found_all, failures_all, cached = [], [0, 0], 0, 0
    for file in files:
        started = time.perf_counter()
        key, problem = _key(file, settings)
        keys.append(key)
        document = _stored(place, key) if problem is None else None
        if document is not None:
            cached += 1
        else:
            document = _failed(problem) if problem else _read(file, settings, clock)
            place.put(key, document)
        clock["corpus"] += time.perf_counter() - started
        found_all[0] += len(document.plans)
        found_all[1] += document.measures.num_rows
        failures_all += len(document.failures)
    clock["corpus"] -= clock["coding"]  # it was counted within
    return BatchResult(
        keys=keys,
        plans=found_all[0],
        measures=found_all[1],
        failures=failures_all,
        cached=cached,
        seconds=dict(clock),
    )


def _key(file: SourceFile, settings: Settings) -> tuple[str, Failure | None]:
    try:
        digest = hashlib.sha256(file.path.read_bytes()).hexdigest()
    except OSError as error:
        reason = f"cannot be opened: {error.strerror or error}"
        problem = Failure(
            file=file.name, stage="corpus", reason=reason, remedy="check that the file exists and is readable"
        )
        return key_of(file=file.name, problem=reason), problem
    coder = pipeline.default_coder()
    return key_of(
        file=file.name,
        sha256=digest,
        manifest=dict(file.manifest or {}),
        unit=settings.unit,
        abstain=settings.abstain,
        coder=coder.revision,
        planmine=__version__,
    ), None


def _stored(place: Workspace, key: str) -> Document | None:
    if not place.has(key):
        return None
    try:
        return place.get(key)
    except (OSError, ValueError, KeyError):  # damaged: read the source again
        place.drop(key)
        return None


def _failed(problem: Failure) -> Document:
    return Document.of([], [problem])


def _read(file: SourceFile, settings: Settings, clock: dict[str, float]) -> Document:
    plans, failures = read(file)
    started = time.perf_counter()
    try:
        found = list(pipeline.measures_of(plans, unit=settings.unit, abstain=settings.abstain))
    except Exception as error:  # one document must never stop a run
        failures = [
            *failures,
            Failure(
                file=file.name,
                stage="coding",
                reason=f"{type(error).__name__}: {error}",
                remedy="report this file as a bug",
            ),
        ]
        found = []
    clock["coding"] += time.perf_counter() - started
    failures = [*failures, *(pipeline.no_measures(plan) for plan, measures in found if not measures)]
    return Document.of([(plan, measures) for plan, measures in found if measures], failures)


def finish(
    workspace: str | Path,
    keys: Sequence[str],
    settings: Settings,
    *,
    failures: Sequence[Failure] = (),
    seconds: dict[str, float] | None = None,
    cached: int = 0,
) -> Summary:
    """Tables, vectors, comparison and report of the documents under ``keys``.

    Raises RunError where no document could be read: then no report is written and ``latest`` stays.
    """
    from planmine.comparison import CompareSettings, MatchModel, Memory, Reranker, compare
    from planmine.report import write_report

    place = Workspace(workspace)
    codebook = load_codebook(settings.codebook)
    clock = dict(seconds or {})
    started = time.perf_counter()
    tables = collect(place, keys, failures, near_duplicates)
    if tables["measures"].empty:
        problems = [Failure(**row) for row in tables["failures"].to_dict("records")]
        raise RunError("no document could be read, so there is no report", problems)
    clock["tables"] = time.perf_counter() - started

    started = time.perf_counter()
    encoder = load_encoder(settings.encoder)
    measures = tables["measures"]
    clock["embedding"] = 0.0

    def encode(texts: Sequence[str]) -> np.ndarray:
        begun = time.perf_counter()
        vectors = encoder.encode(texts)
        clock["embedding"] += time.perf_counter() - begun
        return vectors

    second = load_encoder(settings.rerank) if settings.rerank else None
    comparison = compare(
        measures,
        encode=encode,
        revision=encoder.revision,
        codebook=codebook,
        match_model=MatchModel.of(encoder.revision),
        reranker=Reranker.of(second) if second else None,
        settings=CompareSettings(
            seed=settings.seed,
            match_threshold=settings.match_threshold,
            count_threshold=settings.count_threshold,
        ),
        memory=Memory(place.folder / "memory"),
        sources=given_sources(tables, settings.coded, settings.previous),
    )
    clock["comparison"] = time.perf_counter() - started - clock["embedding"]

    started = time.perf_counter()
    manifest = manifest_of(
        tables,
        settings=asdict(settings),
        codebook={"version": codebook.version, "sha256": codebook.sha256},
        models={
            "coder": pipeline.default_coder().revision,
            "encoder": encoder.revision,
            **({"rerank": second.revision} if second else {}),
        },
        encoder=encoder.name,
    )
    run_id = f"{manifest['finished'][:19].replace(':', '')}-{manifest['result_sha256'][:8]}"
    with place.new_report(run_id) as folder:
        write_report(folder, tables=tables, comparison=comparison, codebook=codebook, manifest=manifest)
    clock["report"] = time.perf_counter() - started
    return Summary(
        run_id=run_id,
        report=str(place.latest / "index.html"),
        plans=len(tables["plans"]),
        measures=len(measures),
        cities=int(tables["plans"]["city"].nunique()),
        failures=tables["failures"].to_dict("records"),
        notices=len(tables["notices"]),
        cached=cached,
        seconds={stage: round(spent, 2) for stage, spent in clock.items()},
    )


def run(
    sources: Sequence[str | Path],
    workspace: str | Path,
    settings: Settings | None = None,
    *,
    workers: int = 1,
    progress: Callable[[str, int, int], None] | None = None,
) -> Summary:
    """Read, compare and report ``sources``; the same work as the flow ``analyse`` without Prefect.

    ``progress(stage, done, total)`` is called after each batch. Raises RunError without a readable document.
    """
    settings = settings or Settings()
    started = time.perf_counter()
    check(settings)
    files, failures = discover(sources)
    seconds = Counter({"discover": time.perf_counter() - started})
    groups = batches(files)
    keys: list[str] = []
    cached = 0

    def take(result: BatchResult, done: int) -> None:
        nonlocal cached
        keys.extend(result.keys)
        cached += result.cached
        seconds.update(result.seconds)
        if progress:
            progress("read", done, len(groups))

    if workers > 1 and len(groups) > 1:
        with ProcessPoolExecutor(workers) as pool:
            futures = [pool.submit(read_batch, workspace, group, settings) for group in groups]
            for done, future in enumerate(futures, 1):
                take(future.result(), done)
    else:
        for done, group in enumerate(groups, 1):
            take(read_batch(workspace, group, settings), done)
    summary = finish(workspace, keys, settings, failures=failures, seconds=dict(seconds), cached=cached)
    return replace(summary, seconds={**summary.seconds, "total": round(time.perf_counter() - started, 2)})


def summary_table(summary: Summary) -> str:
    """The short table that a run prints: counts, failures, seconds by stage, the report's path."""
    lines = [
        f"plans      {summary.plans:>8,}",
        f"measures   {summary.measures:>8,}",
        f"cities     {summary.cities:>8,}",
        f"failures   {len(summary.failures):>8,}",
        f"notices    {summary.notices:>8,}",
        "seconds    " + "  ".join(f"{stage} {spent:.1f}" for stage, spent in summary.seconds.items()),
        f"report     {summary.report}",
    ]
    return "\n".join(lines)


def to_json(summary: Summary) -> str:
    """The summary as one line of JSON, for scripts."""
    return json.dumps(asdict(summary), ensure_ascii=False, sort_keys=True)
