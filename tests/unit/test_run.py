"""A run end to end on small folders: results, bad input, re-runs, order of files."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import pandas as pd
import pypdfium2
import pytest
from typer.testing import CliRunner

from planmine import reading
from planmine import run as runs
from planmine.cli import app
from planmine.workspace import Files

GOOD = {
    "临湖市2024年环卫工作计划.txt": (
        "临湖市环境卫生管理处2024年工作计划\n一、工作安排\n1.新建公厕12座，改造老旧公厕30座。\n"
        "2.推进生活垃圾分类，覆盖小区达到60%以上；\n3.对主次干道实行机械化清扫，机扫率提高到85%。\n"
    ),
    "云屏市2024年城管工作计划.txt": (
        "云屏市城市管理局2024年工作计划\n一、重点任务\n1.年内建成公共厕所20座。\n"
        "2.在住宅小区推行垃圾分类投放，参与率不低于七成。\n3.整治占道经营，规范夜市摊点管理。\n"
    ),
}
MANIFEST = "file,city,year,invented\n" + "".join(f"{name},{name[:3]},2024,yes\n" for name in GOOD)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "plans"
    place.mkdir()
    for name, text in GOOD.items():
        (place / name).write_text(text, encoding="utf-8")
    (place / "manifest.csv").write_text(MANIFEST, encoding="utf-8")
    return place


def tables(workspace: Path) -> dict[str, pd.DataFrame]:
    return {
        file.stem: pd.read_parquet(file) for file in (workspace / "reports/latest/tables").glob("*.parquet")
    }


def add_bad_documents(place: Path) -> dict[str, str]:
    """One bad document of each kind; name to a word that the reason must hold."""
    (place / "empty.txt").write_bytes(b"")
    (place / "junk.txt").write_bytes(bytes(range(256)) * 40)
    blank = pypdfium2.PdfDocument.new()
    blank.new_page(200, 200)
    blank.save(place / "scan.pdf")
    (place / "broken.pdf").write_bytes(b"%PDF-1.7 not really")
    (place / "broken.docx").write_bytes(b"PK\x03\x04 broken")
    with zipfile.ZipFile(place / "bomb.docx", "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("[Content_Types].xml", "<Types/>")
        with bomb.open("word/document.xml", "w", force_zip64=True) as part:
            for _ in range(300):
                part.write(b"0" * 1_000_000)
    (place / "plan.xyz").write_bytes(b"?")
    (place / "copy.txt").write_text(next(iter(GOOD.values())), encoding="utf-8")
    (place / "title.txt").write_text("工作计划", encoding="utf-8")
    return {
        "empty.txt": "empty",
        "junk.txt": "",
        "scan.pdf": "text",
        "broken.pdf": "",
        "broken.docx": "",
        "bomb.docx": "unpack",
        "plan.xyz": "",
        "copy.txt": "",
    }


def test_report_tables_and_exit_code(folder: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["run", str(folder), "--workspace", str(tmp_path / "ws")])
    assert result.exit_code == 0, result.output
    assert "measures" in result.stdout
    latest = tmp_path / "ws/reports/latest"
    assert (latest / "index.html").is_file() and (latest / "methods.md").is_file()
    manifest = json.loads((latest / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["models"]["coder"] and manifest["versions"]["planmine"] and len(manifest["inputs"]) == 2
    found = tables(tmp_path / "ws")
    assert set(found) >= {
        "plans",
        "measures",
        "targets",
        "failures",
        "notices",
        "coverage",
        "similarity",
        "matches",
    }
    assert set(found["plans"]["city"]) == {"临湖市", "云屏市"}
    for row in found["measures"].itertuples():
        source = found["plans"].set_index("plan_id").loc[row.plan_id, "source"]
        assert (folder / source).read_text(encoding="utf-8")[row.start : row.end] == row.text


def test_each_bad_document_is_one_failure_and_the_rest_is_read(folder: Path, tmp_path: Path) -> None:
    expected = add_bad_documents(folder)
    result = CliRunner().invoke(app, ["run", str(folder), "--workspace", str(tmp_path / "ws")])
    assert result.exit_code == 3
    found = tables(tmp_path / "ws")
    failures = found["failures"]
    assert set(found["plans"]["city"].dropna()) == {"临湖市", "云屏市"}
    for name, word in expected.items():
        rows = failures[failures["file"] == name]
        assert len(rows) == 1, (name, failures.to_dict("records"))
        assert word in rows["reason"].iloc[0]
        assert rows["remedy"].iloc[0]
        assert name in result.stderr
    assert set(failures["file"]) - set(expected) <= {"title.txt"}


def test_nothing_readable_gives_no_report(tmp_path: Path) -> None:
    bad = tmp_path / "bad"
    bad.mkdir()
    (bad / "empty.txt").write_bytes(b"")
    result = CliRunner().invoke(app, ["run", str(bad), "--workspace", str(tmp_path / "ws")])
    assert result.exit_code == 3
    assert "empty.txt" in result.stderr and "no report" in result.stderr
    assert not (tmp_path / "ws/reports/latest").exists()


def test_a_failed_run_leaves_the_last_report(folder: Path, tmp_path: Path) -> None:
    summary = runs.run([folder], tmp_path / "ws")
    for name in GOOD:
        (folder / name).write_bytes(b"")
    with pytest.raises(runs.RunError) as caught:
        runs.run([folder], tmp_path / "ws")
    assert len(caught.value.failures) == 2
    assert (tmp_path / "ws/reports/latest").resolve().name == summary.run_id


def test_a_second_run_reads_nothing_and_gives_the_same_tables(folder: Path, tmp_path: Path) -> None:
    first = runs.run([folder], tmp_path / "ws")
    before = tables(tmp_path / "ws")
    second = runs.run([folder], tmp_path / "ws")
    assert (first.cached, second.cached) == (0, 2)
    for name, table in tables(tmp_path / "ws").items():
        pd.testing.assert_frame_equal(table, before[name])


def test_a_changed_file_alone_is_read_again(folder: Path, tmp_path: Path) -> None:
    runs.run([folder], tmp_path / "ws")
    name = next(iter(GOOD))
    (folder / name).write_text(GOOD[name] + "4.加强中转站除臭。\n", encoding="utf-8")
    again = runs.run([folder], tmp_path / "ws")
    assert again.cached == 1
    fresh = runs.run([folder], tmp_path / "fresh")
    assert again.measures == fresh.measures
    for key, table in tables(tmp_path / "ws").items():
        pd.testing.assert_frame_equal(table, tables(tmp_path / "fresh")[key])


def test_a_damaged_stored_document_is_read_again(folder: Path, tmp_path: Path) -> None:
    first = runs.run([folder], tmp_path / "ws")
    stored = next((tmp_path / "ws/parts").iterdir())
    stored.write_bytes(stored.read_bytes()[:100])
    second = runs.run([folder], tmp_path / "ws")
    assert (second.cached, second.measures) == (0, first.measures)


def test_order_of_sources_and_workers_do_not_matter(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = sorted(folder.glob("*.txt"))
    monkeypatch.setattr(reading, "BATCH_FILES", 1)
    runs.run([folder], tmp_path / "one")
    shutil.copytree(folder, tmp_path / "copy" / folder.name)
    runs.run([folder], tmp_path / "two", workers=2)
    assert len(files) == 2
    one, two = tables(tmp_path / "one"), tables(tmp_path / "two")
    for name, table in one.items():
        pd.testing.assert_frame_equal(table, two[name])


def test_a_file_that_vanishes_is_a_failure(folder: Path, tmp_path: Path) -> None:
    files, _ = runs.discover([folder])
    files[0].path.unlink()
    result = runs.read_batch(Files(tmp_path / "ws"), files, runs.Settings())
    assert (result.total("plans"), result.total("failures")) == (1, 1)


def test_wrong_use_is_exit_code_2(tmp_path: Path) -> None:
    assert CliRunner().invoke(app, ["run"]).exit_code == 2
    missing = CliRunner().invoke(app, ["run", str(tmp_path), "--codebook", str(tmp_path / "none.yaml")])
    assert missing.exit_code in (2, 3)
    assert CliRunner().invoke(app, ["extract", str(tmp_path / "none"), "--format", "parquet"]).exit_code == 2
