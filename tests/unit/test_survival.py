"""Faults that a run must survive: kills, workers that die, full disks, many files, large files, odd content."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from planmine import reading, run
from planmine.corpus import SourceFile, discover
from planmine.workspace import Files, Workspace
from planmine.workspace.checking import check

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.usefixtures("tables_only")


def tables(workspace: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in (workspace / "reports/latest/tables").iterdir()}


def test_a_run_that_is_killed_at_any_step_is_finished_by_the_next() -> None:
    """Six steps here; `benchmarks/kill_points.py --points 0` does all of them."""
    command = [sys.executable, str(ROOT / "benchmarks/kill_points.py"), "--points", "6"]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert shown.returncode == 0, shown.stdout + shown.stderr
    found = json.loads(shown.stdout)["steps"]
    assert found["points"] == 6 and found["steps"] > 50 and found["wrong"] == {}


def deadly(store: Files, files: list[SourceFile], settings: reading.Settings) -> reading.BatchResult:
    """read_batch in a worker that dies where a file is called deadly."""
    if any("deadly" in file.name for file in files):
        os._exit(9)
    return reading.read_batch(store, files, settings)


@pytest.mark.xfail(
    reason="a part of the worker that died is looked for though it was not written", strict=False
)
def test_a_worker_that_dies_costs_the_file_that_killed_it(
    plans: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (plans / "deadly.txt").write_text("乙市2024年工作计划\n1.新建公厕2座。\n", encoding="utf-8")
    files, _ = discover([plans])
    store = Files(tmp_path / "ws")
    monkeypatch.setattr(reading, "read_batch", deadly)
    monkeypatch.setattr(sys.modules["__main__"], "__spec__", None, raising=False)
    results = list(reading.read_all(store, [files[:1], files[1:]], reading.Settings(), workers=2))
    rows = [row for result in results for row in result.part.documents]
    assert sorted(row["file"] for row in rows) == sorted(file.name for file in files)
    place = Workspace(tmp_path / "ws")
    with place.writing("test"):
        place.commit(*(result.part for result in results))
    failures = [f for d in place.documents([row["key"] for row in rows]) for f in d.failures]
    assert [(f.file, f.reason) for f in failures] == [
        ("deadly.txt", "the process that read it died (out of memory?)")
    ]
    _, new = reading.unread(place, files, reading.Settings())
    assert [file.name for file in new] == ["deadly.txt"]  # the next run tries it again


@pytest.mark.parametrize("where", ["parts", "vectors", "reports"])
def test_a_full_disk_fails_the_run_and_the_next_one_completes(
    plans: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    run.run([plans], tmp_path / "calm")
    real = os.fsync

    def full(handle: int) -> None:
        if f"/ws/{where}/" in str(Path(f"/proc/self/fd/{handle}").readlink()):
            raise OSError(28, "No space left on device")
        real(handle)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            run.run([plans], tmp_path / "ws")
    place = Workspace(tmp_path / "ws")
    assert [row["state"] for row in place.ledger.rows("SELECT state FROM runs")] == ["failed"]
    assert not place.latest.exists()
    run.run([plans], tmp_path / "ws")
    assert tables(tmp_path / "ws") == tables(tmp_path / "calm")
    assert not check(place).problems


def test_ten_thousand_tiny_files_are_a_hundred_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading is replaced by its cheapest outcome: it is the store that is tried."""
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(10_000):
        (folder / f"{number}.txt").write_text(str(number), encoding="utf-8")
    files, _ = discover([folder])
    monkeypatch.setattr(reading, "read", lambda file: ([], []))
    place = Workspace(tmp_path / "ws")
    with place.writing("test"):
        for group in reading.batches(files):
            place.commit(reading.read_batch(place.files, group, reading.Settings()).part)
        keys, new = reading.unread(place, files, reading.Settings())
    assert (len(keys), len(new)) == (10_000, 0)
    assert len(place.files.names("parts")) <= 101
    assert place.ledger.path.stat().st_size < 30_000_000


def test_a_file_of_50_mb_is_a_plan_or_a_failure_and_the_rest_is_read(plans: Path, tmp_path: Path) -> None:
    line = "新建公厕12座，改造老旧公厕30座。\n"
    (plans / "large.txt").write_text(
        "丙市2024年工作计划\n" + line * (50_000_000 // len(line.encode())), "utf-8"
    )
    files, _ = discover([plans])
    result = reading.read_batch(
        Files(tmp_path), [f for f in files if f.name == "large.txt"], reading.Settings()
    )
    assert len(result.part.documents) == 1
    assert (result.total("plans"), result.total("failures")) in ((1, 0), (0, 1))
    summary = run.run(list(plans.glob("*2024.txt")), tmp_path / "ws")
    assert summary.plans == 2


def test_a_file_that_changes_while_it_is_read_is_read_again_next_time(
    plans: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files, _ = discover([plans])
    real = reading.read

    def growing(file: SourceFile):  # type: ignore[no-untyped-def]
        found = real(file)
        file.path.write_text(file.path.read_text(encoding="utf-8") + "3.修剪行道树。\n", encoding="utf-8")
        return found

    monkeypatch.setattr(reading, "read", growing)
    result = reading.read_batch(Files(tmp_path), files[:1], reading.Settings())
    assert (result.total("plans"), result.total("failures")) == (0, 1)
    place = Workspace(tmp_path)
    with place.writing("test"):
        place.commit(result.part)
    assert reading.unread(place, files[:1], reading.Settings()) == ([], files[:1])


def test_ids_of_runs_and_tables_do_not_depend_on_the_clock(
    plans: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import planmine.frames as frames

    class Jumping(frames.datetime):  # type: ignore[name-defined, misc]
        turn = 0

        @classmethod
        def now(cls, zone=None):  # type: ignore[no-untyped-def]
            cls.turn += 1
            return frames.datetime.__mro__[1](2040 - 15 * cls.turn, 1, 1, tzinfo=zone)

    monkeypatch.setattr(frames, "datetime", Jumping)
    one = run.run([plans], tmp_path / "ws")
    before = tables(tmp_path / "ws")
    two = run.run([plans], tmp_path / "ws")
    assert one.run_id > two.run_id
    assert (tmp_path / "ws/reports/latest").resolve().name == two.run_id
    assert tables(tmp_path / "ws") == before
    assert pd.read_parquet(tmp_path / "ws/reports/latest/tables/plans.parquet").shape[0] == 2


def test_a_changed_bit_in_what_a_comparison_remembers_is_noticed(plans: Path, tmp_path: Path) -> None:
    run.run([plans], tmp_path / "ws")
    before = tables(tmp_path / "ws")
    remembered = [file for file in (tmp_path / "ws/memory").rglob("*") if file.is_file()]
    assert remembered
    for file in remembered:
        data = bytearray(file.read_bytes())
        data[-40] ^= 1  # the last of the arrays' bytes
        file.write_bytes(bytes(data))
    run.run([plans], tmp_path / "ws")
    assert tables(tmp_path / "ws") == before


def test_an_incremental_run_of_the_sample_gives_every_table_of_a_full_one(tmp_path: Path) -> None:
    """Themes, changes, precedents and all else that remembers: with the memory and without, in two steps or one."""
    sample, folder = ROOT / "corpus/sample", tmp_path / "plans"
    shutil.copytree(sample, folder)
    late = folder / "yunze-2024.docx"
    late.rename(tmp_path / late.name)
    run.run([folder], tmp_path / "grown")
    (tmp_path / late.name).rename(late)
    run.run([folder], tmp_path / "grown")
    run.run([folder], tmp_path / "fresh")
    grown, fresh = tables(tmp_path / "grown"), tables(tmp_path / "fresh")
    assert [name for name in fresh if grown.get(name) != fresh[name]] == [] and grown.keys() == fresh.keys()
