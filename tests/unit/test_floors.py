"""The gate: no figure of quality below its floor, and no floor ever lowered."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts" / "quality"))

import floors  # noqa: E402
import measure  # noqa: E402

BASELINE = ROOT / "evaluation" / "baseline.json"


def test_bureau_plans_are_read_above_the_floors() -> None:
    guarded = floors.read_floors(BASELINE)
    assert set(guarded["bureau plans"]) == set(floors.GUARDED)
    assert floors.below(guarded, "bureau plans", measure.bureau()) == []


def test_work_reports_are_read_above_the_floors() -> None:
    if not (source := os.environ.get("PLANMINE_REPORTS")):
        pytest.skip("PLANMINE_REPORTS is not set: give the folder that corpus/labelled/README.md names")
    assert floors.below(floors.read_floors(BASELINE), "work reports", measure.reports(Path(source))) == []


def test_a_fall_is_told_and_a_rise_lifts_the_floor() -> None:
    guarded = {"plans": {"status": 0.9, "category": 0.9}}
    result = {"scores": {"status": 0.95, "category": 0.89}}
    (line,) = floors.below(guarded, "plans", result)
    assert line == "plans: category 0.8900 is below its floor 0.900"
    assert floors.raised(guarded, {"plans": result}) == {"plans": {"status": 0.945, "category": 0.9}}


def test_no_floor_was_ever_lowered() -> None:
    """Each committed version of the baseline against the next, and the last against the working tree."""

    def git(*words: str) -> str:
        return subprocess.run(
            ["git", "-C", str(ROOT), *words], capture_output=True, text=True, check=True
        ).stdout

    try:
        commits = git("log", "--format=%H", "--reverse", "--", "evaluation/baseline.json").split()
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no git history here: floors cannot be compared with earlier ones")
    versions = [json.loads(git("show", f"{commit}:evaluation/baseline.json")) for commit in commits]
    versions.append(floors.read_floors(BASELINE))
    for before, after in itertools.pairwise(versions):
        for name, own in before.items():
            for metric, floor in own.items():
                assert after.get(name, {}).get(metric, 0) >= floor, f"{name}: {metric} was lowered"
