"""Matches: what is found, what is kept apart, and that the search is exact."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from planmine.comparison import CompareSettings, MatchModel, compare, evidence, matches, search
from planmine.comparison.evidence import SIGNALS, WORDS, Evidence, load_verbs, mask, read_action
from planmine.embedding import load_encoder

NEW_TOILETS = "新建、改建公共厕所18座,方便群众出行。"
MORE_TOILETS = "年内在主城区增设公厕二十余处。"
INSPECT_TOILETS = "对18座公共厕所开展保洁质量检查。"
LONG = "建立健全餐厨废弃物收运处置体系,与各餐饮单位签订统一收运协议并按日上门收集"
COSINE_ONLY = MatchModel(intercept=-5.0, weights={"cosine": 10.0}, about={})


def measures(*rows: dict[str, Any]) -> pd.DataFrame:
    """Rows of the table of measures; what a row does not say is planned sanitation of 2020."""
    base: dict[str, Any] = {
        "plan_id": "p",
        "city_code": None,
        "year": 2020,
        "start": 0,
        "status": "planned",
        "category": "sanitation",
        "targets": [],
    }
    frame = pd.DataFrame([{**base, "measure_id": f"m{k:04d}", **row} for k, row in enumerate(rows)])
    if "labels" not in frame:
        frame["labels"] = [[category] for category in frame["category"]]
    return frame


def vectors(*cosines: float) -> np.ndarray:
    """Unit rows whose cosines with the first, itself the first axis, are those given."""
    first = np.array(cosines, dtype=np.float32)
    rows = np.zeros((len(first), len(first) + 1), dtype=np.float32)
    rows[:, 0] = first
    rows[np.arange(len(first)), np.arange(len(first)) + 1] = np.sqrt(1 - first**2)
    return rows


def find_matches(
    frame: pd.DataFrame,
    unit: np.ndarray,
    model: MatchModel | None = None,
    threshold: float = 0.4,
    neighbours: int = 5,
) -> pd.DataFrame:
    given = CompareSettings(
        match_threshold=threshold, count_threshold=max(threshold, 0.5), neighbours=neighbours, draws=2
    )
    return compare(frame, unit, match_model=model, settings=given).matches


def random_units(count: int, width: int, seed: int) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(count, width)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_the_same_action_in_other_words_is_a_match_with_the_columns_of_the_contract() -> None:
    frame = measures(
        {"city": "乙市", "text": MORE_TOILETS, "year": 2021}, {"city": "甲市", "text": NEW_TOILETS}
    )
    found = find_matches(frame, vectors(1.0, 0.85))
    assert list(found.columns) == list(matches.MATCHES)
    assert found.dtypes.astype(str).to_dict() == matches.MATCHES
    row = found.iloc[0]
    assert len(found) == 1
    assert (row["city_a"], row["city_b"], row["measure_a"], row["measure_b"]) == (
        "乙市",
        "甲市",
        "m0000",
        "m0001",
    )
    assert (row["year_a"], row["year_b"], row["category"], row["relation"]) == (
        2021,
        2020,
        "sanitation",
        "same_action",
    )
    assert row["cosine"] == pytest.approx(0.85, abs=1e-3)
    assert 0.5 <= row["probability"] <= 1


def test_another_action_on_the_same_object_is_less_probable_at_equal_cosine() -> None:
    frame = measures(
        *(
            {"city": f"{k}市", "text": text}
            for k, text in enumerate((NEW_TOILETS, MORE_TOILETS, INSPECT_TOILETS))
        )
    )
    found = find_matches(frame, vectors(1.0, 0.8, 0.8), threshold=0.01).set_index(["measure_a", "measure_b"])
    same, other = found.loc[("m0000", "m0001"), "probability"], found.loc[("m0000", "m0002"), "probability"]
    assert same > 0.5
    assert same - other > 0.1


def test_context_and_measures_of_one_city_are_not_compared() -> None:
    frame = measures(
        {"city": "甲市", "text": LONG},
        {"city": "甲市", "text": LONG},
        {"city": "乙市", "text": LONG, "status": "context"},
        {"city": None, "text": LONG},
    )
    assert find_matches(frame, vectors(1, 1, 1, 1)).empty


def test_word_for_word_is_same_text_and_a_short_phrase_is_not() -> None:
    frame = measures(
        {"city": "甲市", "text": LONG + "。"},
        {"city": "乙市", "text": "继续" + LONG + ";"},
        {"city": "甲市", "text": "做好路灯维护工作。"},
        {"city": "乙市", "text": "做好路灯维护工作。"},
    )
    unit = np.eye(2, dtype=np.float32)[[0, 0, 1, 1]]
    relation = find_matches(frame, unit).set_index(["measure_b", "measure_a"])["relation"]
    assert relation.to_dict() == {("m0000", "m0001"): "same_text", ("m0002", "m0003"): "same_action"}


def test_same_text_is_found_where_the_vectors_do_not_see_it() -> None:
    frame = measures({"city": "甲市", "text": LONG}, {"city": "乙市", "text": LONG})
    found = find_matches(frame, np.eye(2, dtype=np.float32))
    assert found["relation"].tolist() == ["same_text"]
    assert found["probability"].item() >= 0.8


def test_each_measure_keeps_its_nearest_in_the_other_city() -> None:
    texts = [{"city": "甲市", "text": "清运垃圾。"}] + [{"city": "乙市", "text": "清运垃圾。"}] * 4
    unit = vectors(1.0, 0.95, 0.9, 0.85, 0.8)
    assert len(find_matches(measures(*texts), unit, model=COSINE_ONLY, neighbours=4)) == 4
    # each of the four has the one of 甲市 as its nearest, so they stay; of 甲市's own only one is near
    assert len(find_matches(measures(*texts), unit, model=COSINE_ONLY, neighbours=1)) == 4


@pytest.mark.parametrize(("rows", "columns"), [(512, 16384), (3, 7)])
def test_the_search_is_exact_whatever_the_blocks(
    monkeypatch: pytest.MonkeyPatch, rows: int, columns: int
) -> None:
    monkeypatch.setattr(search, "_ROWS", rows)
    monkeypatch.setattr(search, "_COLUMNS", columns)
    unit = random_units(60, 4, seed=3)
    city = np.random.default_rng(4).integers(5, size=60)
    frame = measures(*({"city": f"{c}市", "text": f"字{chr(0x4E00 + k)}"} for k, c in enumerate(city)))
    found = find_matches(frame, unit, model=COSINE_ONLY, neighbours=2, threshold=0.5)
    steps = search.to_steps(unit).astype(np.float64) / search.STEPS
    cosine = steps @ steps.T
    expected = set()
    for i in range(60):
        for other in set(city) - {city[i]}:
            there = np.flatnonzero(city == other)
            for j in there[np.argsort(-cosine[i, there])][:2]:
                if cosine[i, j] >= 0.5:  # where the model gives 0.5
                    expected.add(frozenset((f"m{i:04d}", f"m{j:04d}")))
    assert {frozenset(pair) for pair in found[["measure_a", "measure_b"]].itertuples(index=False)} == expected
    assert expected


def test_the_category_of_a_match_is_one_that_holds_for_both() -> None:
    frame = measures(
        {"city": "甲市", "text": LONG, "category": "sanitation", "labels": ["sanitation", "organisation"]},
        {"city": "乙市", "text": LONG, "category": "organisation", "labels": ["organisation"]},
        {"city": "丙市", "text": LONG, "category": "other", "labels": ["other"]},
    )
    found = find_matches(frame, vectors(1, 1, 1))
    category = found.set_index(["city_a", "city_b"])["category"].to_dict()
    assert category == {
        ("丙市", "乙市"): "other",
        ("丙市", "甲市"): "other",
        ("乙市", "甲市"): "organisation",
    }


@pytest.mark.parametrize(
    ("change", "unit", "message"),
    [
        ({}, np.eye(3, dtype=np.float32), "one row for each measure"),
        ({}, 2 * np.eye(2, dtype=np.float32), "not of unit length"),
        ({}, np.full((2, 2), np.nan, dtype=np.float32), "not of unit length"),
        ({"measure_id": "same"}, np.eye(2, dtype=np.float32), "stands twice"),
        ({"category": None}, np.eye(2, dtype=np.float32), "has no category"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_remedy(
    change: dict[str, Any], unit: np.ndarray, message: str
) -> None:
    frame = measures({"city": "甲市", "text": LONG}, {"city": "乙市", "text": LONG}).assign(**change)
    with pytest.raises(ValueError, match=message):
        find_matches(frame, unit)


def test_a_missing_column_is_named() -> None:
    frame = measures({"city": "甲市", "text": LONG}).drop(columns=["labels", "status"])
    with pytest.raises(ValueError, match="no column status, labels"):
        find_matches(frame, np.ones((1, 1), dtype=np.float32))


def test_no_pair_below_the_least_cosine_reaches_the_threshold() -> None:
    model = MatchModel.load()
    signals = np.random.default_rng(5).integers(0, 2, size=(2000, len(SIGNALS))).astype(np.float64)
    for threshold in (0.3, 0.5, 0.9):
        signals[:, SIGNALS.index("cosine")] = model.least_cosine(threshold)
        assert model.probability(signals).max() <= threshold + 1e-9


def test_with_all_else_equal_the_nearer_pair_is_more_probable() -> None:
    signals = np.tile(np.random.default_rng(6).random(len(SIGNALS + WORDS)), (50, 1))
    signals[:, SIGNALS.index("cosine")] = np.linspace(-1, 1, 50)
    for model, columns in ((MatchModel.load(), len(SIGNALS)), (reranking(), len(SIGNALS + WORDS))):
        assert (np.diff(model.probability(signals[:, :columns])) > 0).all()


def reranking() -> MatchModel:
    return MatchModel.load(Path(evidence.__file__).parent / "match_weights" / "e5zh-words.json")


def test_the_shipped_weights_accept_a_copy() -> None:
    frame = measures(
        {"city": "甲市", "text": "一把手亲自过问。"}, {"city": "乙市", "text": "一把手亲自过问。"}
    )
    assert len(find_matches(frame, vectors(1, 1))) == 1  # no action verb that the lists know


def test_the_shipped_weights_were_fitted_with_the_bundled_encoder() -> None:
    revision = load_encoder().revision
    assert MatchModel.load().about["revision"] == revision, (
        "run scripts/fit_matches.py after a change of the encoder"
    )


def test_weights_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    file = tmp_path / "weights.json"
    for content in ("{", json.dumps({"intercept": 0, "weights": {"cosine": 1}, "about": {}})):
        file.write_text(content, encoding="utf-8")
        with pytest.raises(ValueError, match=r"weights\.json.*fit_matches"):
            MatchModel.load(file)
    with pytest.raises(ValueError, match=r"none\.json"):
        MatchModel.load(tmp_path / "none.json")


@pytest.mark.parametrize(
    ("text", "verbs", "gone", "left"),
    [
        ("新建公厕20座", {"新建"}, "新建", "公厕"),
        ("加强垃圾分类宣传,安装设施", {"分类", "宣传", "安装"}, "设施", "垃圾"),
        ("结合创卫,对破损路面进行修复", {"修复"}, "进行", "破损路面"),
        ("污水处理厂", set(), "加强", "污水处理厂"),
        ("更换井盖", {"更换"}, "更换", "井盖"),
    ],
)
def test_the_read_action_gives_action_and_object(text: str, verbs: set[str], gone: str, left: str) -> None:
    kinds, thing = read_action(mask(text, None))
    known = load_verbs().kinds
    assert kinds == set().union(*(known[verb] for verb in verbs))
    assert gone not in thing
    assert left in thing


def test_the_mask_takes_figures_and_places_out_and_leaves_words() -> None:
    assert (
        "".join(mask("清河市2021年在深圳市新建3.5万平方米、二十座公园", "清河市").split())
        == "年在新建万平方米、座公园"
    )
    assert mask("一体化推进三农工作", None) == "一体化推进三农工作"


def test_signals_do_not_change_when_a_pair_is_swapped() -> None:
    rows = measures(
        *({"city": None, "text": text} for text in (NEW_TOILETS, MORE_TOILETS, INSPECT_TOILETS, LONG, ""))
    )
    read = Evidence.read(rows)
    i, j = np.triu_indices(5)
    cosine = np.zeros(len(i))
    there, back = read.signals(i, j, cosine), read.signals(j, i, cosine)
    np.testing.assert_array_equal(there, back)
    assert there.min() >= 0
    assert there.max() <= 1
