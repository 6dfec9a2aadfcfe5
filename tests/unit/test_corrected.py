"""Coverage corrected by a hand-coded sample."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from planmine.comparison import corrected_shares, coverage, draw_sample

N = 600


def world(seed: int = 0) -> tuple[pd.DataFrame, np.ndarray]:
    """Measures of two cities whose coder takes a fifth of greening for sanitation; the right codes."""
    generator = np.random.default_rng(seed)
    right = generator.choice(["sanitation", "greening", "traffic"], N, p=[0.5, 0.4, 0.1])
    wrong = (right == "greening") & (generator.random(N) < 0.2)
    frame = pd.DataFrame(
        {"measure_id": [f"p:{k}" for k in range(N)], "city": np.where(np.arange(N) % 2, "甲市", "乙市")}
    )
    frame = frame.assign(
        plan_id="p",
        city_code=None,
        year=2020,
        start=range(N),
        text="",
        status="planned",
        category=np.where(wrong, "sanitation", right),
        labels=[[]] * N,
        targets=[[]] * N,
    )
    return frame, right


def coded(measures: pd.DataFrame, right: np.ndarray, n: int, seed: int = 0) -> pd.DataFrame:
    drawn = draw_sample(measures, n, seed=seed)
    of = dict(zip(measures["measure_id"], right, strict=True))
    return drawn.assign(category=drawn["measure_id"].map(of))


def test_all_coded_gives_the_true_shares() -> None:
    measures, right = world()
    shares = corrected_shares(measures, coded(measures, right, N)).set_index("category")
    for category in ("sanitation", "greening", "traffic", "party_building"):
        assert shares.loc[category, "corrected"] == pytest.approx((right == category).mean(), abs=1e-6)


def test_intervals_hold_the_truth_where_the_count_is_biased() -> None:
    measures, right = world()
    truth = (right == "greening").mean()
    held = 0
    for seed in range(100):
        row = (
            corrected_shares(measures, coded(measures, right, 150, seed))
            .set_index("category")
            .loc["greening"]
        )
        assert row["corrected_low"] <= row["corrected"] <= row["corrected_high"]
        held += row["corrected_low"] <= truth <= row["corrected_high"]
    assert held >= 90
    plain = coverage(measures)
    assert abs(plain.loc[plain["category"] == "greening", "share"].mean() - truth) > 0.05


def test_coverage_is_corrected_by_city_and_year_and_null_without_a_sample() -> None:
    measures, right = world()
    names = ["corrected", "corrected_low", "corrected_high"]
    assert coverage(measures)[names].isna().all(axis=None)
    cells = coverage(measures, coded=coded(measures, right, N))
    own = cells[(cells["city"] == "甲市") & (cells["category"] == "greening")].iloc[0]
    assert own["corrected"] == pytest.approx((right[1::2] == "greening").mean(), abs=1e-6)


def test_a_cell_with_few_coded_measures_is_null() -> None:
    measures, right = world()
    few = coded(measures, right, 12)
    assert corrected_shares(measures, few, by=["city"])["corrected"].isna().any()
    assert corrected_shares(measures, few)["corrected"].notna().all()


def test_a_unit_that_is_no_measure_counts_against_every_category() -> None:
    measures, _ = world()
    none = coded(measures, np.full(N, "none"), N)
    assert (corrected_shares(measures, none)["corrected"] == 0).all()


def test_the_sample_does_not_depend_on_the_order_of_rows() -> None:
    measures, _ = world()
    pd.testing.assert_frame_equal(draw_sample(measures, 50), draw_sample(measures.iloc[::-1], 50))
    assert set(draw_sample(measures, 50)["measure_id"]) != set(
        draw_sample(measures, 50, seed=1)["measure_id"]
    )
    assert len(draw_sample(measures, 10 * N)) == N


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("x:0", "greening")], "x:0 is not among the measures"),
        ([("p:0", "gardening")], "gardening is not in the codebook"),
        ([("p:0", "greening"), ("p:0", "traffic")], "p:0 is coded twice"),
    ],
)
def test_a_sample_that_cannot_be_used_is_refused(rows: list, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        corrected_shares(world()[0], pd.DataFrame(rows, columns=["measure_id", "category"]))
