"""The second pass: what it sees of the units around, and that it learns from them."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from planmine.coding import surroundings
from planmine.coding.surroundings import combine, fit, places_of, shift, softmax, views

PLAN = np.array([0, 0, 0, 1, 1])


def test_a_shift_stays_within_the_plan() -> None:
    rows = np.arange(1, 6, dtype=float)[:, None]
    assert shift(rows, 1, PLAN).ravel().tolist() == [0, 1, 2, 0, 4]
    assert shift(rows, -1, PLAN).ravel().tolist() == [2, 3, 0, 5, 0]
    assert shift(rows, 2, PLAN).ravel().tolist() == [0, 0, 1, 0, 0]
    assert shift(rows, 9, PLAN).ravel().tolist() == [0] * 5


def test_sections_leave_the_unit_itself_out() -> None:
    scores = np.log(np.array([[0.9, 0.1], [0.5, 0.5], [0.1, 0.9], [0.9, 0.1], [0.2, 0.8]]))
    seen = views(scores, places_of(PLAN, ["a", "a", "b", "a", "a"], ["x", "x", "x", "x", "y"]))
    assert seen.shape == (surroundings.VIEWS, 5, 2)
    headings, section, plan = seen[-3:]
    assert np.allclose(headings, [[0.5, 0.5], [0.9, 0.1], [0, 0], [0, 0], [0, 0]], atol=1e-6)
    assert np.allclose(section[:3], [[0.3, 0.7], [0.5, 0.5], [0.7, 0.3]], atol=1e-6)
    assert np.allclose(plan[3:], [[0.2, 0.8], [0.9, 0.1]], atol=1e-6)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=12), st.integers(0, 9))
def test_plans_do_not_see_each_other(sizes: list[int], seed: int) -> None:
    plan = np.repeat(np.arange(len(sizes)), sizes)
    scores = np.random.default_rng(seed).normal(size=(len(plan), 3))
    names = ["h"] * len(plan)
    together = views(scores, places_of(plan, names, names))
    for number in range(len(sizes)):
        own = plan == number
        alone = views(scores[own], places_of(plan[own], ["h"] * own.sum(), ["h"] * own.sum()))
        assert np.allclose(together[:, own], alone, atol=1e-6)


def test_it_learns_that_neighbours_agree() -> None:
    """Units in runs of one class, each read rightly in seven of ten: with its surroundings in more."""
    rng = np.random.default_rng(0)
    truth = np.repeat(rng.integers(0, 3, 300), 6)
    plan = np.repeat(np.arange(90), 20)
    said = np.where(rng.random(len(truth)) < 0.7, truth, rng.integers(0, 3, len(truth)))
    scores = np.eye(3)[said] * 1.5
    seen = views(scores, places_of(plan, ["h"] * len(plan), ["h"] * len(plan)))
    half = plan < 45
    weights = fit(seen[:, half], truth[half], np.ones(half.sum()), 0.01)
    chance = softmax(combine(seen[:, ~half], weights))
    first, second = (said == truth)[~half].mean(), (chance.argmax(axis=1) == truth[~half]).mean()
    assert second > first + 0.05
    assert np.allclose(chance.sum(axis=1), 1)
