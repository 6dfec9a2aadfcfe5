"""Re-ranking: matches and similarity are made of the second encoder's probabilities."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from planmine.comparison import CompareSettings, Comparison, MatchModel, Memory, Reranker, compare
from planmine.comparison.evidence import Evidence, terms
from planmine.comparison.matches import MATCHES
from planmine.comparison.pairs import COUNTED
from planmine.comparison.rerank import CANDIDATE, side_by_side
from planmine.embedding import load_encoder

sys.path.insert(0, str(Path(__file__).parents[1]))
import planted_overlap as planted

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


def compared(frame: pd.DataFrame, second: Second, **more: Any) -> Comparison:
    """Both encoders' cosines weighed alike, with vectors in which all measures are alike."""
    vectors = first_vectors()[[list(TEXTS).index(name) for name in frame["measure_id"]]]
    more = {"match_model": COSINE_ONLY, "settings": CompareSettings(match_threshold=0.4, draws=20)} | more
    return compare(frame, vectors, reranker=Reranker(second.read, COSINE_ONLY, "second"), **more)


def reranking() -> MatchModel:
    """The bundled weights to re-rank with; here for an encoder that they were not fitted with."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return MatchModel.of("", words=True)


def probability_at(angle: float) -> float:
    return float(expit(10 * np.cos(angle) - 5))


def overall(found: Comparison) -> pd.DataFrame:
    return found.similarity[found.similarity["category"] == "all"].set_index(["city_a", "city_b"])


def test_the_second_encoder_decides() -> None:
    found = compared(measures(), Second()).matches.set_index(["measure_a", "measure_b"])
    assert found.loc[("a1", "b1"), "cosine"] == pytest.approx(np.cos(0.3), abs=1e-5)
    assert found.loc[("a1", "b1"), "probability"] == pytest.approx(probability_at(0.3), abs=1e-5)
    assert ("a2", "c1") not in found.index  # a candidate, since the first encoder finds all alike


def test_similarity_is_made_of_the_second_encoders_probabilities() -> None:
    row = overall(compared(measures(), Second())).loc[("A市", "B市")]
    # the best of b1 and b2 for each of a1 and a2, and the other way round
    covered = (probability_at(0.3) + probability_at(0.6)) / 2
    assert row["a_covered_by_b"] == pytest.approx(covered, abs=1e-4)
    assert row["b_covered_by_a"] == pytest.approx((probability_at(0.3) + probability_at(0.6)) / 2, abs=1e-4)
    assert row["similarity"] == row["with_formulae"]  # no set phrase stands in them
    plain = compare(measures(), first_vectors(), match_model=COSINE_ONLY)
    assert overall(plain).loc[("A市", "B市"), "similarity"] == pytest.approx(0.5, abs=1e-3)


def test_intervals_and_expectation_are_too() -> None:
    found, plain = (
        overall(compared(measures(), Second())),
        overall(compare(measures(), first_vectors(), match_model=COSINE_ONLY)),
    )
    assert ((found["low"] <= found["similarity"]) & (found["similarity"] <= found["high"])).all()
    assert found.loc[("A市", "B市"), "low"] > plain.loc[("A市", "B市"), "low"]
    assert not np.allclose(found["expected"], plain["expected"])


def test_what_recurs_and_changes_is_by_the_first_encoder() -> None:
    """Its thresholds were chosen for that one's probabilities; what only the second takes for a match makes no theme."""
    frame, _ = planted.corpus(0, cities=4)
    encoder = load_encoder()
    plain, again = (
        compare(frame, encode=encoder.encode, revision=encoder.revision, reranker=how)
        for how in (None, Reranker(encoder.read, reranking(), "static"))
    )
    assert len(plain.themes) and not np.allclose(overall(plain)["similarity"], overall(again)["similarity"])
    for name in ("themes", "theme_measures", "gaps", "changes", "results", "precedents"):
        pd.testing.assert_frame_equal(getattr(plain, name), getattr(again, name), obj=name)


def test_columns_order_and_the_threshold_are_those_of_matches() -> None:
    settings = CompareSettings(match_threshold=0.7, count_threshold=0.7, draws=20)
    found = compared(measures(), Second(), settings=settings).matches
    assert found.dtypes.astype(str).to_dict() == MATCHES
    assert (found["probability"] >= 0.7).all()
    ordered = found.sort_values(["city_a", "city_b", "measure_a", "measure_b"], ignore_index=True)
    pd.testing.assert_frame_equal(found, ordered)


def test_no_candidates_give_no_matches() -> None:
    found = compared(measures().iloc[:2], Second()).matches  # of one city
    assert found.empty
    assert list(found.columns) == list(MATCHES)


def test_copied_text_stays_the_same_text() -> None:
    found = compared(measures(), Second()).matches.set_index(["measure_a", "measure_b"])
    assert found.loc[("c1", "d1"), "relation"] == "same_text"
    assert found.loc[("c1", "d1"), "probability"] >= 0.8


def test_the_order_of_rows_does_not_matter() -> None:
    frame = measures()
    found, turned = compared(frame, Second()), compared(frame.iloc[::-1], Second())
    pd.testing.assert_frame_equal(found.matches, turned.matches)
    pd.testing.assert_frame_equal(found.similarity, turned.similarity)


def test_each_text_is_read_once_and_only_where_it_is_a_candidate() -> None:
    second = Second()
    compared(measures(), second)
    assert sorted(second.asked) == sorted(set(TEXTS.values()))
    unread = Second()
    far = MatchModel(intercept=float(logit(CANDIDATE / 2)) - 5.0, weights={"cosine": 10.0}, about={})
    vectors = np.eye(len(TEXTS), dtype=np.float32)
    compare(measures(), vectors, match_model=far, reranker=Reranker(unread.read, COSINE_ONLY, "second"))
    assert set(unread.asked) == {TEXTS["c1"]}  # but what was copied is a candidate however faint its cosine


def test_a_pair_gets_the_same_from_both_sides() -> None:
    texts = list(TEXTS.values())
    evidence = Evidence.read(measures())
    i, j = np.triu_indices(len(texts), 1)
    sure = np.full(len(i), 0.5)
    reranker = Reranker(load_encoder().read, reranking(), "static")
    there, back = (
        reranker.weigh(evidence, texts, a, b, sure, sure, np.zeros(len(i))) for a, b in ((i, j), (j, i))
    )
    np.testing.assert_array_equal(there, back)


def test_what_is_too_faint_to_count_is_still_read_again() -> None:
    """A pair between CANDIDATE and COUNTED by the first encoder counts and is a match if the second says so."""
    faint = MatchModel(intercept=float(logit(0.07)) - 5.0, weights={"cosine": 10.0}, about={})
    assert CANDIDATE < 0.07 < COUNTED
    plain = compare(measures(), first_vectors(), match_model=faint)
    again = compared(measures(), Second(), match_model=faint)
    pair = ("A市", "B市")
    assert overall(plain).loc[pair, "similarity"] == 0 < overall(again).loc[pair, "similarity"]
    assert ("a1", "b1") not in set(zip(plain.matches["measure_a"], plain.matches["measure_b"], strict=True))
    assert ("a1", "b1") in set(zip(again.matches["measure_a"], again.matches["measure_b"], strict=True))


def same_tables(one: Comparison, other: Comparison) -> None:
    for name in one.__dataclass_fields__:
        first, second = getattr(one, name), getattr(other, name)
        if isinstance(first, pd.DataFrame):
            pd.testing.assert_frame_equal(first, second, obj=name)


def test_what_grew_with_a_memory_is_what_one_run_finds(tmp_path: Path) -> None:
    """Runs with and without the reranker, and with another revision of it, share a memory and nothing they must not."""
    frame, _ = planted.corpus(0, cities=5)
    encoder, memory = load_encoder(), Memory(tmp_path)
    weights = {"static": reranking(), "another": COSINE_ONLY}

    asked: list[str] = []

    def read(texts: Sequence[str]) -> tuple[np.ndarray, list[np.ndarray]]:
        asked.extend(texts)
        return encoder.read(texts)

    def found(rows: pd.DataFrame, held: Memory | None, revision: str | None) -> Comparison:
        reranker = Reranker(read, weights[revision], revision) if revision else None
        return compare(
            rows,
            encode=encoder.encode,
            revision=encoder.revision,
            reranker=reranker,
            memory=held,
            settings=CompareSettings(draws=20),
        )

    cities = sorted(set(frame["city"]))
    for k in (2, 4):
        some = frame[frame["city"].isin(cities[-k:])]
        found(some, memory, None)
        found(some, memory, "static")
    grown = [found(frame, memory, revision) for revision in (None, "static", "another")]
    asked.clear()
    same_tables(grown[1], found(frame, memory, "static"))
    assert asked == []  # all pairs are remembered
    for tables, revision in zip(grown, (None, "static", "another"), strict=True):
        same_tables(tables, found(frame, None, revision))
    values = [tables.similarity["similarity"].to_numpy() for tables in grown]
    assert not any(np.allclose(a, b, equal_nan=True) for a, b in combinations(values, 2))


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
