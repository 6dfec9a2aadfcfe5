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
    for command in (runs, diff, check):
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
        raise _stop(error, 2) from error
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
    except (NoSuchRun, LedgerError, OSError) as error:
        raise _stop(error, 2) from error
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
