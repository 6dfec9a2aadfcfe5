"""Workspaces of older releases, and those whose ledger is lost: brought to the present format.

Format 1 (PlanMine 0.1 before it had a ledger) kept each document as a file of its own and listed no runs. Its
reports become runs; its documents are read anew, as they are after any release that reads differently.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from planmine import __version__
from planmine.workspace.ledger import FORMAT, Ledger, LedgerDamaged, LedgerError, insert
from planmine.workspace.place import Workspace, as_json, sealed

_FORMAT_1 = "documents"  # its folder of stored documents


def bring_up_to_date(place: Workspace) -> None:
    """Give a workspace a sound ledger of this format. Raises LedgerError where a newer release wrote it."""
    try:
        found = place.ledger.probe()
    except LedgerDamaged:
        aside = _free(place.ledger.path)
        place.ledger.path.rename(aside)
        Path(f"{place.ledger.path}.wal").unlink(missing_ok=True)
        found = None
    if found is None:
        _new(place)
    elif found > FORMAT:
        raise LedgerError(
            f"{place.folder} is a workspace of format {found}, and this PlanMine knows {FORMAT}: "
            "upgrade PlanMine, or use another workspace"
        )
    shutil.rmtree(place.folder / _FORMAT_1, ignore_errors=True)


def _new(place: Workspace) -> None:
    """A ledger that knows the reports that stand there, written beside and renamed."""
    scratch = Ledger(place.folder / ".writing-ledger.duckdb")
    for old in place.folder.glob(".writing-ledger.duckdb*"):
        old.unlink()
    scratch.create(__version__)
    found = [(folder, _manifest(folder)) for folder in place.reports.glob("*/") if not folder.is_symlink()]
    known = [(folder, manifest) for folder, manifest in found if manifest]
    known.sort(key=lambda one: (one[1]["finished"], one[0].name))
    runs, files = [], []
    for number, (folder, manifest) in enumerate(known, 1):
        runs.append({"number": number, "run_id": folder.name, **_facts(folder, manifest)})
        files += [{"number": number, **file} for file in sealed(folder)]
    with scratch.transaction() as change:
        insert(change, "runs", runs)
        insert(change, "run_files", files)
    scratch.path.rename(place.ledger.path)


def _manifest(folder: Path) -> dict[str, Any] | None:
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return manifest if isinstance(manifest, dict) and "finished" in manifest else None


def _facts(folder: Path, manifest: dict[str, Any]) -> dict[str, Any]:
    """The row of table ``runs`` that a report tells of itself."""
    return {
        "state": "complete",
        "finished": manifest["finished"],
        "result_sha256": manifest.get("result_sha256"),
        "settings": as_json(manifest.get("settings", {})),
        "models": as_json(manifest.get("models", {})),
        **_counts(folder),
    }


def _counts(folder: Path) -> dict[str, int | None]:
    import pyarrow.parquet as pq

    counts: dict[str, int | None] = {}
    try:
        for table in ("plans", "measures", "failures"):
            counts[table] = pq.read_metadata(folder / "tables" / f"{table}.parquet").num_rows
        cities = pq.read_table(folder / "tables" / "plans.parquet", columns=["city"])["city"]
        counts["cities"] = len(cities.drop_null().unique())
    except (OSError, ValueError):
        pass  # a report that someone took tables out of is a report still
    return counts


def _free(path: Path) -> Path:
    names = (path.with_name(f"{path.name}.damaged-{count}") for count in range(1, 1000))
    return next(name for name in names if not name.exists())
