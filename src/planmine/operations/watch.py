"""One look at all sources: fetch what is due, run where anything is new, and tell people what changed.

``planmine watch`` does it once, for a timer of the system; the flow ``watch`` does the same on a schedule.
"""

from __future__ import annotations

import hashlib
import logging
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from planmine.corpus import SourceFile, discover, read
from planmine.operations.notify import send
from planmine.reading import digest, is_readable, unread
from planmine.run import Settings, Summary, models_of
from planmine.run import run as run_sources
from planmine.sources import Change, Config, Fetcher, fetch_all
from planmine.sources.collect import FOLDER
from planmine.workspace import InUse, Workspace
from planmine.workspace.difference import last_change
from planmine.workspace.place import as_json

log = logging.getLogger("planmine.watch")
TOLD = ("new", "revised", "gone")
CHANGED, FAILED = "PlanMine: what changed", "PlanMine: a run failed"  # titles of messages


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What a look gave: what the sources held, the run if there was one, and what was told."""

    changes: list[Change]
    summary: Summary | None
    message: str | None


def identity(name: str, body: bytes) -> str:
    """What a page says, without what surrounds it: the ids of the plans in it, or else its bytes."""
    with tempfile.TemporaryDirectory(prefix="planmine-") as folder:
        path = Path(folder, f"page{Path(name).suffix}")
        path.write_bytes(body)
        plans, _ = read(SourceFile(path, path.name))
    said = " ".join(plan.plan_id for plan in plans).encode() if plans else body
    return hashlib.sha256(said).hexdigest()


def fetch(
    workspace: Path, config: Config, *, wait: float = 0.0, command: str = "planmine fetch"
) -> list[Change]:
    """Look at the sources that are due and keep what is new. Raises InUse, LedgerError."""
    place = Workspace(workspace)
    fetcher = Fetcher(config.user_agent, delay=config.delay, allow=config.allow)
    try:
        with place.writing(command, wait):
            return fetch_all(place, config, fetcher, identity)
    finally:
        fetcher.close()


def sources_of(workspace: Path, config: Config) -> list[str]:
    """What a run reads: the folders of ``sources.yaml``, and the plans that were fetched."""
    fetched = workspace / FOLDER
    return [*map(str, config.folders), *([str(fetched)] if fetched.is_dir() else [])]


def is_stale(workspace: Path, sources: list[str], settings: Settings) -> bool:
    """Whether a run would give another report than the last: other documents, models or settings."""
    place = Workspace(workspace)
    last = place.last()
    files, _ = discover(sources)
    made_with = as_json(asdict(settings)), as_json(models_of(settings))
    if last is None or (last["settings"], last["models"]) != made_with:
        return bool(files)
    keys, new = unread(place, files, settings)
    rows = place.ledger.rows(
        "SELECT key, file, sha256, plans FROM run_documents LEFT JOIN documents USING (key) WHERE number = ?",
        [last["number"]],
    )
    # What failed by chance is tried again by every run, and is no reason for one.
    failed = {(row["file"], row["sha256"]): row["key"] for row in rows if row["plans"] == 0}
    tried = {(file.name, digest(file.path) if is_readable(file.path) else ""): file for file in new}
    if not set(tried) <= set(failed):
        return True
    return {*keys, *(failed[one] for one in tried)} != {row["key"] for row in rows}


def news(workspace: Path, changes: list[Change], summary: Summary | None) -> str | None:
    """The message for people: what came, what changed in the report; None where there is nothing to tell."""
    lines = [
        f"{change.outcome}: {change.address}" + (f" ({change.note})" if change.note else "")
        for change in changes
        if change.outcome in TOLD
    ]
    failed = [change for change in changes if change.outcome in ("failed", "refused") and not change.again]
    lines += [f"{change.outcome}: {change.address} ({change.note})" for change in failed[:10]]
    if summary is not None:
        changed = last_change(Workspace(workspace))
        lines += [changed] if changed else []
        lines.append(f"report: {summary.report} ({summary.plans:,} plans, {summary.measures:,} measures)")
    return "\n".join(lines) or None


def watch(workspace: Path, config: Config, settings: Settings | None = None, *, wait: float = 0.0) -> Watched:
    """Fetch, run where something is new, tell. Raises InUse, LedgerError; RunError where nothing can be read."""
    settings = settings or Settings()
    try:
        changes = fetch(workspace, config, wait=wait, command="planmine watch")
        sources = sources_of(workspace, config)
        summary = None
        if sources and is_stale(workspace, sources, settings):
            summary = run_sources(sources, workspace, settings, wait=wait, command="planmine watch")
    except InUse:
        raise  # the other run tells
    except Exception as error:
        send(config.notify, FAILED, f"{type(error).__name__}: {error}")
        raise
    message = news(workspace, changes, summary)
    if message:
        send(config.notify, CHANGED, message)
    return Watched(changes=changes, summary=summary, message=message)
