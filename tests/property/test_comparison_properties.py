"""What holds for any comparison: no order of rows, symmetry, bounds, and a copy that is found as one."""

from __future__ import annotations

import tempfile
from hashlib import blake2b
from pathlib import Path
from random import Random
from unittest import mock

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planmine.codebook import load_codebook
from planmine.comparison import CompareSettings, Comparison, Memory, compare, material, reuse
from planmine.comparison.change import CHANGES
from planmine.comparison.coverage import COVERAGE
from planmine.comparison.diffusion import ADOPTION, SPREAD
from planmine.comparison.expectation import CLUSTERS
from planmine.comparison.formulae import FORMULAE, SPANS
from planmine.comparison.frames import comparable
from planmine.comparison.gaps import GAPS
from planmine.comparison.matches import MATCHES
from planmine.comparison.precedents import PRECEDENT_LINKS, PRECEDENTS
from planmine.comparison.results import RESULTS
from planmine.comparison.reuse import PASSAGES, Reuse
from planmine.comparison.similarity import SIMILARITY
from planmine.comparison.themes import THEME_CITIES, THEME_MEASURES, THEMES

TABLES = {
    "coverage": COVERAGE,
    "similarity": SIMILARITY,
    "matches": MATCHES,
    "passages": PASSAGES,
    "clusters": CLUSTERS,
    "formulae": FORMULAE,
    "formula_spans": SPANS,
    "themes": THEMES,
    "theme_measures": THEME_MEASURES,
    "theme_cities": THEME_CITIES,
    "gaps": GAPS,
    "adoption": ADOPTION,
    "spread": SPREAD,
    "changes": CHANGES,
    "results": RESULTS,
    "precedents": PRECEDENTS,
    "precedent_links": PRECEDENT_LINKS,
}
TEXTS = [
    "新建公共厕所18座,改造老旧公厕6座,推行专人管护和限时保洁制度。",
    "年内增设公厕二十余处,解决市民如厕难的问题。",
    "对公共厕所开展保洁质量检查,结果纳入月度考核并向社会公布。",
    "清理占道经营摊点1300处,恢复人行道通畅,设置便民疏导区。",
    "对流动商贩挤占人行道的现象集中治理。",
    "补植行道树2600株,修剪绿篱。",
    "组织执法人员业务培训8期,实现全员轮训并建立个人学习档案。",
    "安装路灯300盏。",
    "",
]
CITIES = ["甲市", "乙市", "丙县", "丁区"]
FEW = CompareSettings(draws=20)
CELLS = np.eye(64, dtype=np.float32)[:9]

rows = st.fixed_dictionaries(
    {
        "text": st.sampled_from(TEXTS),
        "city": st.sampled_from([*CITIES, None]),
        "year": st.sampled_from([2019, 2020, None]),
        "status": st.sampled_from(["planned", "completed", "goal", "context"]),
        "category": st.sampled_from(["sanitation", "street_order", "greening", "other"]),
    }
)


def measures(chosen: list[dict]) -> pd.DataFrame:
    frame = pd.DataFrame(chosen, columns=["text", "city", "year", "status", "category"])
    return frame.assign(
        measure_id=[f"p{k % 3}:{k}" for k in range(len(chosen))],
        city_code=None,
        start=range(len(chosen)),
        labels=[[category] for category in frame["category"]],
        targets=[[]] * len(chosen),
    )


def encode(texts: list[str]) -> np.ndarray:
    """A toy encoder: characters hashed to 64 signed places; equal texts have equal vectors."""
    vectors = np.zeros((len(texts), 64), dtype=np.float32)
    for row, text in enumerate(texts):
        for char in text or "空":
            code = int.from_bytes(blake2b(char.encode(), digest_size=4).digest(), "big")
            vectors[row, code % 64] += 1 if code & 64 else -1
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.divide(vectors, length, out=np.zeros_like(vectors), where=length > 0)


def compared(frame: pd.DataFrame) -> Comparison:
    return compare(frame, encode(frame["text"].tolist()), settings=FEW)


def assert_same(first: Comparison, second: Comparison) -> None:
    for name, types in TABLES.items():
        pd.testing.assert_frame_equal(getattr(first, name), getattr(second, name), check_exact=True)
        assert getattr(first, name).dtypes.astype(str).to_dict() == types
    assert (first.city_order, first.left_out) == (second.city_order, second.left_out)


def assert_all_bytes_equal(first: Comparison, second: Comparison) -> None:
    """The tables as they would be written."""
    for name in TABLES:
        assert getattr(first, name).to_csv() == getattr(second, name).to_csv(), name


@settings(max_examples=30, deadline=None)
@given(st.lists(rows, max_size=25), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(chosen: list[dict], random: Random) -> None:
    frame = measures(chosen)
    order = list(range(len(frame)))
    random.shuffle(order)
    first, second = compared(frame), compared(frame.iloc[order])
    assert_same(first, second)


@pytest.mark.parametrize("exact", [10_000, 0], ids=["exact", "through cells"])
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(rows, min_size=6, max_size=30), st.randoms(use_true_random=False))
def test_plans_added_in_any_order_and_batches_give_the_tables_of_one_run(
    exact: int, chosen: list[dict], random: Random
) -> None:
    """Byte for byte, whatever the memory holds: of fewer plans, of other orders, of plans that were taken out again."""
    frame, given = measures(chosen), CompareSettings(draws=20, exact=exact)
    rows_of = list(range(len(frame)))
    random.shuffle(rows_of)

    def at(part: list[int], memory: Memory | None) -> Comparison:
        return compare(frame.iloc[part], encode=encode, revision="toy", settings=given, memory=memory)

    with tempfile.TemporaryDirectory() as folder, mock.patch.object(material, "load_cells", lambda _: CELLS):
        memory, place = Memory(folder), 0
        at(random.sample(rows_of, len(rows_of) // 2), memory)
        while place < len(rows_of):
            place += random.randint(1, 1 + len(rows_of) // 3)
            at(rows_of[:place], memory)
        last, anew = at(rows_of, memory), at(sorted(rows_of), None)
    assert_same(last, anew)
    assert_all_bytes_equal(last, anew)


def test_what_is_remembered_is_not_made_again_and_damage_is_mended(tmp_path: Path) -> None:
    row = {"year": 2020, "status": "planned", "category": "other"}
    texts = [(city, f"{k}.{text}") for k, city in enumerate(CITIES) for text in TEXTS[:6]]
    frame = measures([{**row, "city": city, "text": text} for city, text in texts])
    asked: list[int] = []

    def counted(texts: list[str]) -> np.ndarray:
        asked.append(len(texts))
        return encode(texts)

    def at(part: pd.DataFrame) -> Comparison:
        return compare(part, encode=counted, revision="toy", settings=FEW, memory=Memory(tmp_path))

    first = at(frame[:-1])
    assert at(frame[:-1]).similarity.equals(first.similarity) and asked == [23]
    whole = at(frame)  # one measure more in the last city
    assert asked == [23, 6]
    for file in tmp_path.rglob("*.sealed"):
        file.write_bytes(file.read_bytes()[:-7])
    assert_same(at(frame), whole)
    assert asked == [23, 6, 24]


@settings(max_examples=30, deadline=None)
@given(st.lists(rows, max_size=25))
def test_bounds_and_counts_hold(chosen: list[dict]) -> None:
    frame = measures(chosen)
    result = compared(frame)
    known = frame[frame["city"].notna() & frame["status"].ne("context")]
    alike, matches, coverage = result.similarity, result.matches, result.coverage
    shares = [
        "similarity",
        "low",
        "high",
        "profile_similarity",
        "reuse_share",
        "a_covered_by_b",
        "b_covered_by_a",
        "with_formulae",
    ]
    assert alike[shares].stack().dropna().between(0, 1).all()
    whole = alike.dropna(subset=["similarity"])
    assert (whole["low"] <= whole["similarity"]).all()
    assert (whole["similarity"] <= whole["high"]).all()
    assert (alike["similarity"].isna() == ((alike["measures_a"] == 0) | (alike["measures_b"] == 0))).all()
    assert (alike["city_a"] < alike["city_b"]).all()
    assert (matches["city_a"] < matches["city_b"]).all()
    assert matches["probability"].between(result.settings.match_threshold, 1).all()
    assert set(matches["measure_a"]) | set(matches["measure_b"]) <= set(known["measure_id"])
    assert not matches.duplicated(["measure_a", "measure_b"]).any()
    assert coverage["measures"].sum() == len(known)
    assert result.left_out == (frame["city"].isna() & frame["status"].ne("context")).sum()
    cities = sorted(frame["city"].dropna().unique())
    assert sorted(result.city_order) == cities
    assert len(alike) == len(cities) * (len(cities) - 1) // 2 * (1 + len(load_codebook().categories))


@settings(max_examples=20, deadline=None)
@given(st.lists(rows, max_size=20))
def test_renaming_cities_swaps_the_sides_of_a_pair_and_nothing_else(chosen: list[dict]) -> None:
    frame = measures(chosen)
    backwards = dict(zip(sorted(CITIES), ["9市", "8市", "7市", "6市"], strict=True))
    first = compared(frame).similarity
    second = compared(frame.assign(city=frame["city"].map(backwards))).similarity
    sides = {"a_covered_by_b": "b_covered_by_a", "measures_a": "measures_b", "city_a": "city_b"}
    first = first.assign(city_a=first["city_a"].map(backwards), city_b=first["city_b"].map(backwards))
    first = first.rename(columns=sides | {new: old for old, new in sides.items()})
    keys = ["city_a", "city_b", "category"]
    both = first.astype({"city_a": "string", "city_b": "string"}).merge(
        second, on=keys, suffixes=("", "_renamed")
    )
    assert len(both) == len(first) == len(second)
    for name in ("similarity", "profile_similarity", "reuse_share", "a_covered_by_b", "measures_a"):
        np.testing.assert_allclose(both[name].astype(float), both[f"{name}_renamed"].astype(float), atol=1e-6)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.sampled_from([text for text in TEXTS if len(text) > 25]), min_size=1, max_size=8))
def test_a_city_against_its_copy_is_the_same(texts: list[str]) -> None:
    row = {"year": 2020, "status": "planned", "category": "sanitation"}
    frame = measures([{**row, "text": text, "city": city} for city in ("甲市", "乙市") for text in texts])
    result = compared(frame)
    whole = result.similarity.iloc[0]
    assert whole[["similarity", "high", "reuse_share", "profile_similarity"]].tolist() == [1, 1, 1, 1]
    texts_of = frame.set_index("measure_id")["text"]
    same = result.matches["measure_a"].map(texts_of).eq(result.matches["measure_b"].map(texts_of))
    assert result.matches.loc[same.to_numpy(), "relation"].eq("same_text").all()
    assert same.any()


def naive_cover(text: str, others: list[str], n: int) -> int:
    """Characters of ``text`` inside an n-gram of one of the others, by looking at each."""
    grams = {other[k : k + n] for other in others for k in range(len(other) - n + 1)}
    inside = set()
    for k in range(len(text) - n + 1):
        if text[k : k + n] in grams:
            inside |= set(range(k, k + n))
    return len(inside)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(CITIES[:3]), st.text("路灯安装维护", min_size=0, max_size=40)), max_size=10
    ),
    st.integers(2, 4),
)
def test_reuse_agrees_with_looking_at_every_character(chosen: list[tuple[str, str]], n: int) -> None:
    row = {"year": 2020, "status": "planned", "category": "other"}
    frame = measures([{**row, "city": city, "text": text} for city, text in chosen])
    corpus = comparable(frame)
    texts = corpus.rows["text"].tolist()
    index = Reuse.of(texts, corpus.city, n, 1000)
    for x in range(len(corpus.cities)):
        others = np.arange(len(corpus.cities)) != x
        passages, reused, back = index.between(x, others)
        by_text = {(c, t): k for c, t, k in zip(reused.city, reused.text, reused.characters, strict=True)}
        for k, text in enumerate(texts):
            if corpus.city[k] == x:
                for other in np.flatnonzero(others):
                    theirs = [texts[m] for m in np.flatnonzero(corpus.city == other)]
                    assert by_text.get((other, k), 0) == naive_cover(text, theirs, n)
            else:
                own = [texts[m] for m in np.flatnonzero(corpus.city == x)]
                assert back[k] == naive_cover(text, own, n)
        shared = {
            (i, j): min(naive_cover(texts[i], [texts[j]], n), naive_cover(texts[j], [texts[i]], n))
            for i in np.flatnonzero(corpus.city == x)
            for j in np.flatnonzero(corpus.city != x)
        }
        found = dict(zip(zip(passages.i, passages.j, strict=True), passages.characters, strict=True))
        assert found == {pair: count for pair, count in shared.items() if count >= reuse.LEAST}


@pytest.mark.parametrize("empty", [pd.DataFrame(), measures([])], ids=["no columns", "no rows"])
def test_no_measures_give_empty_tables_of_the_right_form(empty: pd.DataFrame) -> None:
    result = compare(empty, np.empty((0, 8), dtype=np.float32), settings=FEW)
    for name, types in TABLES.items():
        assert getattr(result, name).empty
        assert getattr(result, name).dtypes.astype(str).to_dict() == types
    assert (result.city_order, result.left_out) == ([], 0)


def test_one_city_is_compared_with_nothing_and_has_its_coverage() -> None:
    row = {"year": 2020, "status": "planned", "category": "other", "city": "甲市"}
    result = compared(measures([{**row, "text": text} for text in TEXTS]))
    assert result.similarity.empty
    assert result.matches.empty
    assert result.coverage["measures"].sum() == len(TEXTS)
    assert result.city_order == ["甲市"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"match_threshold": 0},
        {"match_threshold": 1},
        {"count_threshold": 0.1},
        {"neighbours": 0},
        {"ngram": 1},
        {"draws": 1},
        {"listed": 0},
        {"exact": -1},
        {"seed": -1},
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        CompareSettings(**wrong)
