"""Prefect flow: look at the sources; where anything is new, renew the report; tell people what changed.

python flows/watch.py --sources sources.yaml --workspace workspace            # once
python flows/watch.py --serve --cron "0 6 * * *" --timezone Asia/Shanghai     # by the clock: `planmine schedule`
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))  # the other flows

from planmine.operations.offline import settle, start_server


def options(arguments: list[str]) -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description="Run the flow `watch`, once or by the clock.")
    parser.add_argument("--sources", default="sources.yaml")
    parser.add_argument("--workspace", default="workspace")
    parser.add_argument("--serve", action="store_true")
    parser.add_argument("--cron", default="0 6 * * *")
    parser.add_argument("--timezone", default="Asia/Shanghai")
    parser.add_argument("--every", type=float, help="seconds between looks, instead of --cron")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    _asked = options(sys.argv[1:])
    settle(Path(_asked.workspace), "INFO")
    if _asked.serve:
        start_server()  # before Prefect is imported, which reads its address then

from analyse import analyse  # noqa: E402
from ingest import ingest  # noqa: E402
from prefect import flow, get_run_logger, task  # noqa: E402
from prefect.artifacts import create_markdown_artifact  # noqa: E402
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy  # noqa: E402
from prefect.schedules import Cron, Interval  # noqa: E402

from planmine.logs import logged  # noqa: E402
from planmine.operations import watch as watching  # noqa: E402
from planmine.operations.notify import send  # noqa: E402
from planmine.run import Settings, Summary  # noqa: E402
from planmine.sources import load_sources  # noqa: E402


@task(name="notify", persist_result=False)
def notify(sources: str, title: str, message: str) -> bool:
    """Tell the people that ``sources.yaml`` names."""
    return send(load_sources(sources).notify, title, message)


@flow(name="watch", persist_result=False, validate_parameters=False)
def watch(sources: str = "sources.yaml", workspace: str = "workspace") -> Summary | None:
    """Ingest; analyse where the report would differ; notify. The summary of the run, if there was one."""
    config, folder, settings = load_sources(sources), Path(workspace), Settings()
    summary = None
    try:
        changes = ingest(sources, workspace)
        read = watching.sources_of(folder, config)
        if read and watching.is_stale(folder, read, settings):
            with logged(folder):
                summary = analyse(read, workspace, settings)
        else:
            get_run_logger().info("nothing new: the report stands")
    except Exception as error:
        notify(sources, watching.FAILED, f"{type(error).__name__}: {error}")
        raise
    message = watching.news(folder, changes, summary)
    create_markdown_artifact(
        key="watch-changes", markdown=f"```\n{message or 'nothing new'}\n```", description="What changed"
    )
    if message:
        notify(sources, watching.CHANGED, message)
    return summary


def main(arguments: list[str]) -> int:
    """Once, or by the clock with one look at a time: a second one that falls due meanwhile is left out."""
    asked = options(arguments)
    load_sources(asked.sources)  # a mistake in it is told now and not tomorrow at six
    if not asked.serve:
        watch(asked.sources, asked.workspace)
        return 0
    when = Interval(asked.every) if asked.every else Cron(asked.cron, timezone=asked.timezone)
    watch.serve(
        name="watch",
        schedule=when,
        parameters={"sources": asked.sources, "workspace": asked.workspace},
        global_limit=ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW),
        print_starting_message=False,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
