"""Prefect flow: sources to report. Orchestration only; every step is a function of ``planmine.run``.

python flows/analyse.py corpus/sample --workspace workspace
"""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import asdict
from pathlib import Path


def options(arguments: list[str]) -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description="Run the flow `analyse` on an embedded Prefect server.")
    parser.add_argument("sources", nargs="+")
    parser.add_argument("--workspace", default="workspace")
    return parser.parse_args(arguments)


def quiet(workspace: Path) -> None:
    """Offline and quiet: before Prefect is imported, since it reads its settings then."""
    home = (workspace / "prefect").resolve()
    home.mkdir(parents=True, exist_ok=True)
    defaults = {
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_LOGGING_TO_API_ENABLED": "false",
        "PREFECT_LOGGING_LEVEL": "WARNING",
        "PREFECT_CLI_PROMPT": "false",
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "180",
        "PREFECT_HOME": str(home),
    }
    for name, value in defaults.items():
        os.environ.setdefault(name, value)


if __name__ == "__main__":
    quiet(Path(options(sys.argv[1:]).workspace))

from prefect import flow, get_run_logger, task  # noqa: E402
from prefect.artifacts import create_markdown_artifact, create_table_artifact  # noqa: E402
from prefect.futures import as_completed  # noqa: E402
from prefect.task_runners import ThreadPoolTaskRunner  # noqa: E402

from planmine.corpus import SourceFile, discover  # noqa: E402
from planmine.records import Failure  # noqa: E402
from planmine.run import (  # noqa: E402
    BatchResult,
    RunError,
    Settings,
    Summary,
    batches,
    check,
    finish,
    read_batch,
    summary_table,
)

WORKERS = 2


@task(name="discover", retries=2, retry_delay_seconds=2, persist_result=False)
def discover_sources(sources: list[str]) -> tuple[list[SourceFile], list[Failure]]:
    """Files and failures of the sources (folders on a network may come back)."""
    return discover(sources)


@task(
    name="read", task_run_name="read batch {number}", retries=2, retry_delay_seconds=5, persist_result=False
)
def read(number: int, files: list[SourceFile], workspace: str, settings: Settings) -> BatchResult:
    """One batch of documents into the workspace; paths and counts back."""
    return read_batch(workspace, files, settings)


@task(name="report", persist_result=False)
def report(
    keys: list[str],
    failures: list[Failure],
    workspace: str,
    settings: Settings,
    seconds: dict[str, float],
    cached: int,
) -> Summary:
    """Tables, comparison and report of all documents."""
    return finish(workspace, keys, settings, failures=failures, seconds=seconds, cached=cached)


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
) -> Summary:
    """Read ``sources``, compare the cities and renew ``workspace/reports/latest``.

    Fails (and leaves the last report) when no document could be read, or when more than
    ``max_failed_share`` of the documents failed: then the report stands, and the run is marked failed.
    """
    settings = settings or Settings()
    log = get_run_logger()
    check(settings)
    files, failures = discover_sources(sources)
    groups = batches(files)
    futures = [read.submit(i, group, workspace, settings) for i, group in enumerate(groups, 1)]
    seconds: dict[str, float] = {}
    for done, future in enumerate(as_completed(futures), 1):
        result = future.result()
        for stage, spent in result.seconds.items():
            seconds[stage] = seconds.get(stage, 0.0) + spent
        log.info("batch %d of %d read", done, len(groups))
    results = [future.result() for future in futures]
    keys = [key for result in results for key in result.keys]
    cached = sum(result.cached for result in results)
    try:
        summary = report(keys, failures, workspace, settings, seconds, cached)
    except RunError as error:
        publish(failures=[asdict(failure) for failure in error.failures], summary=str(error))
        raise
    publish(failures=summary.failures, summary=f"```\n{summary_table(summary)}\n```")
    failed = len({row["file"] for row in summary.failures})
    if files and failed / len(files) > max_failed_share:
        raise RuntimeError(f"{failed} of {len(files)} documents failed; see artifact `analyse-failures`")
    return summary


def publish(*, failures: list[dict[str, str]], summary: str) -> None:
    """Artifacts under stable keys, so that Prefect shows how they changed from run to run."""
    create_markdown_artifact(key="analyse-summary", markdown=summary, description="What the run read")
    create_table_artifact(key="analyse-failures", table=failures, description="Documents that failed")


def main(arguments: list[str]) -> int:
    """``python flows/analyse.py SOURCE... [--workspace DIR]``; exit codes as ``planmine run``."""
    asked = options(arguments)
    try:
        summary = analyse(asked.sources, asked.workspace)
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
