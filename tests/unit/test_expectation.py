"""The null of similarity, and groups of cities: what chance gives, what planted likeness adds."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from planmine.comparison.expectation import CLUSTERS, clusters, expected_similarity
from planmine.comparison.frames import Comparable, comparable
from planmine.comparison.pairs import ONE
from planmine.comparison.similarity import bootstrap, similarity


def world(cities: int, size: int) -> pd.DataFrame:
    """``size`` planned measures in each city, half traffic and half greening."""
    rows = [
        {
            "measure_id": f"{city}:{k}",
            "city": city,
            "category": "traffic" if k % 2 else "greening",
            "text": "建" * (10 if k % 2 else 60),
        }
        for city in (f"c{n:02}" for n in range(cities))
        for k in range(size)
    ]
    frame = pd.DataFrame(rows)
    return frame.assign(
        city_code=None,
        year=2020,
        start=0,
        status="planned",
        labels=[[c] for c in frame["category"]],
        targets=[[] for _ in rows],
    )


def found(frame: pd.DataFrame, links: list[tuple[str, str]]) -> tuple[Comparable, np.ndarray]:
    """The cities, and best counterparts of probability 1 where ``links`` are."""
    corpus = comparable(frame)
    place = {name: k for k, name in enumerate(corpus.rows["measure_id"])}
    best = np.zeros((len(place), len(corpus.cities)), dtype=np.uint16)
    for one, two in links:
        i, j = place[one], place[two]
        best[i, corpus.city[j]] = best[j, corpus.city[i]] = ONE
    return corpus, best


def compared(frame: pd.DataFrame, links: list[tuple[str, str]]) -> pd.DataFrame:
    """Similarity and expectation of each pair of cities, all categories together."""
    corpus, best = found(frame, links)
    left = np.ones(len(corpus.rows), dtype=bool)
    pairs = list(combinations(range(len(corpus.cities)), 2))
    nothing = np.zeros((2, len(corpus.categories)), dtype=np.int64)
    table = similarity(
        corpus,
        left,
        left.astype(np.int64),
        best,
        [{"written": nothing, "reused": nothing} for _ in pairs],
        bootstrap(corpus, left, best, pairs, draws=2, seed=0),
        expected_similarity(corpus, left, best),
    )
    return table[table["category"] == "all"].reset_index(drop=True)


def grouped(frame: pd.DataFrame, links: list[tuple[str, str]], draws: int) -> tuple[pd.DataFrame, float]:
    corpus, best = found(frame, links)
    pairs = list(combinations(range(len(corpus.cities)), 2))
    drawn = bootstrap(corpus, np.ones(len(best), dtype=bool), best, pairs, draws=draws, seed=0)
    overall = compared(frame, links)["similarity"].to_numpy(dtype=np.float64)
    return clusters(
        overall, np.array([part["drawn"] for part in drawn]).reshape(len(pairs), draws), corpus.cities
    )


def chance(frame: pd.DataFrame, share: float, seed: int) -> list[tuple[str, str]]:
    """Random matches among measures of one category."""
    rng, links = np.random.default_rng(seed), []
    for a, b in combinations(sorted(set(frame["city"])), 2):
        own = [frame[frame["city"] == city] for city in (a, b)]
        for i, left in own[0].iterrows():
            for j, right in own[1].iterrows():
                if left["category"] == right["category"] and rng.random() < share:
                    links.append((frame["measure_id"][i], frame["measure_id"][j]))
    return links


def test_chance_matches_are_expected_and_planted_ones_stand_out() -> None:
    frame = world(8, 20)
    links = chance(frame, 0.03, 1)
    table = compared(frame, links)
    assert len(table) == 28
    assert abs(table["beyond"].mean()) < 0.02
    planted = [(f"c00:{k}", f"c01:{k}") for k in range(14)]
    row = compared(frame, links + planted).iloc[0]
    assert (row["city_a"], row["city_b"]) == ("c00", "c01")
    assert row["beyond"] > 0.3 > table["beyond"].abs().max()


def test_a_common_action_is_no_surprise() -> None:
    """All cities share one action of twenty: each pair is alike by that, and none beyond expectation by much."""
    frame = world(8, 20)
    links = [(f"{a}:1", f"{b}:1") for a, b in combinations(sorted(set(frame["city"])), 2)]
    table = compared(frame, links)
    assert (table["similarity"] == 0.05).all()
    assert (table["expected"] > 0.025).all() and (table["beyond"] < 0.025).all()


def test_groups_are_found_and_stable() -> None:
    frame = world(9, 20)
    names = sorted(set(frame["city"]))
    links = []
    for a, b in combinations(names, 2):
        if int(a[1:]) // 3 == int(b[1:]) // 3:
            links += [(f"{a}:{k}", f"{b}:{k}") for k in range(15)]
    table, stable = grouped(frame, links, 20)
    assert list(table.columns) == list(CLUSTERS)
    assert table["cluster"].tolist() == [1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert stable == 1 and (table["stability"] == 1).all()
    noise, unstable = grouped(frame, chance(frame, 0.05, 3), 20)
    assert len(noise) == 9 and (np.isnan(unstable) or unstable < 0.7)


@pytest.mark.parametrize("cities", [1, 3])
def test_few_cities_are_one_group(cities: int) -> None:
    frame = world(cities, 4)
    table, stable = grouped(frame, [], 5)
    assert table["cluster"].tolist() == [1] * cities and np.isnan(stable)


def test_the_order_of_rows_does_not_matter() -> None:
    frame = world(5, 8)
    links = chance(frame, 0.1, 2)
    mixed = frame.sample(frac=1, random_state=1).reset_index(drop=True)
    assert compared(frame, links).equals(compared(mixed, links[::-1]))
    assert grouped(frame, links, 5)[0].equals(grouped(mixed, links[::-1], 5)[0])


def test_below_three_cities_nothing_is_expected() -> None:
    assert compared(world(2, 6), [("c00:1", "c01:1")])[["expected", "beyond"]].isna().all(axis=None)
