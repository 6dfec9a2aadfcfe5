"""The coder: calibrated shape, a round trip through its files, a refusal where labels are missing, its speed."""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planmine.codebook import CodebookError, load_codebook
from planmine.coding import features, surroundings
from planmine.coding.labels import parse_coded
from planmine.coding.model import Coder
from planmine.coding.strength import read_strength
from planmine.coding.training import Recipe, readings_of, train
from planmine.pipeline import default_coder
from planmine.segment import segment
from planmine.targets import read_targets

CODEBOOK = load_codebook()
CODES = list(CODEBOOK.categories)
STATUSES = "PCGX"


def tiny_plans(codes: list[str]) -> list:
    plans = []
    for k in range(6):
        lines = [
            f"⟦{STATUSES[(i + k) % 4]} {code}|{code}之第{k}项事务办理情况。⟧" for i, code in enumerate(codes)
        ]
        plans.append(parse_coded(f"{k}.txt", "⟦H|某地安排⟧\n" + "\n".join(lines), CODEBOOK))
    return plans


def test_probabilities_are_distributions() -> None:
    units = segment("某县工作计划\n一、工作安排\n修剪行道树。\n全年清运垃圾三万吨。\n")
    sizes, status, category = default_coder().probabilities([units, [], units])
    assert sizes == [2, 0, 2]
    assert np.allclose(status.sum(axis=1), 1, atol=1e-5) and np.allclose(category.sum(axis=1), 1, atol=1e-5)
    assert np.allclose(category[:2], category[2:], atol=1e-6)


def test_training_learns_and_its_files_give_the_same_codes(tmp_path: Path) -> None:
    readings = list(readings_of(tiny_plans(CODES), "bureau", segment))
    coder, held_out = train(readings, CODEBOOK, None, Recipe(folds=3, min_count=1))
    assert held_out["category"].shape == (sum(len(r.coded) for r in readings), len(CODES))
    units = segment("某地安排\ntraffic之第9项事务办理情况。\n")
    assert coder.code(units)[0].category == "traffic"
    coder.save(tmp_path / "coder")
    again = Coder.load(tmp_path / "coder")
    assert again.code(units)[0].category == "traffic"
    assert not list((tmp_path / "coder").glob("*.pkl"))


def test_a_category_without_labels_is_refused() -> None:
    readings = list(readings_of(tiny_plans(CODES[:-1]), "bureau", segment))
    with pytest.raises(ValueError, match=r"no coded unit for category \['other'\]"):
        train(readings, CODEBOOK, None, Recipe(folds=3, min_count=1))


def test_it_abstains_where_it_is_asked_to() -> None:
    units = segment("某县工作计划\n一、工作安排\n修剪行道树两千株。\n统筹抓好其他各项相关工作。\n")
    sure = default_coder().code(units)
    limit = (sure[0].probability + sure[1].probability) / 2
    asked = default_coder().code(units, abstain=limit)
    for before, after in zip(sure, asked, strict=True):
        assert after.probability == before.probability and after.status == before.status
        left = before.probability < limit
        assert after.labels == (("unsure", *before.labels) if left else before.labels)
        assert after.category == after.labels[0]
    assert {codes.category == "unsure" for codes in asked} == {True, False}


def test_another_format_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"format": 99}), encoding="utf-8")
    with pytest.raises(ValueError, match="format 99"):
        Coder.load(tmp_path)


def test_it_codes_thousands_of_units_a_second() -> None:
    """The aim is 5,000 on one core; the floor leaves room for a busy machine."""
    text = "某县工作计划\n" + "\n".join(
        f"{k % 97}、对第{k}片区的背街小巷开展集中整治，清理积存垃圾。" for k in range(3000)
    )
    units = segment(text)
    coder = default_coder()
    coder.code(units[:50])
    started = time.process_time()
    codes = coder.code(units)
    assert len(codes) / (time.process_time() - started) > 2000


def test_codebooks_of_ones_own(tmp_path: Path) -> None:
    own = tmp_path / "mine.yaml"
    own.write_text(
        "version: 2\nstatuses: {planned: to do}\ncategories: {water: {zh: 水务}}\n", encoding="utf-8"
    )
    book = load_codebook(own)
    assert (book.name("water"), book.name("water", "en"), book.name("fire")) == ("水务", "Water", "fire")
    for content, message in (
        ("a: [", "no YAML"),
        ("version: 1\nstatuses: {a: b}\n", "`categories` is missing"),
    ):
        own.write_text(content, encoding="utf-8")
        with pytest.raises(CodebookError, match=message):
            load_codebook(own)
    with pytest.raises(CodebookError, match=r"none\.yaml"):
        load_codebook(tmp_path / "none.yaml")
    assert replace(book, version="3").version == "3"


def test_every_step_of_strength_is_read_as_the_codebook_defines_it() -> None:
    assert list(CODEBOOK.strengths) == [3, 2, 1]
    for step, defined in CODEBOOK.strengths.items():
        assert len(defined.examples) >= 3
        for text in defined.examples:
            assert read_strength(text, len(read_targets(text))) == step, text


def test_what_stands_alone_is_coded_by_its_own_words() -> None:
    first, second = np.full((7, 2), [0.8, 0.2]), np.full((7, 2), [0.3, 0.7])
    alone = surroundings.for_short_plans(first[:1], second[:1], np.array([0]))
    np.testing.assert_allclose(alone, first[:1])
    plans = np.array([0] * 6 + [1])
    np.testing.assert_allclose(surroundings.for_short_plans(first, second, plans), [*second[:6], first[6]])
    three = surroundings.for_short_plans(first[:3], second[:3], np.array([5, 5, 5]))
    np.testing.assert_allclose(three.sum(axis=1), 1)
    assert (three[:, 0] < 0.8).all() and (three[:, 0] > 0.3).all()


@given(texts=st.lists(st.text("清运垃圾修剪树a^w\n", max_size=8), max_size=6))
def test_a_vocabulary_counts_the_terms_it_knows(texts: list[str]) -> None:
    found = [term for text in texts for term in features.terms(text)]
    known = [*found[::2], "清运", "^清", "w清运"]
    vocabulary = features.Vocabulary(dict.fromkeys(known))
    counts = vocabulary.count(texts).toarray()
    assert counts.shape == (len(texts), len(vocabulary))
    for row, text in zip(counts, texts, strict=True):
        seen = Counter(features.terms(text))
        wanted = [1 + np.log(seen[term]) if seen[term] else 0 for term in vocabulary.terms]
        assert np.allclose(row, wanted)
