"""Change, promise and result, precedents: on frames small enough to see through."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from planmine.comparison import find_changes, find_links, find_precedents, find_results
from planmine.comparison.links import LINKS
from planmine.comparison.matches import MATCHES
from planmine.embedding import load_encoder


def figure(value: float, unit: str = "座", **more: Any) -> dict[str, Any]:
    given = {"indicator": "改造公厕", "value": value, "unit": unit, "comparator": "=", "start": 5, "end": 8}
    given |= {"canonical_value": value, "canonical_unit": unit, "deadline": None, "baseline": None, "redacted": False}  # fmt: skip
    return given | more


def measures(*rows: dict[str, Any]) -> pd.DataFrame:
    usual = {
        "city": "甲市",
        "year": 2022,
        "text": "改造公厕20座。",
        "status": "planned",
        "targets": [],
        "strength": 2,
    }
    frame = pd.DataFrame([usual | row for row in rows])
    return frame.assign(
        plan_id=[name.partition(":")[0] for name in frame["measure_id"]],
        city_code=None,
        start=0,
        category="sanitation",
        labels=[["sanitation"]] * len(frame),
    )


def links(*pairs: tuple[str, str, float]) -> pd.DataFrame:
    return pd.DataFrame(pairs, columns=list(LINKS))


def changed(before: dict[str, Any], after: dict[str, Any]) -> tuple[str, str]:
    rows = measures({"measure_id": "p:0", **before}, {"measure_id": "q:0", "year": 2023, **after})
    found = find_changes(rows, links(("p:0", "q:0", 0.8)))
    assert len(found) == 1
    return found.loc[0, "change"], found.loc[0, "evidence"]


@pytest.mark.parametrize(
    ("before", "after", "change", "evidence"),
    [
        (figure(20), figure(20), "kept", "20座 -> 20座"),
        (figure(20), figure(30), "strengthened", "20座 -> 30座"),
        (figure(20), figure(12), "weakened", "20座 -> 12座"),
        (figure(5, "%", comparator="<="), figure(3, "%", comparator="<="), "strengthened", "5% -> 3%"),
        (
            figure(5, "%", indicator="损耗率降至"),
            figure(3, "%", indicator="损耗率降至"),
            "strengthened",
            "5% -> 3%",
        ),
        (figure(5, "%", indicator="支出压减"), figure(3, "%", indicator="支出压减"), "weakened", "5% -> 3%"),
        (figure(20), figure(20_000, "元"), "kept", ""),  # not the same thing
        (figure(20, canonical_value=None), figure(30), "kept", ""),  # left blank in the source
    ],
)
def test_figures_tell_the_change(before: dict, after: dict, change: str, evidence: str) -> None:
    assert changed({"targets": [before]}, {"targets": [after]}) == (change, evidence)


@pytest.mark.parametrize(
    ("before", "after", "change", "evidence"),
    [
        (2, 3, "strengthened", "strength 2 -> 3"),
        (2, 1, "weakened", "strength 2 -> 1"),
        (2, 2, "kept", ""),
        (None, 1, "kept", ""),
    ],
)
def test_without_figures_the_wording_tells(
    before: int | None, after: int, change: str, evidence: str
) -> None:
    assert changed({"strength": before}, {"strength": after}) == (change, evidence)


def test_what_has_no_counterpart_is_dropped_or_new() -> None:
    rows = measures(
        {"measure_id": "p:0"},
        {"measure_id": "p:9"},
        {"measure_id": "q:0", "year": 2024},
        {"measure_id": "q:9", "year": 2024, "status": "completed"},
    )
    found = find_changes(rows, links(("p:0", "q:9", 0.9), ("p:9", "q:0", 0.18)))
    assert found[["change", "measure_from", "measure_to"]].fillna("").to_numpy().tolist() == [
        ["dropped", "p:0", ""],  # what was done is no plan
        ["dropped", "p:9", ""],
        ["new", "", "q:0"],
    ]
    assert found["probability"].tolist() == [1.0, 0.82, 0.82]
    assert (found["year_from"].tolist(), found["year_to"].tolist()) == ([2022] * 3, [2024] * 3)


def test_the_surest_pair_comes_first_and_a_weak_rest_is_not_forced() -> None:
    rows = measures({"measure_id": "p:0"}, {"measure_id": "p:9"}, {"measure_id": "q:0", "year": 2023})
    found = find_changes(rows, links(("p:0", "q:0", 0.9), ("p:9", "q:0", 0.5)))
    assert found[["measure_from", "change"]].to_numpy().tolist() == [["p:0", "kept"], ["p:9", "dropped"]]
    split = find_changes(rows, links(("p:0", "q:0", 0.9), ("p:9", "q:0", 0.85)))
    assert split["change"].tolist() == ["kept", "kept"]


def test_nothing_is_dropped_by_an_agency_that_has_no_plan() -> None:
    rows = measures({"measure_id": "p:0"}, {"measure_id": "q:0", "year": 2023})
    plans = pd.DataFrame({"plan_id": ["p", "q"], "agency": ["甲市城管局", "甲市园林局"]})
    assert find_changes(rows, links(), plans=plans).empty
    assert len(find_changes(rows, links(), plans=plans.assign(agency=["甲市城管局", None]))) == 2


def test_a_draft_is_left_out_where_the_final_plan_stands() -> None:
    rows = measures(
        {"measure_id": "p:0"}, {"measure_id": "d:0", "year": 2023}, {"measure_id": "q:0", "year": 2023}
    )
    plans = pd.DataFrame({"plan_id": ["p", "d", "q"], "title": ["要点", "要点（征求意见稿）", "要点"]})
    pairs = links(("p:0", "q:0", 0.8), ("d:0", "p:0", 0.9), ("d:0", "q:0", 0.9))
    found = find_changes(rows, pairs, plans=plans)
    assert found[["measure_from", "measure_to"]].to_numpy().tolist() == [["p:0", "q:0"]]


def results(
    promise: dict[str, Any], told: dict[str, Any], probability: float = 0.8, **result: Any
) -> pd.DataFrame:
    rows = measures(
        {"measure_id": "p:0", "targets": [promise]},
        {"measure_id": "q:0", "year": 2023, "status": "completed", "targets": [told], **result},
    )
    return find_results(rows, links(("p:0", "q:0", probability)))


@pytest.mark.parametrize(
    ("promise", "told", "outcome"),
    [
        (figure(20), figure(22), "met"),
        (figure(20), figure(20), "met"),
        (figure(20), figure(19), "missed"),
        (figure(5, "%", comparator="<="), figure(3, "%"), "met"),
        (figure(5, "%", comparator="<="), figure(6, "%"), "missed"),
        (figure(20, comparator="~"), figure(22), "met"),
        (figure(20, comparator="~"), figure(19), "unclear"),
    ],
)
def test_a_result_meets_its_promise_or_misses_it(promise: dict, told: dict, outcome: str) -> None:
    found = results(promise, told)
    assert found["outcome"].tolist() == [outcome]
    assert found[["promised", "achieved", "year_promised", "year_reported"]].to_numpy().tolist() == [
        [promise["value"], told["value"], 2022, 2023]
    ]


def test_a_result_is_told_in_the_unit_of_the_promise() -> None:
    found = results(
        figure(1.2, "万户", canonical_value=12_000, canonical_unit="户"),
        figure(11_900, "户", canonical_value=11_900, canonical_unit="户"),
    )
    assert found[["unit", "promised", "achieved", "outcome"]].to_numpy().tolist() == [
        ["万户", 1.2, 1.19, "missed"]
    ]


@pytest.mark.parametrize(
    ("why", "promise", "told", "result"),
    [
        ("another unit", figure(20), figure(20, "公里"), {}),
        ("another thing", figure(20), figure(300), {}),
        ("two years on", figure(20), figure(22), {"year": 2024}),
        ("planned, not done", figure(20), figure(22), {"status": "planned"}),
        ("another city", figure(20), figure(22), {"city": "乙市"}),
        ("of five years", figure(20), figure(22), {"text": "五年来改造公厕22座。"}),
        ("quoted from the plan", figure(20), figure(20, start=4), {"text": "年初计划20座未开工。"}),
    ],
)
def test_what_is_no_result_is_none(why: str, promise: dict, told: dict, result: dict) -> None:
    assert results(promise, told, **result).empty, why


def test_what_a_result_quotes_from_the_plan_does_not_stand_in_its_way() -> None:
    text = "年初计划改造20座，实际22座。"
    rows = measures(
        {"measure_id": "p:0", "targets": [figure(20)]},
        {
            "measure_id": "q:0",
            "year": 2023,
            "status": "completed",
            "text": text,
            "targets": [figure(20, start=text.index("20")), figure(22, start=text.index("22"))],
        },
    )
    found = find_results(rows, links(("p:0", "q:0", 0.8)))
    assert found[["promised", "achieved", "outcome"]].to_numpy().tolist() == [[20, 22, "met"]]


@pytest.mark.parametrize("told", ["绿化只完成", "绿化仅完成", "绿化实际完成"])
def test_how_a_result_falls_short_is_no_other_thing(told: str) -> None:
    promise = figure(2, "公顷", indicator="新增屋顶绿化面积")
    found = results(promise, figure(1.2, "公顷", indicator=told), probability=0.3)
    assert found["outcome"].tolist() == ["missed"]


def test_a_summary_reports_on_its_own_year() -> None:
    rows = measures(
        {"measure_id": "p:0", "targets": [figure(20)]},
        {"measure_id": "q:0", "status": "completed", "targets": [figure(21)]},
    )
    plans = pd.DataFrame({"plan_id": ["p", "q"], "doc_type": ["plan", "summary"], "agency": ["局", "局"]})
    found = find_results(rows, links(("p:0", "q:0", 0.8)), plans=plans)
    assert found[["year_promised", "year_reported", "outcome"]].to_numpy().tolist() == [[2022, 2022, "met"]]


def test_a_promise_for_later_has_no_result_yet() -> None:
    rows = measures(
        {"measure_id": "p:0", "targets": [figure(20)], "text": "到2025年改造公厕20座。"},
        {"measure_id": "q:0", "year": 2023, "status": "completed", "targets": [figure(21)]},
    )
    assert find_results(rows, links(("p:0", "q:0", 0.8))).empty


PLANS = pd.DataFrame(
    {
        "plan_id": ["own1", "own2", "draft2", "peer1", "peer2", "above"],
        "city": ["甲市", "甲市", "甲市", "乙市", "乙市", None],
        "province": ["一省"] * 6,
        "title": ["要点", "要点", "要点（征求意见稿）", "要点", "要点", "要点"],
        "agency": ["局"] * 6,
        "published": ["2021-02-01", "2022-02-01", "2022-01-01", "2021-02-01", "2022-03-01", "2022-01-15"],
    }
)
YEAR = {"own1": 2021, "own2": 2022, "draft2": 2022, "peer1": 2021, "peer2": 2022, "above": 2022}


def precedents(*pairs: tuple[str, str, float]) -> tuple[pd.DataFrame, pd.DataFrame]:
    city = dict(zip(PLANS["plan_id"], PLANS["city"], strict=True))
    rows = measures(*[{"measure_id": f"{name}:0", "city": city[name], "year": YEAR[name]} for name in YEAR])
    nothing = pd.DataFrame(columns=list(MATCHES))
    shares, found = find_precedents(rows, nothing, links(*pairs), plans=PLANS)
    return shares.set_index("plan_id"), found


@pytest.mark.parametrize(
    ("earlier", "kind"),
    [
        ("own1", "own"),
        ("peer1", "peer"),
        ("above", "province"),  # of the same year, published before
        ("peer2", None),  # of the same year, published after
        ("draft2", None),  # another version of the same plan
    ],
)
def test_only_what_is_earlier_is_a_precedent(earlier: str, kind: str | None) -> None:
    shares, found = precedents(("own2:0", f"{earlier}:0", 0.9))
    mine = found[found["measure_id"] == "own2:0"]
    assert mine["kind"].tolist() == ([kind] if kind else [])
    assert shares.loc["own2", "new"] == (0 if kind else 1)
    if kind:
        assert shares.loc["own2", kind] == 1
        assert mine["measure_earlier"].tolist() == [f"{earlier}:0"]


def test_a_weak_counterpart_is_no_precedent() -> None:
    shares, found = precedents(("own2:0", "own1:0", 0.49))
    assert found.empty
    assert shares.loc["own2", ["own", "province", "peer", "new"]].tolist() == [0, 0, 0, 1]


def test_versions_have_rows_of_their_own_and_the_first_plan_no_shares() -> None:
    shares, _ = precedents()
    assert shares.loc["draft2", "version"] == "draft"
    assert shares.loc["own1", ["own", "province", "peer", "new"]].isna().all()
    assert "above" not in shares.index


def test_links_join_a_city_s_plans_and_those_of_its_province() -> None:
    texts = ["改造老旧公厕20座。", "老旧公厕改造提升30座。", "完成公厕改造一批。", "举办歌咏比赛。"]
    rows = measures(
        {"measure_id": "p:0", "text": texts[0]},
        {"measure_id": "q:0", "text": texts[1], "year": 2023},
        {"measure_id": "v:0", "text": texts[2], "city": None},
        {"measure_id": "q:9", "text": texts[3], "year": 2023},
        {"measure_id": "x:0", "text": texts[0], "city": "乙市"},
    )
    plans = pd.DataFrame(
        {
            "plan_id": ["p", "q", "v", "x"],
            "city": ["甲市", "甲市", None, "乙市"],
            "province": ["一省", "一省", "一省", "二省"],
        }
    )
    found = find_links(rows, load_encoder().encode(rows["text"].tolist()), plans=plans)
    pairs = {frozenset(pair) for pair in found[["measure_a", "measure_b"]].itertuples(index=False, name=None)}
    assert pairs == {frozenset(pair) for pair in (("p:0", "q:0"), ("p:0", "v:0"), ("q:0", "v:0"))}
