"""Prefect flow: sources to report. Orchestration only; every step is a function of ``planmine.run``.

python flows/analyse.py corpus/sample --workspace workspace
python flows/analyse.py plans --runner dask --cluster tcp://scheduler:8786 --store s3://bucket/prefix
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

from planmine.operations.offline import settle


def options(arguments: list[str]) -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(
        description="Run the flow `analyse`, by default on an embedded Prefect server."
    )
    parser.add_argument("sources", nargs="+")
    parser.add_argument("--workspace", default="workspace")
    parser.add_argument("--runner", choices=("threads", "dask", "ray"), default="threads")
    parser.add_argument("--cluster", help="address of the scheduler; without it a cluster on this machine")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--store", help="where parts are kept, as s3://bucket/prefix; default the workspace")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    settle(Path(options(sys.argv[1:]).workspace))

from prefect import flow, get_run_logger, task  # noqa: E402
from prefect.artifacts import create_markdown_artifact, create_table_artifact  # noqa: E402
from prefect.futures import as_completed  # noqa: E402
from prefect.task_runners import ThreadPoolTaskRunner  # noqa: E402

from planmine.corpus import SourceFile, discover  # noqa: E402
from planmine.reading import batches, read_batch, read_staged, stage_inputs, unread  # noqa: E402
from planmine.records import Failure  # noqa: E402
from planmine.run import BatchResult, RunError, Settings, Summary, check, finish, summary_table  # noqa: E402
from planmine.workspace import Files, Workspace  # noqa: E402
from planmine.workspace.difference import last_change  # noqa: E402

WORKERS = 2
PATIENCE = 3600.0  # seconds to wait for another run in the workspace


@task(name="discover", retries=2, retry_delay_seconds=2, persist_result=False)
def discover_sources(sources: list[str]) -> tuple[list[SourceFile], list[Failure]]:
    """Files and failures of the sources (folders on a network may come back)."""
    return discover(sources)


@task(
    name="read", task_run_name="read batch {number}", retries=2, retry_delay_seconds=5, persist_result=False
)
def read(number: int, files: list[SourceFile], store: Files, staged: bool, settings: Settings) -> BatchResult:
    """One batch of documents into the store; keys, counts and hashes back."""
    return (read_staged if staged else read_batch)(store, files, settings)


@task(name="report", persist_result=False)
def report(place: Workspace, keys: list[str], settings: Settings, facts: dict[str, Any]) -> Summary:
    """Tables, comparison and report of all documents."""
    return finish(place, keys, settings, **facts)


@flow(
    name="analyse",
    task_runner=ThreadPoolTaskRunner(max_workers=WORKERS),
    persist_result=False,
    validate_parameters=False,
)
def analyse(
    sources: list[str],
    workspace: str = "workspace",
    settings: Settings | None = None,
    max_failed_share: float = 0.5,
    store: str | None = None,
) -> Summary:
    """Read ``sources``, compare the cities and renew ``workspace/reports/latest``.

    ``store``: an address that all workers reach (``s3://…``); the sources are put there for them. Waits for
    another run in the workspace. Fails (and leaves the last report) when no document could be read, or when
    more than ``max_failed_share`` of the documents failed: then the report stands, and the run is marked failed.
    """
    settings = settings or Settings()
    check(settings)
    place = Workspace(workspace, store)
    with place.writing("flow analyse", wait=PATIENCE):
        number = place.begin("flow analyse")
        try:
            summary, files = _analyse(place, number, sources, settings)
        except BaseException as error:
            place.end(number, "failed")
            if isinstance(error, RunError):
                publish(failures=[asdict(failure) for failure in error.failures], summary=str(error))
            raise
    publish(failures=summary.failures, summary=f"```\n{summary_table(summary)}\n```")
    changed = last_change(place) or "the first run"
    create_markdown_artifact(
        key="analyse-changes",
        markdown=f"```\n{changed}\n```",
        description="What changed since the run before",
    )
    failed = files & {row["file"] for row in summary.failures}  # rows of a manifest are no documents
    if files and len(failed) / len(files) > max_failed_share:
        raise RuntimeError(f"{len(failed)} of {len(files)} documents failed; see artifact `analyse-failures`")
    return summary


def _analyse(
    place: Workspace, number: int, sources: list[str], settings: Settings
) -> tuple[Summary, set[str]]:
    log = get_run_logger()
    files, failures = discover_sources(sources)
    keys, new = unread(place, files, settings)
    cached = len(keys)
    staged = place.files.local is None
    groups = [stage_inputs(place.files, group) if staged else group for group in batches(new)]
    futures = [read.submit(i, group, place.files, staged, settings) for i, group in enumerate(groups, 1)]
    seconds: Counter[str] = Counter()
    for done, future in enumerate(as_completed(futures), 1):
        result = future.result()
        place.commit(result.part)
        keys += result.keys
        seconds.update(result.seconds)
        log.info("batch %d of %d read", done, len(groups))
    facts = {"failures": failures, "seconds": dict(seconds), "cached": cached, "number": number}
    return report(place, keys, settings, facts), {file.name for file in files}


def publish(*, failures: list[dict[str, str]], summary: str) -> None:
    """Artifacts under stable keys, so that Prefect shows how they changed from run to run."""
    create_markdown_artifact(key="analyse-summary", markdown=summary, description="What the run read")
    create_table_artifact(key="analyse-failures", table=failures, description="Documents that failed")


def runner(name: str, cluster: str | None, workers: int) -> Any:
    """The engine that tasks run on: threads here, or a Dask or Ray cluster."""
    if name == "dask":
        from prefect_dask import DaskTaskRunner

        local = {"n_workers": workers, "threads_per_worker": 1, "dashboard_address": None}
        return DaskTaskRunner(address=cluster) if cluster else DaskTaskRunner(cluster_kwargs=local)
    if name == "ray":
        from prefect_ray import RayTaskRunner

        return RayTaskRunner(address=cluster) if cluster else RayTaskRunner(init_kwargs={"num_cpus": workers})
    return ThreadPoolTaskRunner(max_workers=workers)


def main(arguments: list[str]) -> int:
    """``python flows/analyse.py SOURCE... [--workspace DIR]``; exit codes as ``planmine run``."""
    asked = options(arguments)
    engine = runner(asked.runner, asked.cluster, asked.workers)
    try:
        summary = analyse.with_options(task_runner=engine)(asked.sources, asked.workspace, store=asked.store)
    except RunError as error:
        for failure in error.failures:
            print(
                f"failed: {failure.file} [{failure.stage}] {failure.reason} -> {failure.remedy}",
                file=sys.stderr,
            )
        print(f"error: {error}", file=sys.stderr)
        return 3
    print(summary_table(summary))
    for row in summary.failures:
        print(f"failed: {row['file']} [{row['stage']}] {row['reason']} -> {row['remedy']}", file=sys.stderr)
    return 3 if summary.failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
