"""Themes, gaps and diffusion on frames small enough to see through."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planmine.comparison import (
    find_adoption,
    find_gaps,
    find_spread,
    find_themes,
    plan_versions,
    theme_cities,
)
from planmine.comparison.links import LINKS
from planmine.comparison.matches import MATCHES
from planmine.comparison.wording import distinctive_words

NO_LINKS = pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in LINKS.items()})


def measures(*rows: tuple[str, str, int]) -> pd.DataFrame:
    """measure_id, city, year of each; the rest is the same for all."""
    frame = pd.DataFrame(rows, columns=["measure_id", "city", "year"])
    return frame.assign(
        plan_id=[name.partition(":")[0] for name in frame["measure_id"]],
        city_code=None,
        start=range(len(frame)),
        text="改造老旧公厕。",
        status="planned",
        category="sanitation",
        labels=[["sanitation"]] * len(frame),
        targets=[[]] * len(frame),
        strength=2,
    )


def matches(*pairs: tuple[str, str, float]) -> pd.DataFrame:
    frame = pd.DataFrame(pairs, columns=["measure_a", "measure_b", "probability"])
    return frame.reindex(columns=list(MATCHES))


FOUR = measures(("a:0", "甲市", 2020), ("b:0", "乙市", 2021), ("c:0", "丙市", 2022), ("d:0", "丁市", 2022))
FOUR["text"] = ["改造老旧公厕。"] * 3 + ["补种行道树。"]
THREE_ALIKE = matches(("a:0", "b:0", 0.9), ("a:0", "c:0", 0.8), ("b:0", "c:0", 0.7))


def test_measures_that_match_make_a_theme_and_a_measure_alone_makes_none() -> None:
    themes, members = find_themes(FOUR, THREE_ALIKE, NO_LINKS)
    assert members["measure_id"].tolist() == ["a:0", "b:0", "c:0"]
    theme = themes.iloc[0]
    assert (theme["measures"], theme["cities"], theme["first_city"], theme["first_year"]) == (
        3,
        3,
        "甲市",
        2020,
    )
    assert theme["medoid"] == "a:0"
    assert "公厕" in theme["label"]


def test_a_chain_of_weak_links_is_no_theme() -> None:
    """Average linkage: a and d are not alike because each is like what lies between."""
    chain = matches(("a:0", "b:0", 0.9), ("b:0", "c:0", 0.35), ("c:0", "d:0", 0.9))
    _, members = find_themes(FOUR, chain, NO_LINKS)
    groups = {frozenset(ids) for _, ids in members.groupby("theme_id")["measure_id"]}
    assert groups == {frozenset({"a:0", "b:0"}), frozenset({"c:0", "d:0"})}


def test_ten_measures_of_one_city_weigh_no_more_than_one() -> None:
    """A city's measures on one action are one strand; those of two cities in one strand make the same theme."""
    many = measures(*[(f"a:{k}", "甲市", 2020) for k in range(10)], ("b:0", "乙市", 2021))
    own = pd.DataFrame(
        [(f"a:{k}", f"a:{j}", 0.9) for k in range(10) for j in range(k + 1, 10)], columns=list(LINKS)
    )
    _, members = find_themes(many, matches(*[(f"a:{k}", "b:0", 0.8) for k in range(10)]), own)
    assert len(members) == 11
    assert members["theme_id"].nunique() == 1


def test_two_first_cities_are_both_named() -> None:
    both = FOUR.assign(year=[2020, 2020, 2022, 2022])
    themes, _ = find_themes(both, THREE_ALIKE, NO_LINKS)
    assert themes["first_city"].tolist() == ["乙市、甲市"]


def test_earlier_themes_keep_their_ids_and_their_measures() -> None:
    themes, earlier = find_themes(FOUR, THREE_ALIKE, NO_LINKS)
    late = measures(("e:0", "戊市", 2019), ("f:0", "己市", 2019)).assign(text=["改造公厕。", "补种行道树。"])
    more = pd.concat([FOUR, late], ignore_index=True)
    links = matches(
        *THREE_ALIKE[["measure_a", "measure_b", "probability"]].itertuples(index=False, name=None),
        *[("e:0", name, 0.9) for name in ("a:0", "b:0", "c:0")],
        ("d:0", "f:0", 0.9),
    )
    after, members = find_themes(more, links, NO_LINKS, previous=earlier)
    old = themes["theme_id"].iloc[0]
    assert set(members.loc[members["theme_id"] == old, "measure_id"]) == {"a:0", "b:0", "c:0", "e:0"}
    assert set(members.loc[members["theme_id"] != old, "measure_id"]) == {"d:0", "f:0"}
    assert after.set_index("theme_id").loc[old, "first_city"] == "戊市"


@settings(max_examples=30, deadline=None)
@given(st.permutations(range(4)), st.permutations(range(3)))
def test_the_order_of_rows_changes_no_theme(rows: list[int], pairs: list[int]) -> None:
    first = find_themes(FOUR, THREE_ALIKE, NO_LINKS)
    second = find_themes(FOUR.iloc[rows], THREE_ALIKE.iloc[pairs], NO_LINKS)
    for one, other in zip(first, second, strict=True):
        pd.testing.assert_frame_equal(one, other)


def test_a_gap_is_what_most_peers_have() -> None:
    themes, members = find_themes(FOUR, THREE_ALIKE, NO_LINKS)
    gaps = find_gaps(themes, members, FOUR)
    assert gaps[["city", "peers_with", "peers", "reason"]].to_numpy().tolist() == [["丁市", 3, 3, "none"]]
    assert gaps["example"].tolist() == ["a:0"]
    assert find_gaps(themes, members, FOUR, peers={"丁市": ["甲市"]})["peers"].tolist() == [1]
    assert find_gaps(themes, members, FOUR, peers={"丁市": []}).empty


@pytest.mark.parametrize(
    ("agencies", "failed", "recall", "reason"),
    [
        (["城管局", "城管局", "城管局", "城管局"], "乙市2020.pdf", 0.9, "none"),
        (["城管局", "城管局", "城管局", "园林局"], None, 0.5, "agency"),
        (["城管局", "城管局", "城管局", None], None, 0.9, "none"),
        (["城管局", "城管局", "城管局", "城管局"], None, 0.5, "recall"),
        (["城管局", "城管局", "城管局", "园林局"], "丁市/2020.pdf", 0.5, "failed"),
    ],
)
def test_a_gap_says_why_it_may_be_none(
    agencies: list, failed: str | None, recall: float, reason: str
) -> None:
    themes, members = find_themes(FOUR, THREE_ALIKE, NO_LINKS)
    cities = FOUR["city"].tolist()
    plans = plan_table(
        agency=[city + name if name else None for city, name in zip(cities, agencies, strict=True)]
    )
    failures = pd.DataFrame({"file": [failed] if failed else []})
    gaps = find_gaps(themes, members, FOUR, plans=plans, failures=failures, recall={"sanitation": recall})
    assert gaps["reason"].tolist() == [reason]


def plan_table(**columns: list) -> pd.DataFrame:
    given = {
        "plan_id": FOUR["plan_id"].tolist(),
        "title": ["工作要点"] * 4,
        "source": ["x.md"] * 4,
        **columns,
    }
    return pd.DataFrame(given).reindex(
        columns=["plan_id", "province", "level", "agency", "published", "title", "source"]
    )


def test_adoption_counts_the_new_the_active_and_those_observed() -> None:
    other = measures(("a2:0", "甲市", 2022)).assign(text="补种行道树。")
    rows = pd.concat([FOUR, other], ignore_index=True)
    _, members = find_themes(rows, THREE_ALIKE, NO_LINKS)
    curve = find_adoption(members, rows)[["year", "observed", "adopters", "new", "active"]]
    assert curve.to_numpy().tolist() == [[2020, 1, 1, 1, 1], [2021, 1, 2, 1, 1], [2022, 3, 3, 1, 1]]


def test_spread_counts_only_cities_that_were_seen_before() -> None:
    _, members = find_themes(FOUR, THREE_ALIKE, NO_LINKS)
    plans = plan_table(province=["一省", "二省", "一省", "一省"])
    spread = find_spread(members, FOUR, plans=plans, neighbours={"丙市": ["乙市"]}).set_index("city")
    last = spread.loc["丙市"]
    assert (last["province_before"], last["province_observed"]) == (1, 1)
    assert (last["neighbours_before"], last["neighbours_observed"]) == (1, 1)
    assert (last["elsewhere_before"], last["elsewhere_observed"]) == (0, 0)
    assert spread.loc["甲市", "elsewhere_observed"] == 0
    alone = find_spread(members, FOUR)
    assert alone["province_before"].isna().all()
    assert alone["neighbours_before"].isna().all()


CITIES = ("甲市", "乙市", "丙市", "丁市", "戊市")


@settings(max_examples=40, deadline=None)
@given(
    given_=st.lists(st.tuples(st.sampled_from(CITIES), st.integers(2019, 2023), st.booleans()), min_size=1),
    homes=st.lists(st.sampled_from(["一省", "二省", None]), min_size=5, max_size=5),
    borders=st.none() | st.dictionaries(st.sampled_from(CITIES), st.lists(st.sampled_from(CITIES))),
)
def test_spread_counts_what_the_sets_of_cities_hold(
    given_: list[tuple[str, int, bool]], homes: list[str | None], borders: dict[str, list[str]] | None
) -> None:
    rows = measures(*((f"p{k}:0", city, year) for k, (city, year, _) in enumerate(given_)))
    province = dict(zip(CITIES, homes, strict=True))
    plans = pd.DataFrame(
        {"plan_id": rows["plan_id"], "province": [province[city] for city in rows["city"]], "title": "计划"}
    )
    own = rows[[has for *_, has in given_]]
    members = own[["measure_id", "city", "year"]].assign(theme_id="t")
    seen, since = rows.groupby("city")["year"].min(), own.groupby("city")["year"].min()
    spread = find_spread(members, rows, plans=plans, neighbours=borders)
    assert set(spread["city"]) == set(since.index)
    for row in spread.to_dict("records"):
        city, year = row["city"], since[row["city"]]
        observed = {c for c in seen.index if c != city and seen[c] < year}
        before = {c for c in observed if c in since.index and since[c] < year}
        near = {c for c in observed if province[c] == province[city]} if province[city] else None
        beside = None if borders is None else observed & set(borders.get(city, ()))
        far = observed - (near or set()) - (beside or set())
        for name, group in (("province", near), ("neighbours", beside), ("elsewhere", far)):
            counts = [row[f"{name}_{kind}"] for kind in ("before", "observed")]
            assert row["year"] == year
            assert all(map(pd.isna, counts)) if group is None else counts == [len(before & group), len(group)]


def test_a_city_s_example_is_of_its_first_year() -> None:
    rows = pd.concat([measures(("a0:0", "甲市", 2018)), FOUR], ignore_index=True)
    links = pd.DataFrame([("a0:0", "a:0", 0.9)], columns=list(LINKS))
    _, members = find_themes(rows, matches(*THREE_ALIKE[["measure_a", "measure_b", "probability"]].itertuples(index=False, name=None), ("a0:0", "b:0", 0.8), ("a0:0", "c:0", 0.8)), links)  # fmt: skip
    own = theme_cities(members).set_index("city").loc["甲市"]
    assert (own["first_year"], own["measures"], own["example"]) == (2018, 2, "a0:0")


@pytest.mark.parametrize(
    ("title", "source", "version"),
    [
        ("2024年工作要点（征求意见稿）", "a.md", "draft"),
        ("2024年工作要点（修订稿）", "a.md", "revised"),
        ("2024年工作要点", "要点（草案）.docx", "draft"),
        ("2024年工作要点", "a.md", "final"),
    ],
)
def test_versions_are_told_by_title_or_file(title: str, source: str, version: str) -> None:
    plans = plan_table(title=[title] * 4, source=[source] * 4)
    assert set(plan_versions(FOUR, plans)["version"]) == {version}


def test_of_the_versions_of_a_plan_the_final_one_stands() -> None:
    rows = FOUR.assign(city="甲市", year=2022)
    plans = plan_table(
        title=["要点（草案）", "要点（修订）", "要点", "要点（初稿）"], agency=["局", "局", "局", "处"]
    )
    standing = plan_versions(rows, plans).set_index("plan_id")["standing"]
    assert standing[standing].index.tolist() == ["c", "d"]


def test_a_theme_is_named_by_words_that_its_measures_share_or_else_by_the_best_there_are() -> None:
    texts = ["修剪绿篱。", "修剪行道树。", "移栽灌木。", "补种垂柳。", "栽植香樟。", "新增草坪。"]
    labels = distinctive_words(texts, np.array([0, 0, 1, 1, 1, 1]))
    assert "修剪" in labels[0].split("、") and labels[1]
    assert distinctive_words(["。"], np.array([3])) == {3: ""}
