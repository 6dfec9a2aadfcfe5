"""Metrics: right on a small hand-made case, and errors that name the file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from planmine import evaluation as ev
from planmine.cli import app
from planmine.records import Measure, Target, Unit

GOLD = [
    {"file": "a.txt", "start": 0, "end": 4, "kind": "heading", "plan": 1},
    {
        "file": "a.txt",
        "start": 4,
        "end": 9,
        "kind": "measure",
        "status": "planned",
        "labels": ["traffic", "other"],
        "targets": [{"value": 2, "unit": "座", "comparator": "=", "redacted": False}],
        "plan": 1,
        "second_coder": "other",
    },
    {
        "file": "a.txt",
        "start": 9,
        "end": 14,
        "kind": "measure",
        "status": "context",
        "labels": ["other"],
        "targets": [],
        "plan": 1,
    },
]


def gold(tmp_path: Path, rows: list[dict] = GOLD) -> list[ev.GoldUnit]:
    file = tmp_path / "gold.jsonl"
    file.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return ev.read_gold([file])


def measure(start: int, end: int, status: str, category: str, targets: tuple[Target, ...] = ()) -> Measure:
    return Measure(
        measure_id=f"p:{start}",
        plan_id="p",
        city=None,
        city_code=None,
        year=None,
        ordinal=0,
        start=start,
        end=end,
        text="字" * (end - start),
        heading_path=(),
        status=status,  # type: ignore[arg-type]
        category=category,
        probability=0.9,
        labels=(category,),
        agencies=(),
        targets=targets,
        title=None,
    )


def test_codes_and_figures_are_scored_over_all_gold_measures(tmp_path: Path) -> None:
    figure = Target(indicator="桥", value=2.0, unit="座", comparator=">=", start=5, end=6)
    wrong = Target(indicator="路", value=3.0, unit="条", comparator="=", start=5, end=6)
    pairs = ev.align(gold(tmp_path), [("a.txt", measure(4, 9, "planned", "other", (figure, wrong)))])
    codes = ev.score_codes(pairs)
    assert codes["status"] == 0.5  # the unit that was not found counts as wrong
    assert (codes["category"], codes["accepted"], codes["labels_jaccard"]) == (0.0, 1.0, 0.5)
    figures = ev.score_figures(pairs)
    assert (figures["figures_precision"], figures["figures_recall"]) == (0.5, 1.0)
    assert figures["figures_comparator"] == 0.0
    assert ev.calibration(pairs)["ece"] == pytest.approx(0.9)


def test_units_are_scored_by_exact_span_and_boundaries_with_near_misses(tmp_path: Path) -> None:
    read = [
        ("a.txt", Unit(start=0, end=4, text="字" * 4, kind="heading")),
        ("a.txt", Unit(start=4, end=9, text="字" * 5, kind="measure")),
        ("a.txt", Unit(start=9, end=13, text="字" * 4, kind="measure")),
    ]
    scores = ev.score_units(gold(tmp_path), read)
    assert scores["units_f1"] == 0.5
    assert scores["units_and_headings_f1"] == pytest.approx(2 / 3)
    assert 2 / 3 < scores["boundary_similarity"] < 1


def test_agreement_is_one_alike_and_zero_by_chance() -> None:
    assert ev.agreement(list("aabb"), list("aabb")) == {"agreement": 1.0, "alpha": 1.0}
    assert ev.agreement(list("abab") * 25, list("aabb") * 25)["alpha"] == pytest.approx(0, abs=0.02)


def test_intervals_hold_the_score_and_are_the_same_twice(tmp_path: Path) -> None:
    rows = [{**GOLD[1], "plan": k, "start": 10 * k, "end": 10 * k + 5} for k in range(30)]
    read = [
        ("a.txt", measure(10 * k, 10 * k + 5, "planned", "traffic" if k % 3 else "other")) for k in range(30)
    ]
    pairs = ev.align(gold(tmp_path, rows), read)
    low, high = ev.intervals(pairs, ev.score_codes, draws=100)["category"]
    assert low < ev.score_codes(pairs)["category"] < high
    assert ev.intervals(pairs, ev.score_codes, draws=100)["category"] == (low, high)


def test_bad_gold_and_missing_texts_are_named(tmp_path: Path) -> None:
    with pytest.raises(ev.GoldError, match=r"gold\.jsonl:1"):
        gold(tmp_path, [{"file": "a.txt"}])
    gold(tmp_path)
    result = CliRunner().invoke(app, ["evaluate", str(tmp_path / "gold.jsonl"), "--text", str(tmp_path)])
    assert result.exit_code == 2
    assert "a.txt" in result.stderr and "--text" in result.stderr


def test_evaluate_prints_scores(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("一、安排\n新建桥两座。\n再见大家好。\n", encoding="utf-8")
    rows = [
        {**GOLD[1], "start": 5, "end": 11},
        {**GOLD[2], "start": 12, "end": 18},
    ]
    gold(tmp_path, rows)
    result = CliRunner().invoke(
        app, ["evaluate", str(tmp_path / "gold.jsonl"), "--text", str(tmp_path), "--json"]
    )
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["scores"]["units_f1"] == 1.0
