"""Set phrases: found by the archive's digests or in half of the cities, cut out with their offsets kept."""

from __future__ import annotations

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from planmine.comparison.formulae import CUT, SPANS, WRITTEN, Wordings, clauses, known, normal, take_out
from planmine.comparison.frames import comparable


def measures(texts: dict[str, list[str]], start: int = 100) -> pd.DataFrame:
    rows = [
        {"measure_id": f"{city}:{k}", "city": city, "start": start, "text": text}
        for city, own in texts.items()
        for k, text in enumerate(own)
    ]
    frame = pd.DataFrame(rows, columns=["measure_id", "city", "start", "text"])
    same = {"city_code": None, "year": 2024, "status": "planned", "category": "other"}
    return frame.assign(**same, labels=[["other"]] * len(rows), targets=[[]] * len(rows))


def taken(frame: pd.DataFrame) -> Wordings:
    return take_out(comparable(frame))


def without(frame: pd.DataFrame) -> dict[str, str]:
    """Measures to their texts without set phrases; those with nothing left are not there."""
    found, ids = taken(frame), comparable(frame).rows["measure_id"]
    return {ids[found.row[k]]: found.texts[k] for k in found.cut}


def test_a_phrase_of_the_archive_is_known_and_an_action_is_not() -> None:
    assert len(known()) > 500
    frame = measures({"A": ["坚持稳中求进工作总基调，在东湖边新建公厕12座。"]})
    found = taken(frame).spans
    assert list(found.columns) == list(SPANS)
    assert found[["start", "end", "text", "source"]].values.tolist() == [
        [100, 111, "坚持稳中求进工作总基调", "archive"]
    ]
    assert without(frame) == {"A:0": "在东湖边新建公厕12座。"}


def test_half_of_at_least_eight_cities_make_a_phrase() -> None:
    phrase, cities = "让蓝图一张张绘成样子", [f"c{k:02}" for k in range(16)]
    texts = {city: [f"{phrase}，清洗第{city}号果皮箱。"] for city in cities}
    assert set(taken(measures(texts)).spans["text"]) == {phrase}
    assert taken(measures(texts)).formulae.values.tolist() == [[phrase, 16, 16]]
    few = {city: texts[city] if k < 7 else ["清洗果皮箱。"] for k, city in enumerate(cities)}
    assert phrase not in set(taken(measures(few)).spans["text"])
    assert taken(measures(dict(list(texts.items())[:7]))).spans.empty


def test_a_measure_that_is_all_formula_is_compared_as_written_only() -> None:
    frame = measures({"A": ["坚持稳中求进工作总基调。", "修剪行道树。"]})
    found = taken(frame)
    assert without(frame) == {"A:1": "修剪行道树。"}
    assert found.left.tolist() == [False, True]
    assert (found.row[found.kind == WRITTEN].tolist(), CUT in found.kind) == ([0], False)


def test_line_breaks_keep_the_place_of_what_stays() -> None:
    frame = measures({"A": ["一是坚持稳中求进工作总基调，坚持稳中求进工作总基调，修树。"]})
    found = taken(frame)
    cut = int(found.cut[0])
    assert len(found.blanked[cut]) == len(frame["text"][0])
    assert found.blanked[cut].find("修树") == frame["text"][0].find("修树")


def test_marks_do_not_hide_a_phrase_and_figures_are_none() -> None:
    assert normal("“不忘 初心”") == "不忘初心"
    assert [clause for *_, clause in clauses("增长12%，牢记“使命”")] == ["牢记使命"]


@settings(deadline=None)
@given(st.lists(st.text("牢记使命不忘初心，。“”公厕1", max_size=30), max_size=6))
def test_offsets_are_those_of_the_plan_and_order_does_not_matter(texts: list[str]) -> None:
    frame = measures({"A": texts} if texts else {"A": [""]}, start=7)
    found = taken(frame).spans
    text = dict(zip(frame["measure_id"], frame["text"], strict=True))
    for row in found.itertuples():
        assert text[row.measure_id][row.start - 7 : row.end - 7] == row.text
    assert taken(frame[::-1].reset_index(drop=True)).spans.equals(found)


def test_an_action_in_the_same_sentence_everywhere_is_a_theme_and_no_set_phrase() -> None:
    same = {f"{n}市": ["举办环卫技能竞赛，以赛促学。"] for n in range(10)}
    assert "举办环卫技能竞赛" not in set(taken(measures(same)).formulae["formula"])
    varied = {f"{n}市": [f"举办环卫技能竞赛，修缮桥梁第{n}座。"] for n in range(10)}
    assert list(taken(measures(varied)).formulae["formula"]) == ["举办环卫技能竞赛"]
