"""Similarity of cities: shares matched in both directions, attention, intervals, order."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from planmine.codebook import load_codebook
from planmine.comparison.expectation import expected_similarity
from planmine.comparison.frames import comparable
from planmine.comparison.pairs import ONE
from planmine.comparison.similarity import SIMILARITY, bootstrap, order_cities, similarity


def measures(counts: dict[str, dict[str, int]]) -> pd.DataFrame:
    """Planned measures: {city: {category: how many}}; ids are city, category and number."""
    rows = [
        {"measure_id": f"{city}-{category}-{k}", "city": city, "category": category, "labels": [category]}
        for city, of in counts.items()
        for category, count in of.items()
        for k in range(count)
    ]
    frame = pd.DataFrame(rows, columns=["measure_id", "city", "category", "labels"])
    return frame.assign(
        city_code=None, year=2020, start=0, text="清运", status="planned", targets=[[]] * len(rows)
    )


def compared(frame: pd.DataFrame, *links: tuple[str, str], seed: int = 0, sure: float = 1.0) -> pd.DataFrame:
    """The table of cities whose measures are counterparts as ``links`` say, each with probability ``sure``."""
    corpus = comparable(frame)
    place = {name: k for k, name in enumerate(corpus.rows["measure_id"])}
    best = np.zeros((len(place), max(len(corpus.cities), 1)), dtype=np.uint16)
    for one, two in links:
        i, j = place[one], place[two]
        best[i, corpus.city[j]] = best[j, corpus.city[i]] = round(sure * ONE)
    left = np.ones(len(place), dtype=bool)
    pairs = list(combinations(range(len(corpus.cities)), 2))
    nothing = np.zeros((2, len(corpus.categories)), dtype=np.int64)
    table = similarity(
        corpus,
        left,
        np.ones(len(place), dtype=np.int64),
        best,
        [{"written": nothing, "reused": nothing} for _ in pairs],
        bootstrap(corpus, left, best, pairs, draws=300, seed=seed),
        expected_similarity(corpus, left, best),
    )
    return table.set_index(["city_a", "city_b", "category"])


def test_each_direction_is_the_share_of_measures_with_a_match() -> None:
    frame = measures({"A": {"traffic": 4}, "B": {"traffic": 2}})
    pairs = [("A-traffic-0", "B-traffic-0"), ("A-traffic-1", "B-traffic-0"), ("A-traffic-0", "B-traffic-1")]
    row = compared(frame, *pairs).loc[("A", "B", "traffic")]
    assert row[["a_covered_by_b", "b_covered_by_a", "similarity"]].tolist() == [0.5, 1.0, 0.75]
    assert row[["measures_a", "measures_b"]].tolist() == [4, 2]
    assert 0 <= row["low"] < 0.75 < row["high"] <= 1


def test_a_counterpart_counts_by_its_probability() -> None:
    frame = measures({"A": {"traffic": 4}, "B": {"traffic": 2}})
    row = compared(frame, ("A-traffic-0", "B-traffic-0"), sure=0.6).loc[("A", "B", "all")]
    assert row["a_covered_by_b"] == pytest.approx(0.15, abs=1e-5)
    assert row["b_covered_by_a"] == pytest.approx(0.3, abs=1e-5)


def test_a_row_for_all_and_each_category_of_each_pair_in_order() -> None:
    frame = measures({"C": {"traffic": 1}, "A": {"traffic": 1}, "B": {"other": 1}})
    table = compared(frame).reset_index()
    assert list(table.columns) == list(SIMILARITY)
    assert table.dtypes.astype(str).to_dict() == SIMILARITY
    assert table["category"].tolist() == ["all", *load_codebook().categories] * 3
    pairs = table[["city_a", "city_b"]].drop_duplicates().to_numpy().tolist()
    assert pairs == [["A", "B"], ["A", "C"], ["B", "C"]]


def test_a_match_across_categories_counts_in_each_measures_own() -> None:
    frame = measures({"A": {"traffic": 2}, "B": {"traffic": 1, "other": 1}})
    table = compared(frame, ("A-traffic-0", "B-other-0"))
    traffic = table.loc[("A", "B", "traffic")]
    assert (traffic["a_covered_by_b"], traffic["b_covered_by_a"]) == (0.5, 0.0)


def test_what_a_city_does_not_have_is_null_and_not_zero() -> None:
    frame = measures({"A": {"traffic": 2}, "B": {"traffic": 1, "other": 1}})
    row = compared(frame).loc[("A", "B", "other")]
    assert row[["similarity", "low", "high", "a_covered_by_b", "with_formulae", "beyond"]].isna().all()
    assert (row["b_covered_by_a"], row["measures_a"], row["measures_b"]) == (0, 0, 1)


def test_few_measures_give_a_wide_interval_even_where_all_match() -> None:
    widths = []
    for count in (2, 20, 200):
        frame = measures({"A": {"traffic": count}, "B": {"traffic": count}})
        pairs = [(f"A-traffic-{k}", f"B-traffic-{k}") for k in range(count)]
        row = compared(frame, *pairs).loc[("A", "B", "all")]
        assert row["similarity"] == row["high"] == 1
        widths.append(row["high"] - row["low"])
    assert widths[0] > 0.3 > widths[1] > widths[2]


def test_intervals_cover_the_share_that_measures_were_drawn_from() -> None:
    generator, cities = np.random.default_rng(5), [chr(code) for code in range(ord("A"), ord("A") + 20)]
    frame = measures({city: {"other": 40} for city in cities})
    pairs = []
    for a, b in combinations(cities, 2):
        hit_a, hit_b = (np.flatnonzero(hits) for hits in generator.random((2, 40)) < 0.3)
        pairs += [(f"{a}-other-{k}", f"{b}-other-{j}") for k in hit_a for j in hit_b]
    table = compared(frame, *pairs).xs("all", level="category")
    covered = ((table["low"] <= 0.3) & (table["high"] >= 0.3)).mean()
    assert 0.9 <= covered <= 0.99


def test_the_interval_of_a_pair_depends_on_the_seed_and_not_on_other_cities() -> None:
    two = measures({"A": {"other": 9}, "C": {"other": 9}})
    three = measures({"A": {"other": 9}, "B": {"other": 5}, "C": {"other": 9}})
    pair = ("A-other-0", "C-other-0")
    columns = ["similarity", "low", "high"]
    first = compared(two, pair).loc[("A", "C", "all"), columns]
    assert first.equals(compared(three, pair).loc[("A", "C", "all"), columns])
    assert not first.equals(compared(two, pair, seed=1).loc[("A", "C", "all"), columns])


@pytest.mark.parametrize(
    ("other", "expected"),
    [({"traffic": 3, "other": 3}, 1.0), ({"greening": 4}, 0.0), ({"traffic": 4}, 1 - 0.5579230452841438)],
)
def test_attention_is_one_less_the_jensen_shannon_distance(other: dict[str, int], expected: float) -> None:
    # of (1/2, 1/2) and (1, 0): sqrt(3/2 - 3/4 log2 3) = 0.5579
    table = compared(measures({"A": {"traffic": 1, "other": 1}, "B": other}))["profile_similarity"]
    assert table.loc[("A", "B", "all")] == pytest.approx(expected, abs=1e-6)
    assert table.drop(index=("A", "B", "all")).isna().all()


def test_like_cities_stand_together_in_the_order() -> None:
    cities = ["A", "B", "C", "D", "E", "F"]
    frame = measures({city: {"other": 4} for city in cities})
    alike = [("A", "D"), ("A", "F"), ("D", "F"), ("B", "C"), ("B", "E"), ("C", "E")]
    pairs = [(f"{a}-other-{k}", f"{b}-other-{k}") for a, b in alike for k in range(4)]
    order = order_cities(compared(frame, *pairs).xs("all", level="category")["similarity"].to_numpy(), cities)
    assert {frozenset(order[:3]), frozenset(order[3:])} == {frozenset("ADF"), frozenset("BCE")}
    assert order[0] < order[-1]


@pytest.mark.parametrize("cities", [[], ["A"], ["A", "B"]])
def test_two_cities_or_fewer_keep_their_order(cities: list[str]) -> None:
    assert order_cities(np.zeros(len(cities) * (len(cities) - 1) // 2), cities) == cities
