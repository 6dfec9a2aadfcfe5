"""Set phrases: found by the archive's digests or in half of the cities, cut out with their offsets kept."""

from __future__ import annotations

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from planmine.comparison.formulae import FORMULAE, clauses, find_formulae, known, normal, without_formulae


def measures(texts: dict[str, list[str]], start: int = 100) -> pd.DataFrame:
    rows = [
        {"measure_id": f"{city}:{k}", "city": city, "start": start, "text": text}
        for city, own in texts.items()
        for k, text in enumerate(own)
    ]
    return pd.DataFrame(rows)


def test_a_phrase_of_the_archive_is_known_and_an_action_is_not() -> None:
    assert len(known()) > 500
    frame = measures({"A": ["坚持稳中求进工作总基调，在东湖边新建公厕12座。"]})
    found = find_formulae(frame)
    assert list(found.columns) == list(FORMULAE)
    assert found[["start", "end", "text", "source"]].values.tolist() == [
        [100, 111, "坚持稳中求进工作总基调", "archive"]
    ]
    assert without_formulae(frame, found) == ["在东湖边新建公厕12座。"]


def test_half_of_at_least_eight_cities_make_a_phrase() -> None:
    phrase, cities = "让蓝图一张张绘成样子", [f"c{k:02}" for k in range(16)]
    texts = {city: [f"{phrase}，清洗第{city}号果皮箱。"] for city in cities}
    assert set(find_formulae(measures(texts))["text"]) == {phrase}
    assert set(find_formulae(measures(texts))["cities"]) == {16}
    few = {city: texts[city] if k < 7 else ["清洗果皮箱。"] for k, city in enumerate(cities)}
    assert phrase not in set(find_formulae(measures(few))["text"])
    assert find_formulae(measures(dict(list(texts.items())[:7]))).empty


def test_a_measure_that_is_all_formula_is_left_empty() -> None:
    frame = measures({"A": ["坚持稳中求进工作总基调。", "修剪行道树。"]})
    assert without_formulae(frame, find_formulae(frame)) == ["", "修剪行道树。"]


def test_marks_do_not_hide_a_phrase_and_figures_are_none() -> None:
    assert normal("“不忘 初心”") == "不忘初心"
    assert [clause for *_, clause in clauses("增长12%，牢记“使命”")] == ["牢记使命"]


@given(st.lists(st.text("牢记使命不忘初心，。“”公厕1", max_size=30), max_size=6))
def test_offsets_are_those_of_the_plan_and_order_does_not_matter(texts: list[str]) -> None:
    frame = measures({"A": texts} if texts else {"A": [""]}, start=7)
    found = find_formulae(frame)
    text = dict(zip(frame["measure_id"], frame["text"], strict=True))
    for row in found.itertuples():
        assert text[row.measure_id][row.start - 7 : row.end - 7] == row.text
    assert find_formulae(frame[::-1].reset_index(drop=True)).equals(found)
