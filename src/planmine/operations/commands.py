"""The commands that keep a workspace: runs, diff, check, fetch, watch, schedule, doctor."""

from __future__ import annotations

import json as _json
from pathlib import Path
from typing import Annotated, Any

import typer

Place = Annotated[Path, typer.Option("--workspace", help="The workspace.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_HERE = Path("workspace")


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    for command in (runs, diff, check, fetch, watch, schedule, doctor):
        app.command()(command)


def _stop(text: object, code: int) -> typer.Exit:
    typer.echo(f"error: {text}", err=True)
    return typer.Exit(code)


def _print(rows: Any) -> None:
    typer.echo(_json.dumps(rows, ensure_ascii=False, indent=1, default=str))


def runs(workspace: Place = _HERE, json: AsJson = False) -> None:
    """List the runs of a workspace: number, id, name, when, plans, measures, cities, failures."""
    from planmine.workspace import LedgerError, Workspace

    try:
        rows = Workspace(workspace).ledger.rows("SELECT * FROM runs ORDER BY number")
    except LedgerError as error:
        raise _stop(error, 1) from error
    if json:
        _print(rows)
        return
    for row in rows:
        counts = "  ".join(
            f"{row[what]:,} {what}"
            for what in ("plans", "measures", "cities", "failures")
            if row[what] is not None
        )
        shown = [
            f"{row['number']:>4}",
            f"{row['run_id'] or '-':<26}",
            f"{row['state']:<11}",
            row["name"] or "",
        ]
        typer.echo("  ".join([*shown, counts]).rstrip())
    if not rows:
        typer.echo(f"{workspace}: no runs yet", err=True)


def diff(
    before: Annotated[
        str, typer.Argument(help="A run: its id, name or number, `latest` or `previous`.")
    ] = "previous",
    after: Annotated[str, typer.Argument(help="The later run.")] = "latest",
    workspace: Place = _HERE,
    json: AsJson = False,
) -> None:
    """Say what changed between two runs: plans, measures, cells that moved and why."""
    from planmine.workspace import LedgerError, Workspace
    from planmine.workspace.difference import NoSuchRun, describe, difference, run_folder

    place = Workspace(workspace)
    try:
        found = difference(run_folder(place, before), run_folder(place, after))
    except NoSuchRun as error:
        raise _stop(error, 2) from error
    except (LedgerError, OSError) as error:
        raise _stop(error, 1) from error
    if not json:
        typer.echo(describe(found))
        return
    frames = {name: getattr(found, name) for name in ("plans", "measures", "cells", "pairs")}
    rows = {
        name: _json.loads(frame.to_json(orient="records", force_ascii=False))
        for name, frame in frames.items()
    }
    _print({"before": found.before, "after": found.after, **rows, "made_with": found.made_with})


def check(workspace: Place = _HERE, json: AsJson = False) -> None:
    """Verify every stored file of a workspace against its hash. Exit code 0, or 3 where one is damaged."""
    from dataclasses import asdict

    from planmine.workspace import LedgerError, Workspace
    from planmine.workspace.checking import check as verify

    try:
        found = verify(Workspace(workspace))
    except LedgerError as error:
        raise _stop(error, 3) from error
    if json:
        _print(asdict(found))
    else:
        for problem in found.problems:
            typer.echo(f"damaged: {problem.file}: {problem.reason} -> {problem.remedy}", err=True)
        typer.echo(f"{found.files:,} files verified, {len(found.problems):,} damaged")
    raise typer.Exit(3 if found.problems else 0)


SourcesFile = Annotated[Path, typer.Option("--sources", help="The file that names the sources.")]
Wait = Annotated[
    float, typer.Option(min=0, help="Seconds to wait where another process holds the workspace.")
]
_SOURCES = Path("sources.yaml")


def fetch(
    workspace: Place = _HERE, sources: SourcesFile = _SOURCES, wait: Wait = 0.0, json: AsJson = False
) -> None:
    """Look at the sources that are due, and keep new and revised plans. Exit code 3 where some did not answer."""
    from dataclasses import asdict

    from planmine.logs import logged
    from planmine.operations import watch as watching
    from planmine.sources import SourcesError, load_sources
    from planmine.workspace import InUse, LedgerError

    try:
        with logged(workspace):
            changes = watching.fetch(workspace, load_sources(sources), wait=wait)
    except InUse as error:
        raise _stop(error, 4) from error
    except SourcesError as error:
        raise _stop(error, 2) from error
    except (LedgerError, OSError) as error:
        raise _stop(error, 1) from error
    if json:
        _print([asdict(change) for change in changes])
    else:
        _tell(changes)
    raise typer.Exit(3 if any(change.outcome in ("failed", "refused") for change in changes) else 0)


def _tell(changes: Any) -> None:
    for change in changes:
        note = f" ({change.note})" if change.note else ""
        typer.echo(f"{change.outcome:<9} {change.address}{note}", err=change.outcome in ("failed", "refused"))
    if not changes:
        typer.echo("no source is due", err=True)


def watch(
    workspace: Place = _HERE, sources: SourcesFile = _SOURCES, wait: Wait = 0.0, json: AsJson = False
) -> None:
    """Once: fetch, renew the report where anything is new, and notify. For a timer; `schedule` keeps running."""
    from dataclasses import asdict

    from planmine.logs import logged
    from planmine.operations import watch as watching
    from planmine.run import RunError, summary_table
    from planmine.sources import SourcesError, load_sources
    from planmine.workspace import InUse, LedgerError

    try:
        with logged(workspace):
            found = watching.watch(workspace, load_sources(sources), wait=wait)
    except InUse as error:
        raise _stop(error, 4) from error
    except SourcesError as error:
        raise _stop(error, 2) from error
    except (LedgerError, OSError) as error:
        raise _stop(error, 1) from error
    except RunError as error:
        raise _stop(error, 3) from error
    if json:
        _print(asdict(found))
    else:
        _tell(found.changes)
        typer.echo(summary_table(found.summary) if found.summary else "nothing new: the report stands")
    failed = any(change.outcome in ("failed", "refused") for change in found.changes)
    raise typer.Exit(3 if failed or (found.summary and found.summary.failures) else 0)


def schedule(
    workspace: Place = _HERE,
    sources: SourcesFile = _SOURCES,
    cron: Annotated[str, typer.Option(help="When to look, as five cron fields.")] = "0 6 * * *",
    timezone: Annotated[str, typer.Option(help="Whose clock.")] = "Asia/Shanghai",
    every: Annotated[float | None, typer.Option(help="Seconds between looks, instead of --cron.")] = None,
) -> None:
    """Keep running: look at the sources by the clock, with a Prefect server of its own on loopback. Ctrl-C ends it."""
    import subprocess
    import sys

    from planmine.bundled import flow_file

    command = [sys.executable, str(flow_file("watch")), "--serve", "--sources", str(sources)]
    command += ["--workspace", str(workspace), "--cron", cron, "--timezone", timezone]
    command += [] if every is None else ["--every", str(every)]
    raise typer.Exit(subprocess.call(command))


def doctor(
    workspace: Place = _HERE,
    sources: Annotated[Path | None, typer.Option("--sources", help="Look at these sources, too.")] = None,
    offline: Annotated[bool, typer.Option(help="Do not ask the sources' hosts.")] = False,
    json: AsJson = False,
) -> None:
    """Look at versions, models, fonts, disk, workspace and sources. Exit code 1 where something is wrong."""
    from dataclasses import asdict

    from planmine.operations.doctor import examine

    findings = examine(workspace, sources, reach=not offline)
    if json:
        _print([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            remedy = f" -> {finding.remedy}" if finding.remedy else ""
            typer.echo(f"{finding.state:<8} {finding.what}: {finding.found}{remedy}")
    raise typer.Exit(1 if any(finding.state == "error" for finding in findings) else 0)
