"""The command line: help at once, rows on standard output, talk on standard error."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
from typer.testing import CliRunner

from planmine.cli import app

PLAN = "云屏市城市管理局2024年工作计划\n1.新建公厕20座；\n2.整治占道经营。\n"


def test_help_answers_in_half_a_second() -> None:
    command = [sys.executable, "-m", "planmine.cli", "--help"]
    subprocess.run(command, check=True, capture_output=True)
    spent = []
    for _ in range(3):
        started = time.perf_counter()
        shown = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        spent.append(time.perf_counter() - started)
    assert "extract" in shown and "run" in shown
    assert min(spent) < 0.5


def test_extract_prints_one_row_a_measure(tmp_path: Path) -> None:
    file = tmp_path / "云屏市2024.txt"
    file.write_text(PLAN, encoding="utf-8")
    result = CliRunner().invoke(app, ["extract", str(file)])
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 0
    assert [row["text"] for row in rows] == ["新建公厕20座；", "整治占道经营。"]
    assert all(PLAN[row["start"] : row["end"]] == row["text"] for row in rows)
    needed = (
        "measure_id plan_id city city_code year ordinal start end text heading_path status category probability "
        "labels agencies targets title strength"
    )
    assert set(needed.split()) <= set(rows[0])


def test_extract_writes_csv_and_parquet_alike(tmp_path: Path) -> None:
    file = tmp_path / "云屏市2024.txt"
    file.write_text(PLAN, encoding="utf-8")
    for format in ("csv", "parquet"):
        out = tmp_path / f"rows.{format}"
        result = CliRunner().invoke(app, ["extract", str(file), "--format", format, "--out", str(out)])
        assert result.exit_code == 0, result.output
    csv, parquet = pd.read_csv(tmp_path / "rows.csv"), pd.read_parquet(tmp_path / "rows.parquet")
    assert csv["text"].tolist() == parquet["text"].tolist() == ["新建公厕20座；", "整治占道经营。"]


def test_extract_goes_on_after_a_bad_file(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"")
    (tmp_path / "b.txt").write_text(PLAN, encoding="utf-8")
    result = CliRunner().invoke(app, ["extract", str(tmp_path)])
    assert result.exit_code == 3
    assert len(result.stdout.splitlines()) == 2
    assert "a.txt" in result.stderr


def test_extract_without_files_is_wrong_use(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["extract", str(tmp_path / "nowhere")])
    assert result.exit_code in (2, 3)
    assert "nowhere" in result.stderr


def test_the_light_path_imports_no_torch() -> None:
    code = (
        "import sys, planmine; from planmine.cli import app; planmine.read_targets('新建公厕2座');"
        "import planmine.pipeline as p; p.default_coder(); planmine.load_encoder().encode(['扫街']);"
        "print([m for m in ('torch', 'sentence_transformers', 'prefect') if m in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert shown.strip() == "[]"
