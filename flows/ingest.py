"""Prefect flow: look at the sources, keep what is new, and say so in one event.

python flows/ingest.py --sources sources.yaml --workspace workspace
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from dataclasses import asdict
from pathlib import Path

from planmine.operations.offline import settle


def options(arguments: list[str]) -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description="Run the flow `ingest` on an embedded Prefect server.")
    parser.add_argument("--sources", default="sources.yaml")
    parser.add_argument("--workspace", default="workspace")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    settle(Path(options(sys.argv[1:]).workspace))

from prefect import flow, task  # noqa: E402
from prefect.artifacts import create_table_artifact  # noqa: E402
from prefect.events import emit_event  # noqa: E402

from planmine.logs import logged  # noqa: E402
from planmine.operations import watch as watching  # noqa: E402
from planmine.sources import Change, load_sources  # noqa: E402

PATIENCE = 3600.0  # seconds to wait for a run in the workspace
ARRIVED = "planmine.plans.arrived"


@task(name="fetch", persist_result=False)
def fetch(workspace: str, sources: str) -> list[Change]:
    """One polite pass over what is due; it retries by itself, address by address."""
    with logged(Path(workspace)):
        return watching.fetch(Path(workspace), load_sources(sources), wait=PATIENCE, command="flow ingest")


@flow(name="ingest", persist_result=False, validate_parameters=False)
def ingest(sources: str = "sources.yaml", workspace: str = "workspace") -> list[Change]:
    """Fetch what is due. New, revised and vanished plans are one event ``planmine.plans.arrived``, whatever
    their number, so that an automation starts one run."""
    changes = fetch(workspace, sources)
    told = [asdict(change) for change in changes if change.outcome in watching.TOLD]
    if told:
        emit_event(
            event=ARRIVED,
            resource={"prefect.resource.id": f"planmine.workspace.{Path(workspace).resolve().name}"},
            payload={"counts": dict(Counter(change["outcome"] for change in told)), "changes": told[:100]},
        )
    failed = [asdict(change) for change in changes if change.outcome in ("failed", "refused")]
    create_table_artifact(key="ingest-changes", table=told, description="Plans that came, changed or went")
    create_table_artifact(key="ingest-failures", table=failed, description="Addresses that were not fetched")
    return changes


if __name__ == "__main__":
    asked = options(sys.argv[1:])
    for found in ingest(asked.sources, asked.workspace):
        print(found.outcome, found.address, found.note or "")
