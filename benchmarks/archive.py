"""A run over a whole folder of plans, then one plan added: ``python archive.py SOURCE``.

Three runs in processes of their own: all plans but one; all, in the same workspace; all, in a new workspace. The second
must give the tables of the third, byte for byte, and keep every measure_id of the first.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from measured import RESULTS, ROOT, Clock, alone, load, megabytes, save


def once(name: str, source: str, workspace: str) -> None:
    """One run: seconds by stage, processor seconds, memory; saved under ``name``."""
    clock = Clock()
    from planmine.run import run

    start = clock.read()
    summary = run([source], workspace)
    save(
        name,
        {
            "start": start,
            "seconds": clock.read(),
            "megabytes": megabytes(),
            "plans": summary.plans,
            "measures": summary.measures,
            "cities": summary.cities,
            "stages": summary.seconds,
        },
    )


def tables(workspace: Path) -> dict[str, Path]:
    return {path.name: path for path in sorted((workspace / "reports/latest/tables").glob("*.*"))}


def digests(workspace: Path) -> dict[str, str]:
    return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in tables(workspace).items()}


def ids(workspace: Path) -> set[str]:
    path = tables(workspace)["measures.parquet"]
    return set(pq.read_table(path, columns=["measure_id"])["measure_id"].to_pylist())


def main(source: str) -> None:
    work = Path(tempfile.mkdtemp(prefix="archive-", dir=RESULTS))
    try:
        plans = work / "plans"
        shutil.copytree(source, plans)
        files = sorted(path for path in plans.rglob("*") if path.is_file() and path.name != "manifest.csv")
        added = files[len(files) // 2]
        aside = work / added.name
        added.rename(aside)
        result: dict[str, Any] = {}
        for name, workspace in (("before", "updated"), ("added", "updated"), ("anew", "anew")):
            if name == "added":
                earlier = ids(work / "updated")
                aside.rename(added)
            alone("archive.py", "once", f"archive-{name}", str(plans), str(work / workspace))
            result[name] = load(f"archive-{name}")
        new, full = digests(work / "updated"), digests(work / "anew")
        result["same_tables"] = sorted(name for name in full if new.get(name) == full[name])
        result["other_tables"] = sorted(name for name in full if new.get(name) != full[name])
        result["ids_kept"] = earlier <= ids(work / "updated")
        result["sizes"] = {
            name: {
                "megabytes": round(path.stat().st_size / 1e6, 1),
                "rows": pq.ParquetFile(path).metadata.num_rows,
            }
            for name, path in tables(work / "anew").items()
            if path.suffix == ".parquet"
        }
        used = subprocess.run(["du", "-sk", str(work / "anew")], capture_output=True, text=True, check=True)
        result["workspace_megabytes"] = round(int(used.stdout.split()[0]) / 1024)
        save("archive", result)
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    if sys.argv[1] == "once":
        once(*sys.argv[2:5])
    else:
        RESULTS.mkdir(parents=True, exist_ok=True)
        main(sys.argv[1])


__all__ = ["ROOT"]
