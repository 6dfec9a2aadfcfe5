"""Coverage: counts with their intervals, zeros included."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from scipy.stats import beta

from planmine.codebook import load_codebook
from planmine.comparison import coverage
from planmine.comparison.coverage import COVERAGE


def measures(rows: Sequence[tuple[str | None, int | None, str, str, int]]) -> pd.DataFrame:
    """Measures from (city, year, status, category, figures)."""
    frame = pd.DataFrame(rows, columns=["city", "year", "status", "category", "figures"])
    return frame.assign(
        measure_id=[f"m{k:03d}" for k in range(len(rows))],
        city_code=None,
        start=0,
        text="清运垃圾",
        labels=[[category] for category in frame["category"]],
        targets=[[{}] * figures for figures in frame["figures"]],
    )


def test_every_category_of_every_city_and_year_has_a_row() -> None:
    table = coverage(
        measures([("乙市", 2021, "planned", "traffic", 0), ("甲市", 2020, "goal", "greening", 0)])
    )
    codes = list(load_codebook().categories)
    assert table.dtypes.astype(str).to_dict() == COVERAGE
    assert table["category"].tolist() == codes * 2
    assert table["city"].unique().tolist() == ["乙市", "甲市"]
    lacking = table[(table["city"] == "乙市") & (table["category"] == "greening")].iloc[0]
    assert (
        lacking[["measures", "planned", "completed", "share", "share_low", "with_target"]].tolist() == [0] * 6
    )
    assert lacking["share_high"] > 0.5  # one measure says little about what the city lacks


def test_counts_by_status_and_figures_leave_context_out() -> None:
    rows = [
        ("甲市", 2020, "planned", "traffic", 2),
        ("甲市", 2020, "planned", "traffic", 0),
        ("甲市", 2020, "completed", "traffic", 1),
        ("甲市", 2020, "goal", "traffic", 0),
        ("甲市", 2020, "context", "traffic", 1),
        ("甲市", 2020, "planned", "other", 0),
        (None, 2020, "planned", "traffic", 1),
    ]
    row = coverage(measures(rows)).set_index("category").loc["traffic"]
    assert row[["measures", "planned", "completed", "with_target"]].tolist() == [4, 2, 1, 2]
    assert row["share"] == pytest.approx(0.8)
    assert row["share_low"] == pytest.approx(beta.ppf(0.025, 4.5, 1.5), abs=1e-6)
    assert row["share_high"] == pytest.approx(beta.ppf(0.975, 4.5, 1.5), abs=1e-6)


def test_shares_of_a_city_and_year_sum_to_one_within_their_intervals() -> None:
    rows = [("甲市", 2020 + k % 2, "planned", code, 0) for k, code in enumerate(load_codebook().categories)]
    table = coverage(measures(rows))
    np.testing.assert_allclose(table.groupby("year")["share"].sum(), 1, atol=1e-5)
    assert (table["share_low"] <= table["share"]).all()
    assert (table["share"] <= table["share_high"]).all()


def test_a_city_with_context_only_has_no_share() -> None:
    table = coverage(measures([("甲市", 2020, "context", "other", 0)]))
    assert table["measures"].sum() == 0
    assert table[["share", "share_low", "share_high"]].isna().all(axis=None)


def test_an_unknown_year_is_a_group_of_its_own() -> None:
    table = coverage(measures([("甲市", None, "planned", "other", 0), ("甲市", 2020, "planned", "other", 0)]))
    counts = table[table["category"] == "other"]
    assert counts["year"].isna().tolist() == [False, True]
    assert counts["measures"].tolist() == [1, 1]


def test_places_of_one_name_and_two_codes_are_two_cities() -> None:
    rows = [("鼓楼区", 2020, "planned", "other", 0), ("鼓楼区", 2020, "planned", "other", 0)]
    table = coverage(measures(rows).assign(city_code=["320106", "320302"]))
    assert table["city"].unique().tolist() == ["鼓楼区 (320106)", "鼓楼区 (320302)"]


def test_a_category_that_the_codebook_lacks_is_kept() -> None:
    table = coverage(measures([("甲市", 2020, "planned", "heritage", 0)]))
    assert table.iloc[-1][["category", "measures"]].tolist() == ["heritage", 1]


def test_no_measures_give_an_empty_table() -> None:
    for empty in (measures([]), pd.DataFrame()):
        assert coverage(empty).dtypes.astype(str).to_dict() == COVERAGE
        assert coverage(empty).empty
