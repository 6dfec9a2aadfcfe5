"""What changed between two runs, and whether texts or models did it."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from planmine.cli import app
from planmine.run import run
from planmine.workspace import Workspace
from planmine.workspace.difference import describe, difference, run_folder

pytestmark = pytest.mark.usefixtures("tables_only")


@pytest.fixture(scope="module")
def two_runs(
    tables_only: None, write_plans: Callable[[Path], Path], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path, Path]:
    """A workspace, and its runs before and after: a plan is revised, one is gone, one is new."""
    tmp_path = tmp_path_factory.mktemp("difference")
    plans = write_plans(tmp_path / "plans")
    (plans / "gone.txt").write_text("丙市2023年工作总结与计划\n1.拆除违建20处。\n", encoding="utf-8")
    run([plans], tmp_path / "ws")
    (plans / "gone.txt").unlink()
    revised = plans / "云屏市2024.txt"
    revised.write_text(revised.read_text(encoding="utf-8") + "3.修剪行道树300株。\n", encoding="utf-8")
    (plans / "new.txt").write_text(
        "丁市2025年工作计划\n1.新建公厕3座。\n2.清理河道垃圾。\n", encoding="utf-8"
    )
    run([plans], tmp_path / "ws")
    place = Workspace(tmp_path / "ws")
    return tmp_path / "ws", run_folder(place, "previous"), run_folder(place, "latest")


def test_plans_are_new_gone_or_revised(two_runs: tuple[Path, Path, Path]) -> None:
    found = difference(*two_runs[1:])
    assert dict(zip(found.plans["source"], found.plans["change"], strict=True)) == {
        "gone.txt": "gone",
        "new.txt": "new",
        "云屏市2024.txt": "revised",
    }
    # Of the revised plan only the added measure is new: the others say what they said.
    new = found.measures[found.measures["change"] == "new"]
    assert sorted(new["text"]) == ["修剪行道树300株。", "新建公厕3座。", "清理河道垃圾。"]
    assert list(found.measures.loc[found.measures["change"] == "gone", "text"]) == ["拆除违建20处。"]
    assert set(found.measures["cause"]) == set(found.cells["cause"]) == {"text"}
    assert not found.made_with


def test_the_other_way_round_new_is_gone(two_runs: tuple[Path, Path, Path]) -> None:
    there, back = difference(*two_runs[1:]), difference(two_runs[2], two_runs[1])
    for frame in ("plans", "measures"):
        counts, turned = (getattr(found, frame)["change"].value_counts().to_dict() for found in (there, back))
        assert counts.get("new", 0) == turned.get("gone", 0) and counts.get("gone", 0) == turned.get("new", 0)
    assert len(there.cells) == len(back.cells) and len(there.pairs) == len(back.pairs)


def test_a_new_model_is_named_as_the_cause(two_runs: tuple[Path, Path, Path], tmp_path: Path) -> None:
    """The same texts, one measure coded otherwise by another coder."""
    other = tmp_path / "other"
    shutil.copytree(two_runs[2], other)
    manifest = json.loads((other / "manifest.json").read_text(encoding="utf-8"))
    manifest["models"]["coder"] = "f" * 64
    (other / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    measures = pd.read_parquet(other / "tables/measures.parquet")
    compared = measures["city"].notna() & (measures["status"] == "planned")
    row = measures.index[compared & (measures["category"] != "other")][0]
    city, old = measures.loc[row, "city"], measures.loc[row, "category"]
    measures.loc[row, "category"] = "other"
    measures.to_parquet(other / "tables/measures.parquet")
    coverage = pd.read_parquet(other / "tables/coverage.parquet")
    cell = (coverage["city"] == city) & (coverage["category"] == old)
    coverage.loc[cell, "measures"] -= 1
    coverage.to_parquet(other / "tables/coverage.parquet")
    found = difference(two_runs[2], other)
    assert found.plans.empty and list(found.measures["change"]) == ["recoded"]
    assert list(found.cells["cause"]) == ["model"] and set(found.made_with) == {"models.coder"}
    assert "cells moved by new model" in describe(found)


def test_the_same_run_has_no_difference(two_runs: tuple[Path, Path, Path]) -> None:
    assert difference(two_runs[2], two_runs[2]).empty


def test_the_commands_print_text_and_json(two_runs: tuple[Path, Path, Path]) -> None:
    where = ["--workspace", str(two_runs[0])]
    listed = CliRunner().invoke(app, ["runs", "--json", *where])
    assert [row["plans"] for row in json.loads(listed.stdout)] == [3, 3]
    shown = CliRunner().invoke(app, ["diff", *where])
    assert shown.exit_code == 0 and re.search(r"new plan: .*2025.*\(new\.txt\)", shown.stdout)
    assert "gone measure: " in shown.stdout and "new measure: " in shown.stdout
    as_json = json.loads(CliRunner().invoke(app, ["diff", "1", "2", "--json", *where]).stdout)
    assert {row["change"] for row in as_json["plans"]} == {"new", "gone", "revised"}
    assert CliRunner().invoke(app, ["diff", "1", "9", *where]).exit_code == 2
