"""``planmine check``: every stored byte against the hash that was noted when it was written."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from planmine.workspace.files import Damaged
from planmine.workspace.place import Workspace, vectors_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A file of the workspace that is not as it was written, and what to do."""

    file: str
    reason: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """How many files were verified, and what is wrong."""

    files: int
    problems: list[Problem]


_READ_AGAIN = "nothing: the next run makes it anew"
_RESTORED = "nothing: the next fetch takes it from the archive"
_CHANGED = "the bytes are not those that were written"


def check(place: Workspace) -> Checked:
    """Verify parts, vectors, what comparisons remember, fetched and archived plans and the reports of all runs.

    Changes nothing. Raises LedgerError.
    """
    from planmine.comparison.memory import unsealed  # here: fetching uses this module and compares nothing

    problems, count = [], 0
    if place.ledger.probe() is None:
        return Checked(
            files=0, problems=[Problem(file="ledger.duckdb", reason="missing", remedy="planmine run")]
        )
    ledger = place.ledger
    stored = [(row["part"], row["sha256"]) for row in ledger.rows("SELECT part, sha256 FROM parts")]
    stored += [
        (vectors_name(row["part"], row["encoder"]), row["sha256"])
        for row in ledger.rows("SELECT part, encoder, sha256 FROM vectors")
    ]
    for name, sha256 in sorted(stored):
        count += 1
        try:
            place.files.read(name, sha256)
        except Damaged as error:
            problems.append(Problem(file=name, reason=str(error).partition(": ")[2], remedy=_READ_AGAIN))
    runs = ledger.rows(
        "SELECT run_id, file, sha256 FROM run_files JOIN runs USING (number) WHERE state = 'complete' "
        "ORDER BY number, file"
    )
    for row in runs:
        count += 1
        remedy = "planmine run makes a new report; take this one from a copy to cite it"
        problems += _verify(place.reports / row["run_id"] / row["file"], place.folder, row["sha256"], remedy)
    pages = ledger.rows(
        "SELECT DISTINCT archive, bytes FROM captures WHERE archive IS NOT NULL ORDER BY archive"
    )
    for row in pages:
        count += 1
        # An archived page is named by the hash of its file.
        path = place.folder / row["archive"]
        remedy = "take the file from a copy; what the address holds now is fetched anew"
        problems += _verify(path, place.folder, path.name.partition(".")[0], remedy)
    for row in standing(place):
        path = place.folder / "fetched" / row["file"]
        if path.exists():  # one that was deleted by hand is no damage
            count += 1
            problems += _verify(path, place.folder, row["sha256"], _RESTORED)
    for path in sorted((place.folder / "memory").rglob("*.sealed")):
        count += 1
        if unsealed(path) is None:
            file, reason = path.relative_to(place.folder).as_posix(), _CHANGED
            problems.append(Problem(file=file, reason=reason, remedy=_READ_AGAIN))
    return Checked(files=count, problems=problems)


def standing(place: Workspace) -> list[dict[str, Any]]:
    """The plans of ``fetched`` as they were last put there: file, sha256, and the file of the archive that has them."""
    rows = place.ledger.rows(
        "SELECT file, sha256, archive FROM captures WHERE archive IS NOT NULL AND file IS NOT NULL ORDER BY number"
    )
    return list({row["file"]: row for row in rows}.values())


def _verify(path: Path, root: Path, sha256: str, remedy: str) -> list[Problem]:
    try:
        whole = hashlib.sha256(path.read_bytes()).hexdigest() == sha256
        reason = _CHANGED
    except OSError as error:
        whole, reason = False, error.strerror or str(error)
    file = path.relative_to(root).as_posix()
    return [] if whole else [Problem(file=file, reason=reason, remedy=remedy)]
