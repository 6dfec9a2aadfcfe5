"""What a theme's own phrase and its membership say, beyond what pairs of wordings say."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from planmine.comparison import through_themes
from planmine.comparison.fragments import join_fragments
from planmine.comparison.links import LEAST, LINKS
from planmine.comparison.themes import THEME_MEASURES

# Three cities say 门前三包, two 灭鼠; measure 5 says 门前三包 in words of its own, 6 shares but a word.
TEXTS = [
    "落实门前三包责任。",
    "推行门前三包责任制。",
    "签订门前三包责任书。",
    "春季统一灭鼠灭蟑。",
    "集中灭鼠灭蟑行动。",
    "门前三包星级评定试点。",
    "绿地养护落实责任。",
]
GROUP = np.array([0, 0, 0, 1, 1, -1, -1])
CITY = np.array([0, 1, 2, 0, 1, 3, 4])


def test_a_fragment_that_says_a_theme_s_own_phrase_joins_it() -> None:
    assert join_fragments(TEXTS, GROUP, CITY).tolist() == [0, 0, 0, 1, 1, 0, -1]


def test_a_small_theme_joins_the_larger_one_whole_unless_it_is_to_stay() -> None:
    texts = [*TEXTS, "门前三包星级试点。"]
    group, city = np.array([0, 0, 0, 1, 1, 2, -1, 2]), np.array([*CITY, 4])
    assert join_fragments(texts, group, city).tolist() == [0, 0, 0, 1, 1, 0, -1, 0]
    assert join_fragments(texts, group, city, stay=3).tolist() == group.tolist()


def test_a_phrase_that_others_say_too_is_no_theme_s_own() -> None:
    others = ["门前三包与招商无关。", "讨论门前三包。"]
    group, city = np.array([*GROUP, -1, -1]), np.array([*CITY, 5, 6])
    assert join_fragments([*TEXTS, *others], group, city)[5] == -1


def test_a_long_sentence_that_holds_the_phrase_by_the_way_does_not_join() -> None:
    long = "全面提升城区品质，优化公园布局，完善步道照明，更新健身器材，培育社区文化队伍，办好邻里节庆，也提门前三包。"
    texts = [*TEXTS[:5], long, TEXTS[6]]
    assert join_fragments(texts, GROUP, CITY)[5] == -1


@settings(max_examples=30, deadline=None)
@given(st.permutations(range(len(TEXTS))))
def test_the_order_of_measures_changes_nothing(order: list[int]) -> None:
    joined = join_fragments([TEXTS[k] for k in order], GROUP[order], CITY[order])
    assert joined.tolist() == join_fragments(TEXTS, GROUP, CITY)[order].tolist()


def test_without_themes_nothing_joins() -> None:
    assert join_fragments(["落实门前三包。"], np.array([-1]), np.array([0])).tolist() == [-1]
    assert join_fragments([], np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)).tolist() == []


def members(*rows: tuple[str, str, str, int | None, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(THEME_MEASURES)).astype(THEME_MEASURES)


def links(*rows: tuple[str, str, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(LINKS)).astype(LINKS)


def linked(frame: pd.DataFrame) -> dict[tuple[str, str], float]:
    return {(a, b): p for a, b, p in frame.itertuples(index=False)}


def test_measures_of_one_theme_are_linked_from_a_plan_to_the_next() -> None:
    theme = members(
        ("t", "a:0", "甲市", 2020, 0.9),
        ("t", "b:0", "甲市", 2021, 0.8),
        ("t", "c:0", "甲市", 2022, 0.1),
        ("t", "d:0", "乙市", 2021, 0.9),
        ("t", "e:0", "甲市", None, 0.9),
    )
    assert linked(through_themes(links(), theme)) == {("a:0", "b:0"): 0.72, ("b:0", "c:0"): LEAST}
    surer = links(("a:0", "b:0", 0.95))
    assert linked(through_themes(surer, theme))["a:0", "b:0"] == 0.95


def test_a_faint_link_between_two_themes_goes_and_a_firm_one_stays() -> None:
    theme = members(
        ("t", "a:0", "甲市", 2020, 0.9), ("u", "b:0", "甲市", 2021, 0.9), ("u", "b:1", "甲市", 2021, 0.9)
    )
    given_links = links(("a:0", "b:0", 0.25), ("a:0", "b:1", 0.6), ("a:0", "x:0", 0.25))
    assert linked(through_themes(given_links, theme)) == {("a:0", "b:1"): 0.6, ("a:0", "x:0"): 0.25}
