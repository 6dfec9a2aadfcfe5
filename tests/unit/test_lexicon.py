"""The lexicon: longest terms win, none overlap, every category of the codebook has a list, no term stands twice."""

from __future__ import annotations

from importlib import resources

import numpy as np
import yaml

from planmine.codebook import load_codebook
from planmine.coding.lexicon import Lexicon, load_lexicon

SMALL = Lexicon([["公厕", "绿地垃圾"], ["公园", "公园绿地"]])


def test_the_longest_term_wins_and_none_overlap() -> None:
    assert SMALL.find("公园绿地垃圾旁的公厕") == [1, 0]


def test_evidence_tells_shares_last_first_and_number() -> None:
    row = SMALL.evidence(["公园旁增设公厕、公厕"])[0]
    np.testing.assert_allclose(row, [2 / 3, 1 / 3, 1, 0, 0, 1, 3 / 5], rtol=1e-6)


def test_a_text_without_terms_is_no_evidence() -> None:
    assert not SMALL.evidence(["各位代表", ""]).any()


def test_rows_follow_the_texts() -> None:
    texts = ["公厕", "公园", "公厕"]
    rows = SMALL.evidence(texts)
    assert (rows[0] == rows[2]).all()
    assert (rows[0] != rows[1]).any()


def test_the_bundled_lexicon_fits_the_codebook_and_repeats_nothing() -> None:
    text = resources.files("planmine.coding").joinpath("lexicon.yaml").read_text(encoding="utf-8")
    lists = yaml.safe_load(text)
    assert list(lists) == list(load_codebook().categories)
    terms = [term for words in lists.values() for term in words.split()]
    assert len(terms) == len(set(terms))
    assert load_lexicon().fields == len(lists)
