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


def test_a_run_that_is_killed_at_any_step_is_finished_by_the_next_and_runs_at_once_wait() -> None:
    """Six steps here; `benchmarks/kill_points.py --points 0` does all of them."""
    command = [sys.executable, str(ROOT / "benchmarks/kill_points.py"), "--points", "6", "--together", "3"]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert shown.returncode == 0, shown.stdout + shown.stderr
    found = json.loads(shown.stdout)
    assert found["steps"]["points"] == 6 and found["steps"]["steps"] > 50 and found["steps"]["wrong"] == {}
    assert found["together"]["runs"] == 3 and found["together"]["wrong"] == {}


def deadly(store: Files, files: list[SourceFile], settings: reading.Settings) -> reading.BatchResult:
    """read_batch in a worker that dies where a file is called deadly."""
    if any("deadly" in file.name for file in files):
        os._exit(9)
    return reading.read_batch(store, files, settings)


@pytest.mark.fault(
    "A worker process that dies",
    "the file that killed it is one failure, all others are read, the next run tries it again",
)
def test_a_worker_that_dies_costs_the_file_that_killed_it(
    plans: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (plans / "deadly.txt").write_text("乙市2024年工作计划\n1.新建公厕2座。\n", encoding="utf-8")
    files, _ = discover([plans])
    monkeypatch.setattr(reading, "read_batch", deadly)
    monkeypatch.setattr(sys.modules["__main__"], "__spec__", None, raising=False)
    place = Workspace(tmp_path / "ws")
    with place.writing("test"):  # as a run does: whatever is not committed when this begins is cleared away
        groups = [files[:1], files[1:]]
        results = list(reading.read_all(place.files, groups, reading.Settings(), workers=2))
        place.commit(*(result.part for result in results))
    rows = [row for result in results for row in result.part.documents]
    assert sorted(row["file"] for row in rows) == sorted(file.name for file in files)
    failures = [f for d in place.documents([row["key"] for row in rows]) for f in d.failures]
    assert [(f.file, f.reason) for f in failures] == [
        ("deadly.txt", "the process that read it died (out of memory?)")
    ]
    _, new = reading.unread(place, files, reading.Settings())
    assert [file.name for file in new] == ["deadly.txt"]  # the next run tries it again


@pytest.mark.parametrize("where", ["parts", "vectors", "reports"])
@pytest.mark.fault(
    "A full disk",
    "the run fails, the last report stands, the next run gives the tables of an undisturbed one",
)
def test_a_full_disk_fails_the_run_and_the_next_one_completes(
    plans: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    run.run([plans], tmp_path / "calm")
    from planmine.workspace import files
    from planmine.workspace import place as places

    real = files.flush

    def full(path: Path) -> None:
        if path.is_relative_to(tmp_path / "ws" / where):
            raise OSError(28, "No space left on device")
        real(path)

    with monkeypatch.context() as patch:
        for module in (files, places):
            patch.setattr(module, "flush", full)
        with pytest.raises(OSError, match="No space left"):
            run.run([plans], tmp_path / "ws")
    place = Workspace(tmp_path / "ws")
    assert [row["state"] for row in place.ledger.rows("SELECT state FROM runs")] == ["failed"]
    assert not place.latest.exists()
    run.run([plans], tmp_path / "ws")
    assert tables(tmp_path / "ws") == tables(tmp_path / "calm")
    assert not check(place).problems


@pytest.mark.fault("10,000 tiny files", "all stored, in a hundred parts")
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


LARGE = {
    "text.txt": "丙市2024年工作计划\n1.新建公厕12座。\n2.修剪行道树。\n" + " \n" * 25_000_000,
    "picture.html": "<h1>丙市2024年工作计划</h1><p>1.新建公厕12座。</p><p>2.修剪行道树。</p>"
    f"<img src='data:image/png;base64,{'iVBORw0KGgo=' * 4_200_000}'>",
    "million.txt": "丙市2024年工作计划\n" + "新建公厕12座，改造老旧公厕30座。\n" * 1_070_000,
}


@pytest.mark.fault(
    "One file of 50 MB", "one plan; of a million measures, a failure. The rest is read beside it"
)
@pytest.mark.parametrize("name", list(LARGE))
def test_a_file_of_50_mb_is_a_plan_or_a_failure_and_the_rest_is_read(
    plans: Path, tmp_path: Path, name: str
) -> None:
    (plans / name).write_text(LARGE[name], encoding="utf-8")
    assert (plans / name).stat().st_size > 50_000_000
    with (plans / "manifest.csv").open("a", encoding="utf-8") as rows:
        rows.write(f"{name},丙市,2024,yes\n")
    summary = run.run([plans], tmp_path / "ws")
    if name == "million.txt":
        assert summary.plans == 2 and "characters, above the limit" in summary.failures[0]["reason"]
    else:
        assert (summary.plans, summary.failures) == (3, [])


@pytest.mark.fault("A file that grows while it is read", "a failure now, read again by the next run")
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
    place = Workspace(tmp_path / "ws")
    with place.writing("test"):
        result = reading.read_batch(place.files, files[:1], reading.Settings())
        place.commit(result.part)
    assert (result.total("plans"), result.total("failures")) == (0, 1)
    assert len(place.documents(result.keys)) == 1
    assert reading.unread(place, files[:1], reading.Settings()) == ([], files[:1])


@pytest.mark.fault("A clock that jumps back between two runs", "the later run is the latest, the same tables")
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


@pytest.mark.fault("A changed bit in what comparisons remember", "noticed, made anew, the same tables")
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
