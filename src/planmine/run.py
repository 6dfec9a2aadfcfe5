"""A run: sources in, a report out. The flows call these steps as tasks; ``run`` calls them in a row.

Steps: ``discover`` files, ``unread`` and ``batches`` (what is new), ``read_batch`` (a part of the store),
``Workspace.commit``, ``finish`` (tables, comparison, report). A step takes and returns paths, keys and counts.
"""

from __future__ import annotations

import json
import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np

from planmine import pipeline
from planmine.codebook import load_codebook
from planmine.corpus import discover, near_duplicates
from planmine.embedding import load_encoder
from planmine.frames import collect, given_sources, manifest_of
from planmine.reading import BatchResult, Settings, batches, encoder_of, read_all, read_batch, unread
from planmine.records import Failure
from planmine.workspace import LedgerError, Workspace
from planmine.workspace.place import as_json

__all__ = [
    "BatchResult",
    "RunError",
    "Settings",
    "Summary",
    "batches",
    "check",
    "discover",
    "finish",
    "models_of",
    "read_batch",
    "run",
    "summary_table",
    "to_json",
    "unread",
]
log = logging.getLogger("planmine.run")


class RunError(RuntimeError):
    """No report could be made; ``failures`` say why, document by document."""

    def __init__(self, message: str, failures: Sequence[Failure] = ()) -> None:
        super().__init__(message)
        self.failures = list(failures)


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


def models_of(settings: Settings) -> dict[str, str]:
    """The revisions of the models that a run with these settings uses, by what they do."""
    models = {"coder": pipeline.default_coder().revision, "encoder": encoder_of(settings.encoder).revision}
    return {**models, "rerank": encoder_of(settings.rerank).revision} if settings.rerank else models


def finish(
    place: Workspace,
    keys: Sequence[str],
    settings: Settings,
    *,
    failures: Sequence[Failure] = (),
    seconds: dict[str, float] | None = None,
    cached: int = 0,
    number: int | None = None,
    name: str | None = None,
) -> Summary:
    """Tables, vectors, comparison and report of the documents under ``keys``: a run, and ``reports/latest``.

    ``number`` is what ``Workspace.begin`` gave; ``name`` the run's name, if it shall have one. Raises RunError
    where no document could be read: then no report is written and ``latest`` stays.
    """
    from planmine.comparison import CompareSettings, MatchModel, Memory, Reranker, compare
    from planmine.report import Earlier, write_report

    codebook = load_codebook(settings.codebook)
    clock = dict(seconds or {})
    started = time.perf_counter()
    tables = collect(place, keys, failures, near_duplicates)
    if tables["measures"].empty:
        problems = [Failure(**row) for row in tables["failures"].to_dict("records")]
        raise RunError("no document could be read, so there is no report", problems)
    clock["tables"] = time.perf_counter() - started

    started = time.perf_counter()
    encoder = encoder_of(settings.encoder)
    measures = tables["measures"]
    vectors = place.vectors(keys, measures["measure_id"].tolist(), encoder.revision, encoder.encode)
    clock["embedding"] = clock.get("embedding", 0.0) + time.perf_counter() - started

    def encode(texts: Sequence[str]) -> np.ndarray:
        begun = time.perf_counter()
        vectors = encoder.encode(texts)
        clock["embedding"] += time.perf_counter() - begun
        return vectors

    started, embedded = time.perf_counter(), clock["embedding"]
    second = encoder_of(settings.rerank) if settings.rerank else None
    comparison = compare(
        measures,
        vectors,
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
    clock["comparison"] = time.perf_counter() - started - (clock["embedding"] - embedded)

    started = time.perf_counter()
    manifest = manifest_of(
        tables,
        settings=asdict(settings),
        codebook={"version": codebook.version, "sha256": codebook.sha256},
        models=models_of(settings),
        encoder=encoder.name,
    )
    run_id = f"{manifest['finished'][:19].replace(':', '')}-{manifest['result_sha256'][:8]}"
    counts = {
        "plans": len(tables["plans"]),
        "measures": len(measures),
        "cities": int(tables["plans"]["city"].nunique()),
    }
    facts = {
        "number": number,
        "name": name,
        "result_sha256": manifest["result_sha256"],
        "settings": as_json(manifest["settings"]),
        "models": as_json(manifest["models"]),
        "seconds": as_json({stage: round(spent, 2) for stage, spent in clock.items()}),
    }
    before = place.last_files()
    with place.new_report(run_id, keys, **facts, **counts, failures=len(tables["failures"])) as folder:
        write_report(
            folder,
            tables=tables,
            comparison=comparison,
            codebook=codebook,
            manifest=manifest,
            earlier=Earlier(*before) if before else None,
        )
    clock["report"] = time.perf_counter() - started
    last = place.last()
    assert last is not None
    log.info("run complete", extra={"run": last["run_id"], **counts, "failures": len(tables["failures"])})
    return Summary(
        run_id=last["run_id"],
        report=str(place.latest / "index.html"),
        **counts,
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
    name: str | None = None,
    wait: float = 0.0,
    command: str = "planmine run",
) -> Summary:
    """Read, compare and report ``sources``; the same work as the flow ``analyse`` without Prefect.

    ``progress(stage, done, total)`` is called after each batch; ``wait``: seconds to wait for another run in
    the workspace. Raises RunError without a readable document, and InUse.
    """
    settings = settings or Settings()
    started = time.perf_counter()
    check(settings)
    place = Workspace(workspace)
    with place.writing(command, wait):
        number = place.begin(command)
        try:
            summary = _run(place, number, sources, settings, workers, progress, name)
        except BaseException as error:
            with suppress(LedgerError):  # a full disk, say: the next run notes it as interrupted
                place.end(number, "failed" if isinstance(error, Exception) else "interrupted")
            log.error("run failed", extra={"reason": str(error) or type(error).__name__})
            raise
    return replace(summary, seconds={**summary.seconds, "total": round(time.perf_counter() - started, 2)})


def _run(
    place: Workspace,
    number: int,
    sources: Sequence[str | Path],
    settings: Settings,
    workers: int,
    progress: Callable[[str, int, int], None] | None,
    name: str | None,
) -> Summary:
    started = time.perf_counter()
    files, failures = discover(sources)
    keys, new = unread(place, files, settings)
    cached = len(keys)
    seconds = Counter({"discover": time.perf_counter() - started})
    groups = batches(new)
    log.info("run begins", extra={"files": len(files), "new": len(new), "batches": len(groups)})
    for done, result in enumerate(read_all(place.files, groups, settings, workers), 1):
        place.commit(result.part)
        keys += result.keys
        seconds.update(result.seconds)
        if progress:
            progress("read", done, len(groups))
    return finish(
        place,
        keys,
        settings,
        failures=failures,
        seconds=dict(seconds),
        cached=cached,
        number=number,
        name=name,
    )


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
