"""The flow on a real Prefect server on loopback: the same report as without Prefect, artifacts, failures."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).parents[2]
FLOW = ROOT / "flows" / "analyse.py"
PLANS = {
    "甲.txt": "云屏市城市管理局2024年工作计划\n1.新建公厕20座；\n2.整治占道经营。\n",
    "乙.txt": "临湖市城市管理局2024年工作计划\n1.年内建成公厕12座。\n2.修剪行道树。\n",
}


@pytest.fixture(scope="module")
def analyse(prefect: None) -> dict:
    return runpy.run_path(str(FLOW), run_name="flows.analyse")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "plans"
    place.mkdir()
    for name, text in PLANS.items():
        (place / name).write_text(text, encoding="utf-8")
    rows = "".join(f"{name},{text[:3]},2024,yes\n" for name, text in PLANS.items())
    (place / "manifest.csv").write_text("file,city,year,invented\n" + rows, encoding="utf-8")
    return place


def test_the_flow_gives_the_tables_of_a_run_without_prefect(
    analyse: dict, folder: Path, tmp_path: Path
) -> None:
    from planmine.run import run

    summary = analyse["analyse"]([str(folder)], str(tmp_path / "flow"))
    run([folder], tmp_path / "plain")
    assert summary.plans == 2 and not summary.failures
    for name in ("plans", "measures", "coverage", "similarity", "matches", "failures"):
        one, two = (
            pd.read_parquet(tmp_path / way / "reports/latest/tables" / f"{name}.parquet")
            for way in ("flow", "plain")
        )
        pd.testing.assert_frame_equal(one, two)


def test_failures_become_an_artifact_and_the_report_stands(
    analyse: dict, folder: Path, tmp_path: Path
) -> None:
    from prefect.artifacts import Artifact

    (folder / "empty.txt").write_bytes(b"")
    summary = analyse["analyse"]([str(folder)], str(tmp_path / "ws"))
    assert [row["file"] for row in summary.failures] == ["empty.txt"]
    artifact = Artifact.get(key="analyse-failures")
    assert artifact is not None and "empty.txt" in str(artifact.data)
    shown = Artifact.get(key="analyse-summary")
    assert shown is not None and "measures" in str(shown.data)
    (folder / "丙.txt").write_text("丙湖市城市管理局2024年工作计划\n1.新建公厕3座。\n", encoding="utf-8")
    analyse["analyse"]([str(folder)], str(tmp_path / "ws"))
    changed = Artifact.get(key="analyse-changes")
    assert changed is not None and "丙.txt" in str(changed.data)
    assert (tmp_path / "ws/reports/latest/index.html").is_file()


def test_mostly_failed_documents_fail_the_flow(analyse: dict, folder: Path, tmp_path: Path) -> None:
    for number in range(5):
        (folder / f"empty{number}.txt").write_bytes(b" " * number)
    with pytest.raises(RuntimeError, match="documents failed"):
        analyse["analyse"]([str(folder)], str(tmp_path / "ws"))


def test_a_row_of_a_manifest_is_no_failed_document(analyse: dict, folder: Path, tmp_path: Path) -> None:
    rows = "".join(f"{name},乌有市,2024\n" for name in PLANS)
    (folder / "manifest.csv").write_text("file,city,year\n" + rows, encoding="utf-8")
    summary = analyse["analyse"]([str(folder)], str(tmp_path / "ws"))
    assert summary.plans == 2 and len(summary.failures) == 2


def test_nothing_readable_fails_the_flow_without_a_report(analyse: dict, tmp_path: Path) -> None:
    from planmine.run import RunError

    bad = tmp_path / "bad"
    bad.mkdir()
    (bad / "empty.txt").write_bytes(b"")
    with pytest.raises(RunError, match="no document could be read"):
        analyse["analyse"]([str(bad)], str(tmp_path / "ws"))
    assert not (tmp_path / "ws/reports/latest").exists()


def test_the_library_does_not_import_prefect() -> None:
    import subprocess

    code = "import sys, planmine.run, planmine.report; print('prefect' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert shown.strip() == "False"
