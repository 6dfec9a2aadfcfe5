"""Re-ranking: the second encoder's cosine decides, everything else stays as it was found."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from scipy.special import logit

from planmine.comparison import CompareSettings, Comparison, MatchModel, Reranker, compare
from planmine.comparison.evidence import terms
from planmine.comparison.matches import MATCHES
from planmine.comparison.pairs import COUNTED
from planmine.comparison.rerank import CANDIDATE, rerank, side_by_side

COSINE_ONLY = MatchModel(intercept=-5.0, weights={"cosine": 10.0}, about={})
TEXTS = {
    "a1": "新建公共厕所十八座。",
    "a2": "组织城管队员法律培训。",
    "b1": "增设公厕二十余处。",
    "b2": "检查公共厕所保洁质量。",
    "c1": "建立健全餐厨废弃物收运处置体系，与各餐饮单位签订统一收运协议并按日上门收集。",
    "d1": "建立健全餐厨废弃物收运处置体系，与各餐饮单位签订统一收运协议并按日上门收集。",
}
ANGLES = {
    "a1": 0.0,
    "a2": 1.5,
    "b1": 0.3,
    "b2": 0.9,
    "c1": 3.0,
    "d1": 4.5,
}  # the second encoder's, in radians


def measures() -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "measure_id": name,
                "plan_id": name[0],
                "city": f"{name[0].upper()}市",
                "city_code": None,
                "year": 2020,
                "start": 0,
                "text": text,
                "status": "planned",
                "category": "sanitation",
                "labels": ["sanitation"],
                "targets": [],
            }
            for name, text in TEXTS.items()
        ]
    )


def first_vectors() -> np.ndarray:
    """To the first encoder all measures look much alike."""
    rows = np.full((len(TEXTS), len(TEXTS) + 1), 0.0, dtype=np.float32)
    rows[:, 0] = np.sqrt(0.5)
    rows[np.arange(len(TEXTS)), np.arange(len(TEXTS)) + 1] = np.sqrt(0.5)
    return rows


class Second:
    """An encoder of plane angles that remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def read(self, texts: Sequence[str]) -> tuple[np.ndarray, list[np.ndarray]]:
        self.asked += texts
        angle = {text: ANGLES[name] for name, text in TEXTS.items()}
        vectors = np.array([[np.cos(angle[text]), np.sin(angle[text])] for text in texts], dtype=np.float32)
        return vectors, [vector[None] for vector in vectors]


def first(frame: pd.DataFrame) -> Comparison:
    """What the first encoder finds, listed from far down."""
    vectors = first_vectors()[[list(TEXTS).index(name) for name in frame["measure_id"]]]
    settings = CompareSettings(match_threshold=0.1, draws=2)
    return compare(frame, vectors, match_model=COSINE_ONLY, settings=settings)


def reranked(frame: pd.DataFrame, second: Second, threshold: float = 0.4) -> pd.DataFrame:
    found = first(frame)
    reranker = Reranker(second.read, COSINE_ONLY)
    return rerank(frame, found.matches, found.passages, reranker, threshold=threshold)


def test_the_second_encoder_decides() -> None:
    found = reranked(measures(), Second()).set_index(["measure_a", "measure_b"])
    assert ("a1", "b1") in found.index
    assert found.loc[("a1", "b1"), "cosine"] == pytest.approx(np.cos(0.3), abs=1e-5)
    assert found.loc[("a1", "b1"), "probability"] == pytest.approx(
        1 / (1 + np.exp(5 - 10 * np.cos(0.3))), abs=1e-5
    )
    assert ("a2", "c1") not in found.index  # a candidate, since the first encoder finds all alike


def test_columns_order_and_the_threshold_are_those_of_matches() -> None:
    found = reranked(measures(), Second(), threshold=0.7)
    assert found.dtypes.astype(str).to_dict() == MATCHES
    assert (found["probability"] >= 0.7).all()
    ordered = found.sort_values(["city_a", "city_b", "measure_a", "measure_b"], ignore_index=True)
    pd.testing.assert_frame_equal(found.reset_index(drop=True), ordered)


def test_copied_text_stays_the_same_text() -> None:
    found = reranked(measures(), Second()).set_index(["measure_a", "measure_b"])
    assert found.loc[("c1", "d1"), "relation"] == "same_text"
    assert found.loc[("c1", "d1"), "probability"] >= 0.8


def test_the_order_of_rows_does_not_matter() -> None:
    frame = measures()
    pd.testing.assert_frame_equal(reranked(frame, Second()), reranked(frame.iloc[::-1], Second()))


def test_only_measures_in_a_candidate_are_read() -> None:
    frame = measures()
    candidates, passages = first(frame).matches, first(frame).passages
    candidates = candidates[candidates["measure_a"].eq("a1") & candidates["measure_b"].eq("b1")]
    second = Second()
    rerank(frame, candidates, passages, Reranker(second.read, COSINE_ONLY))
    assert sorted(second.asked) == sorted([TEXTS["a1"], TEXTS["b1"]])


def test_no_candidates_give_no_matches() -> None:
    frame = measures().iloc[:2]  # of one city
    found = reranked(frame, Second())
    assert found.empty
    assert list(found.columns) == list(MATCHES)


def test_a_candidate_of_other_measures_is_refused() -> None:
    frame = measures()
    candidates, passages = first(frame).matches, first(frame).passages
    with pytest.raises(ValueError, match="not among the measures"):
        rerank(frame.iloc[2:], candidates, passages, Reranker(Second().read, COSINE_ONLY))


def test_compare_takes_a_reranker() -> None:
    frame = measures()
    reranker = Reranker(Second().read, COSINE_ONLY)
    found = compare(frame, first_vectors(), match_model=COSINE_ONLY, reranker=reranker).matches
    pd.testing.assert_frame_equal(found, reranked(frame, Second()))


def test_what_is_too_faint_to_count_is_still_read_again() -> None:
    """A pair between CANDIDATE and COUNTED by the first encoder: nothing to similarity, a match if the second says so."""
    faint = MatchModel(intercept=float(logit(0.07)) - 5.0, weights={"cosine": 10.0}, about={})
    assert CANDIDATE < 0.07 < COUNTED
    plain = compare(measures(), first_vectors(), match_model=faint)
    again = compare(
        measures(), first_vectors(), match_model=faint, reranker=Reranker(Second().read, COSINE_ONLY)
    )
    assert ("a1", "b1") not in set(zip(plain.matches["measure_a"], plain.matches["measure_b"], strict=True))
    assert ("a1", "b1") in set(zip(again.matches["measure_a"], again.matches["measure_b"], strict=True))
    pd.testing.assert_frame_equal(again.similarity, plain.similarity)


def test_an_encoder_without_weights_of_its_own_is_told() -> None:
    with pytest.warns(UserWarning, match="not calibrated"):
        model = MatchModel.of("no such revision")
    assert set(model.weights) == set(terms(False))


def test_words_are_laid_beside_their_nearest() -> None:
    axes = np.eye(3, dtype=np.float32)
    words = [axes[:2], axes[[0, 2]], axes[:0]]
    found = side_by_side(words, np.array([0, 0, 0, 1]), np.array([0, 1, 2, 0]))
    # all found again; one of two on each side; no word to lay beside; the same the other way round
    np.testing.assert_allclose(found, [[1, 1, 1, 0], [0.5, 0, 0.5, 0], [0, 0, 0, 0], [0.5, 0, 0.5, 0]])


def test_what_one_text_says_beyond_the_other_is_weighed_apart() -> None:
    axes = np.eye(4, dtype=np.float32)
    near = (axes[1] + 2 * axes[2]) / np.sqrt(5, dtype=np.float32)
    words = [axes[[0, 1]], np.stack([axes[0], near]), axes[[0, 3]], axes[[0, 1, 2, 3]]]
    found = side_by_side(words, np.array([0, 0, 0]), np.array([1, 2, 3]))
    rest, weaker = found[:, 3], found[:, 2]
    assert rest[0] == pytest.approx(
        1 / np.sqrt(5), abs=1e-4
    )  # beside the word that both share, another near it
    assert rest[1] == 0  # ... another that has nothing to do with it
    assert weaker[2] == pytest.approx(
        0.5
    )  # all of the first is in the last, and half of the last in the first
