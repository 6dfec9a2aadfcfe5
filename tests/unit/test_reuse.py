"""Verbatim reuse: passages with their offsets, and shares of characters."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from planmine.comparison import CompareSettings, Comparison, compare
from planmine.comparison.reuse import PASSAGES

COPIED = "推行定人定岗定时定责的网格化保洁模式实现早发现早清理"  # 26 characters
OTHER = "组织青年志愿者走进社区讲解节水知识并发放宣传折页"


def measures(*rows: tuple[str, str], start: int = 100, category: str = "sanitation") -> pd.DataFrame:
    """Planned measures from (city, text)."""
    frame = pd.DataFrame(rows, columns=["city", "text"])
    return frame.assign(
        measure_id=[f"m{k:03d}" for k in range(len(rows))],
        city_code=None,
        year=2020,
        start=start,
        status="planned",
        category=category,
        labels=[[category]] * len(rows),
        targets=[[]] * len(rows),
    )


def compared(frame: pd.DataFrame, **settings: int) -> Comparison:
    """Compared by their wording alone: every measure has a direction of its own."""
    given = CompareSettings(draws=2, **settings)
    return compare(frame, np.eye(max(len(frame), 1), dtype=np.float32)[: len(frame)], settings=given)


def find_passages(frame: pd.DataFrame, **settings: int) -> pd.DataFrame:
    return compared(frame, **settings).passages


def share(frame: pd.DataFrame, category: str = "all", **settings: int) -> float:
    table = compared(frame, **settings).similarity
    return table.set_index("category").loc[category, "reuse_share"]


def test_a_copied_passage_is_found_with_its_offsets_in_the_plan() -> None:
    a, b = "今年起," + COPIED + "。", "在全区" + COPIED[:9] + "、" + COPIED[9:] + ",成效好。"
    found = find_passages(measures(("甲市", a), ("乙市", b)))
    assert list(found.columns) == list(PASSAGES)
    assert found.dtypes.astype(str).to_dict() == PASSAGES
    row = found.iloc[0]
    assert (row["city_a"], row["measure_a"], row["measure_b"]) == ("乙市", "m001", "m000")
    assert a[row["start_b"] - 100 : row["end_b"] - 100] == COPIED
    assert b[row["start_a"] - 100 : row["end_a"] - 100].replace("、", "") == COPIED
    assert row["characters"] == len(COPIED)
    assert row["share"] == pytest.approx(len(COPIED) / (len(COPIED) + 3))


def test_width_case_and_punctuation_do_not_hide_a_copy() -> None:
    a = "为作业车辆加装GPS定位终端120套,接入指挥平台统一调度"
    b = "为作业车辆加装ｇｐｓ定位终端１２０套 接入指挥平台,统一调度!"
    assert find_passages(measures(("甲市", a), ("乙市", b)))["share"].tolist() == [1.0]


def test_a_changed_figure_breaks_the_run_and_both_parts_count() -> None:
    a = "在背街小巷和城中村补装太阳能路灯300盏并对老化线路逐段排查更新改造"
    found = find_passages(measures(("甲市", a), ("乙市", a.replace("300", "451"))))
    assert found["characters"].tolist() == [len(a) - 3]


@pytest.mark.parametrize(
    "rows",
    [
        [("甲市", COPIED), ("甲市", COPIED)],
        [("甲市", COPIED[:19]), ("乙市", COPIED[:19])],
        [("甲市", COPIED), ("乙市", OTHER)],
        [("甲市", ""), ("乙市", "。!")],
        [],
    ],
    ids=["one city", "19 characters", "other text", "no characters", "nothing"],
)
def test_what_is_no_passage_between_cities(rows: list[tuple[str, str]]) -> None:
    found = find_passages(measures(*rows))
    assert found.empty
    assert found.dtypes.astype(str).to_dict() == PASSAGES


def test_what_stands_in_very_many_measures_is_a_set_phrase() -> None:
    frame = measures(*((f"{k % 2}市", COPIED) for k in range(6)), ("2市", COPIED))
    assert len(find_passages(frame)) == 15
    few = compared(frame, max_measures=5)
    assert few.passages[["city_a", "city_b"]].drop_duplicates().values.tolist() == [
        ["0市", "2市"],
        ["1市", "2市"],
    ]
    assert few.similarity.query("category == 'all'")["reuse_share"].tolist() == [0, 1, 1]


def test_the_share_counts_the_characters_of_both_cities() -> None:
    assert share(measures(("甲市", COPIED), ("乙市", COPIED))) == 1
    assert share(measures(("甲市", COPIED), ("乙市", OTHER))) == 0
    frame = measures(("甲市", COPIED), ("甲市", OTHER), ("乙市", OTHER), ("丙市", COPIED + OTHER))
    table = (
        compared(frame).similarity.query("category == 'all'").set_index(["city_a", "city_b"])["reuse_share"]
    )
    copied, other = len(COPIED), len(OTHER)
    assert table["丙市", "甲市"] == 1
    assert table["乙市", "甲市"] == pytest.approx(2 * other / (copied + 2 * other), abs=1e-6)
    assert table["丙市", "乙市"] == pytest.approx(2 * other / (copied + 2 * other), abs=1e-6)


def test_the_share_is_null_where_neither_city_has_a_measure_of_the_category() -> None:
    frame = measures(("甲市", COPIED), ("乙市", COPIED))
    assert np.isnan(share(frame, "traffic"))
    assert share(frame, "sanitation") == 1


def test_a_passage_counts_in_each_citys_own_category() -> None:
    frame = measures(("甲市", COPIED), ("乙市", COPIED)).assign(category=["sanitation", "other"])
    assert [share(frame, category) for category in ("all", "other", "sanitation")] == [1, 1, 1]
    frame = pd.concat([frame, measures(("乙市", OTHER), category="other").assign(measure_id="m9")])
    assert share(frame.reset_index(drop=True), "other") == pytest.approx(
        len(COPIED) / (len(COPIED) + len(OTHER)), abs=1e-6
    )


def test_characters_beyond_the_basic_plane_are_read() -> None:
    text = "修缮𠮷祥坊历史建筑二十处并设置说明牌方便游客了解来历"
    assert find_passages(measures(("甲市", text), ("乙市", text + "😀")))["share"].tolist() == [1.0]
