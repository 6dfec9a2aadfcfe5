"""The workspace: what is half written is never seen, what is damaged is noticed, old formats are read."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import duckdb
import numpy as np
import pytest
from typer.testing import CliRunner

from planmine import run as runs
from planmine.cli import app
from planmine.records import Failure, Plan
from planmine.workspace import Damaged, Document, Files, InUse, LedgerError, Workspace, key_of, write_part
from planmine.workspace.checking import check
from planmine.workspace.difference import NoSuchRun, run_folder
from planmine.workspace.documents import from_bytes, to_bytes

DATA = Path(__file__).parents[1] / "data"
pytestmark = pytest.mark.usefixtures("tables_only")


def document(source: str = "a.txt") -> Document:
    plan = Plan(
        plan_id="p",
        title="甲",
        text="扫街。",
        start=0,
        end=3,
        source=source,
        sha256="0" * 64,
        warnings=("注意",),
    )
    return Document.of([(plan, [])], [Failure(file="b.txt", stage="corpus", reason="空", remedy="删")])


def holding(folder: Path, *keys: str) -> Workspace:
    place = Workspace(folder)
    with place.writing("test"):
        place.commit(write_part(place.files, {key: (f"{key}.txt", "0", document()) for key in keys}))
    return place


def test_a_document_comes_back_as_it_was(tmp_path: Path) -> None:
    place = holding(tmp_path, "ab", "cd")
    back = place.documents(["cd"])
    assert len(back) == 1 and back[0].measures.schema == document().measures.schema
    for name in ("plans", "texts", "failures", "notices"):
        assert getattr(back[0], name) == getattr(document(), name)


def test_a_part_has_the_same_bytes_whatever_the_order() -> None:
    one, two = {"a": document("1"), "b": document("2")}, {"b": document("2"), "a": document("1")}
    assert to_bytes(one) == to_bytes(two)
    assert set(from_bytes(to_bytes(one), {"b"})) == {"b"}
    assert from_bytes(to_bytes({})) == {}


def test_a_document_is_committed_once(tmp_path: Path) -> None:
    place = holding(tmp_path, "ab", "cd")
    place.commit(write_part(place.files, {"cd": ("x", "0", document()), "ef": ("y", "0", document())}))
    rows = place.ledger.rows("SELECT key FROM documents ORDER BY key")
    assert [row["key"] for row in rows] == ["ab", "cd", "ef"]


def test_a_part_that_is_gone_is_not_committed(tmp_path: Path) -> None:
    part = write_part(Files(tmp_path), {"ab": ("x", "0", document())})
    place = Workspace(tmp_path)
    with place.writing("test"):  # it was written before the workspace was held, and so cleared away
        with pytest.raises(Damaged, match="before the workspace was held"):
            place.commit(part)
        assert place.stored(["ab"]) == set()


@pytest.mark.fault("A changed bit in a stored part", "noticed, the documents in it are read again")
def test_a_damaged_part_is_noticed_and_forgotten(tmp_path: Path) -> None:
    place = holding(tmp_path, "ab")
    part = next((tmp_path / "parts").iterdir())
    data = bytearray(part.read_bytes())
    data[len(data) // 2] ^= 1
    part.write_bytes(bytes(data))
    with pytest.raises(Damaged, match="not those that were written"):
        place.documents(["ab"])
    assert [problem.file for problem in check(place).problems] == [f"parts/{part.name}"]
    assert place.stored(["ab"]) == set()
    assert not check(place).problems


@pytest.mark.fault("A damaged file of vectors", "made anew")
def test_vectors_are_made_once_and_anew_where_damaged(tmp_path: Path, plans: Path) -> None:
    place, settings = Workspace(tmp_path / "ws"), runs.Settings()
    files, _ = runs.discover([plans])
    with place.writing("test"):
        result = runs.read_batch(place.files, files, settings)
        place.commit(result.part)
    ids = [name for d in place.documents(result.keys) for name in d.measures["measure_id"].to_pylist()]
    asked: list[int] = []

    def encode(texts: list[str]) -> np.ndarray:
        asked.append(len(texts))
        return np.full((len(texts), 2), len(asked), np.float32)

    first = place.vectors(result.keys, ids, "e" * 64, encode)
    again = place.vectors(result.keys, ids[::-1], "e" * 64, encode)
    assert first.shape == (len(ids), 2) and (again == 1).all() and asked == [len(ids)]
    file = next((tmp_path / "ws/vectors" / ("e" * 16)).iterdir())
    file.write_bytes(b"")
    assert (place.vectors(result.keys, ids, "e" * 64, encode) == 2).all()


def test_a_report_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    place = Workspace(tmp_path)
    with place.new_report("one") as folder:
        (folder / "index.html").write_text("1", encoding="utf-8")
        assert not place.latest.exists()
    with pytest.raises(RuntimeError), place.new_report("two") as folder:
        (folder / "index.html").write_text("2", encoding="utf-8")
        raise RuntimeError
    assert (place.latest / "index.html").read_text(encoding="utf-8") == "1"
    assert sorted(p.name for p in (tmp_path / "reports").iterdir()) == ["latest", "one"]


def test_a_run_of_the_same_second_gets_a_name_of_its_own(tmp_path: Path) -> None:
    place = Workspace(tmp_path)
    for _ in range(2):
        with place.new_report("same") as folder:
            (folder / "index.html").write_text("1", encoding="utf-8")
    rows = place.ledger.rows("SELECT run_id FROM runs ORDER BY number")
    assert [row["run_id"] for row in rows] == ["same", "same-2"]
    assert place.latest.resolve().name == "same-2"


@pytest.mark.fault("A clock that was set back by thirty years", "the run that was made last is the latest")
def test_a_clock_that_was_set_back_does_not_make_an_old_run_the_latest(tmp_path: Path) -> None:
    place = Workspace(tmp_path)
    for name in ("2031-01-01T000000-b", "1999-01-01T000000-a"):
        with place.new_report(name) as folder:
            (folder / "index.html").write_text(name, encoding="utf-8")
    assert place.latest.resolve().name == "1999-01-01T000000-a"
    with place.writing("test"):
        assert place.latest.resolve().name == "1999-01-01T000000-a"
    assert run_folder(place, "previous").name == "2031-01-01T000000-b"


@pytest.mark.fault(
    "Scratch files and half a report of a killed run",
    "cleared by the next, listed as interrupted; what is a person’s own stays",
)
def test_what_a_killed_run_left_is_cleared_and_the_pointer_set_right(tmp_path: Path) -> None:
    place = holding(tmp_path, "ab")
    with place.new_report("one") as folder:
        (folder / "index.html").write_text("1", encoding="utf-8")
    number = place.begin("killed")
    (tmp_path / "reports/.writing-x").mkdir()
    (tmp_path / "reports/.writing-latest-1").symlink_to("one", target_is_directory=True)
    (tmp_path / "reports/two").mkdir()
    (tmp_path / "reports/two/.run").write_text("9", encoding="utf-8")
    (tmp_path / "reports/notes").mkdir()  # a researcher's own
    (tmp_path / "parts/.writing-y").write_bytes(b"")
    (tmp_path / "parts/orphan.parquet").write_bytes(b"")
    place.latest.unlink()
    with place.writing("test"):
        pass
    assert sorted(p.name for p in (tmp_path / "reports").iterdir()) == ["latest", "notes", "one"]
    assert len(list((tmp_path / "parts").iterdir())) == 1
    state = place.ledger.rows("SELECT state FROM runs WHERE number = ?", [number])[0]["state"]
    assert state == "interrupted"


@pytest.mark.fault("Two runs at once", "the second is told who holds the workspace, exit code 4")
def test_a_second_writer_is_told_who_holds_the_workspace(tmp_path: Path) -> None:
    code = (
        "import sys, time; from planmine.workspace import Workspace\n"
        f"with Workspace({str(tmp_path)!r}).writing('planmine run'):\n"
        "    print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout and other.stdout.readline() == "held\n"
        with (
            pytest.raises(InUse, match=rf"`planmine run` \(process {other.pid} on "),
            Workspace(tmp_path).writing("second"),
        ):
            pass
        shown = CliRunner().invoke(app, ["run", str(DATA), "--workspace", str(tmp_path)])
        assert shown.exit_code == 4 and "in use by" in shown.stderr
        assert Workspace(tmp_path).ledger.format() == 2  # readers are not shut out
        other.kill()
    with Workspace(tmp_path).writing("second", wait=5):  # what a dead process held is free
        pass


@pytest.mark.fault("Reading while another process writes", "all of the change or nothing")
def test_readers_wait_for_a_transaction_and_see_all_of_it_or_nothing(tmp_path: Path) -> None:
    place = holding(tmp_path, "ab")
    code = (
        "import sys, time; from planmine.workspace import Workspace\n"
        f"with Workspace({str(tmp_path)!r}).ledger.transaction() as change:\n"
        "    change.execute('DELETE FROM documents'); print('held', flush=True); time.sleep(1)\n"
        "    change.execute(\"INSERT INTO documents (key) SELECT 'k' || range FROM range(5)\")"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout and other.stdout.readline() == "held\n"
        assert place.ledger.rows("SELECT count(*) AS n FROM documents") == [{"n": 5}]


@pytest.mark.fault("A damaged ledger", "put aside, plans read anew, reports still listed")
def test_a_damaged_ledger_is_put_aside_and_the_runs_are_kept(tmp_path: Path, plans: Path) -> None:
    first = runs.run([plans], tmp_path)
    (tmp_path / "ledger.duckdb").write_bytes(b"no database" * 1000)
    with pytest.raises(LedgerError, match=r"ledger.duckdb cannot be read or written"):
        Workspace(tmp_path).last()
    again = runs.run([plans], tmp_path)
    assert (again.cached, again.measures) == (0, first.measures)
    rows = Workspace(tmp_path).ledger.rows("SELECT run_id, measures FROM runs ORDER BY number")
    assert [row["run_id"] for row in rows] == [first.run_id, again.run_id]
    assert rows[0]["measures"] == first.measures
    assert (tmp_path / "ledger.duckdb.damaged-1").exists()


def test_a_workspace_of_format_1_is_brought_up_to_date(tmp_path: Path) -> None:
    with zipfile.ZipFile(DATA / "workspace-1.zip") as old:
        old.extractall(tmp_path)
    link = tmp_path / "ws/reports/latest"
    link.unlink()  # zip made a file of the link
    summary = runs.run([tmp_path / "plans"], tmp_path / "ws")
    rows = Workspace(tmp_path / "ws").ledger.rows("SELECT run_id, plans, measures FROM runs ORDER BY number")
    assert [(row["plans"], row["measures"]) for row in rows] == [(2, 6), (2, 7), (2, 7)]
    assert summary.run_id == rows[-1]["run_id"] and not (tmp_path / "ws/documents").exists()
    shown = CliRunner().invoke(app, ["diff", "1", "2", "--workspace", str(tmp_path / "ws")])
    assert shown.exit_code == 0 and "plans revised         1" in shown.stdout
    verified = CliRunner().invoke(app, ["check", "--workspace", str(tmp_path / "ws")])
    assert verified.exit_code == 0, verified.stderr


def test_a_workspace_of_format_2_is_read_and_goes_on(tmp_path: Path) -> None:
    """Written by scripts/keep_workspace.py; the ledger of each release stays readable."""
    with zipfile.ZipFile(DATA / "workspace-2.zip") as old:
        old.extractall(tmp_path)
    where = ["--workspace", str(tmp_path / "ws")]
    assert CliRunner().invoke(app, ["check", *where]).exit_code == 0
    shown = CliRunner().invoke(app, ["diff", "first", "second", *where])
    assert shown.exit_code == 0 and "plans revised         1" in shown.stdout
    summary = runs.run([tmp_path / "plans"], tmp_path / "ws")
    assert (summary.plans, summary.measures) == (2, 5)
    listed = CliRunner().invoke(app, ["runs", *where])
    assert [line.split()[0] for line in listed.stdout.splitlines()] == ["1", "2", "3"]
    assert CliRunner().invoke(app, ["check", *where]).exit_code == 0


@pytest.mark.fault("A workspace of a newer release", "refused, untouched")
def test_a_workspace_of_a_newer_release_is_left_alone(tmp_path: Path) -> None:
    holding(tmp_path, "ab")
    with duckdb.connect(str(tmp_path / "ledger.duckdb")) as change:
        change.execute("UPDATE meta SET value = '99' WHERE name = 'format'")
    with pytest.raises(LedgerError, match="upgrade PlanMine"), Workspace(tmp_path).writing("test"):
        pass


def test_another_store_than_before_is_refused(tmp_path: Path) -> None:
    holding(tmp_path / "ws", "ab")
    with (
        pytest.raises(LedgerError, match="give the same --store"),
        Workspace(tmp_path / "ws", str(tmp_path / "other")).writing("test"),
    ):
        pass


def test_check_names_a_report_that_was_changed(tmp_path: Path, plans: Path) -> None:
    summary = runs.run([plans], tmp_path / "ws", name="spring")
    place = Workspace(tmp_path / "ws")
    assert run_folder(place, "spring") == run_folder(place, "latest") == run_folder(place, "1")
    with pytest.raises(NoSuchRun, match="no run `autumn`"):
        run_folder(place, "autumn")
    table = place.latest / "tables/measures.csv"
    table.write_text(table.read_text(encoding="utf-8-sig") + " ", encoding="utf-8")
    shown = CliRunner().invoke(app, ["check", "--workspace", str(tmp_path / "ws")])
    assert shown.exit_code == 3
    assert f"reports/{summary.run_id}/tables/measures.csv" in shown.stderr


def test_files_are_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = Files(tmp_path)
    files.write("a/b", b"one")
    monkeypatch.setattr(
        "os.fsync", lambda handle: (_ for _ in ()).throw(OSError(28, "No space left on device"))
    )
    with pytest.raises(OSError, match="No space"):
        files.write("a/b", b"two")
    assert (tmp_path / "a/b").read_bytes() == b"one" and files.names("a") == ["a/b"]
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b"]


def test_keys_depend_on_every_part() -> None:
    one = key_of(file="a", sha256="1", manifest={"city": "甲"})
    assert one == key_of(manifest={"city": "甲"}, sha256="1", file="a")
    others = {key_of(file="b", sha256="1", manifest={}), key_of(file="a", sha256="2", manifest={})}
    assert len({one, *others}) == 3
