"""The sample corpus against its planted facts: what a run over corpus/sample must find.

Part (b), hard negatives, waits; tests/unit/test_sample_corpus.py checks that its quotations stand in the texts.
"""

from __future__ import annotations

import itertools
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from planmine import run as runs

SAMPLE = Path(__file__).parents[2] / "corpus" / "sample"
FACTS = yaml.safe_load((SAMPLE / "facts.yaml").read_text(encoding="utf-8"))
Tables = dict[str, pd.DataFrame]
sys.path.insert(0, str(SAMPLE.parents[1] / "scripts"))
from validity.planted import facts_found  # noqa: E402


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    workspace = tmp_path_factory.mktemp("sample")
    summary = runs.run([SAMPLE], workspace)
    assert not summary.failures, f"is antiword or LibreOffice missing for the .doc? {summary.failures}"
    folder = workspace / "reports" / "latest" / "tables"
    return {file.stem: pd.read_parquet(file) for file in folder.glob("*.parquet")}


def measures_with(tables: Tables, fact: dict[str, Any], quote: str | None = None) -> list[str]:
    """Ids of the measures of the fact's city and year that hold the quotation (lines joined)."""
    rows = tables["measures"]
    rows = rows[(rows["city"] == fact["city"]) & (rows["year"] == fact["year"])]
    wanted = "".join((quote or fact["quote"]).split())
    return [
        m for m, text in zip(rows["measure_id"], rows["text"], strict=True) if wanted in "".join(text.split())
    ]


def test_every_city_is_read_for_two_years(tables: Tables) -> None:
    plans = tables["plans"]
    assert plans["city"].nunique() >= 10
    assert (plans.groupby("city")["year_to"].nunique() >= 2).sum() >= 10
    assert len(plans) >= 20


@pytest.mark.parametrize("fact", FACTS["shared_actions"], ids=lambda f: f["id"])
def test_shared_action_is_found(tables: Tables, fact: dict[str, Any]) -> None:
    """At least one match joins measures of different cities that the fact says are the same action."""
    places = [(m["city"], measures_with(tables, m)) for m in fact["measures"]]
    assert all(len(ids) == 1 for _, ids in places), places
    matches = tables["matches"]
    found = set(map(frozenset, zip(matches["measure_a"], matches["measure_b"], strict=True)))
    pairs = [frozenset((*a, *b)) for (x, a), (y, b) in itertools.combinations(places, 2) if x != y]
    assert any(pair in found for pair in pairs)


def test_most_pairs_of_cities_that_share_an_action_are_matched(tables: Tables) -> None:
    """Recall over pairs of cities: a floor that may only rise."""
    matches = tables["matches"]
    found = set(map(frozenset, zip(matches["measure_a"], matches["measure_b"], strict=True)))
    hits = []
    for fact in FACTS["shared_actions"]:
        places = [(m["city"], measures_with(tables, m)) for m in fact["measures"]]
        for one, other in itertools.combinations(sorted({city for city, _ in places}), 2):
            pairs = itertools.product(
                [i for city, ids in places if city == one for i in ids],
                [i for city, ids in places if city == other for i in ids],
            )
            hits.append(any(frozenset(pair) in found for pair in pairs))
    assert sum(hits) / len(hits) >= 0.5


@pytest.mark.parametrize("fact", FACTS["copied_passages"], ids=lambda f: f["id"])
def test_copied_passage_is_found_as_the_same_text(tables: Tables, fact: dict[str, Any]) -> None:
    matches = tables["matches"]
    same = matches[matches["relation"] == "same_text"]
    found = set(map(frozenset, zip(same["measure_a"], same["measure_b"], strict=True)))
    source, copy = (standing_in(tables, fact[side], fact["text"]) for side in ("from", "to"))
    assert {frozenset(pair) for pair in itertools.product(source, copy)} & found
    both = {fact["from"]["city"], fact["to"]["city"]}
    rows = tables["similarity"]
    rows = rows[(rows["category"] == "all") & rows["city_a"].isin(both) & rows["city_b"].isin(both)]
    assert rows["reuse_share"].iloc[0] > 0


def standing_in(tables: Tables, place: dict[str, Any], passage: str) -> list[str]:
    """Measures of the city and year whose text stands in the passage."""
    rows = tables["measures"]
    rows = rows[(rows["city"] == place["city"]) & (rows["year"] == place["year"])]
    whole = "".join(passage.split())
    return [m for m, t in zip(rows["measure_id"], rows["text"], strict=True) if "".join(t.split()) in whole]


@pytest.mark.parametrize("fact", FACTS["lacks"], ids=lambda f: f"{f['city']}-{f['category']}")
def test_what_a_city_lacks_shows(tables: Tables, fact: dict[str, Any]) -> None:
    """Most peers have the category; the city has none, or one unit that was misread, far below them."""
    own, peers = category_counts(tables, fact)
    assert own["measures"] <= 1
    assert (peers["measures"] > 0).mean() > 0.4
    with_it = peers[peers["measures"] > 0]
    assert own["measures"] / own["total"] < (with_it["measures"] / with_it["total"]).median() / 2


def test_what_cities_lack_is_mostly_an_exact_zero(tables: Tables) -> None:
    """One misread unit makes a one of a zero: a floor that may only rise."""
    zeros = [category_counts(tables, fact)[0]["measures"] == 0 for fact in FACTS["lacks"]]
    assert sum(zeros) / len(zeros) >= 0.6


def category_counts(tables: Tables, fact: dict[str, Any]) -> tuple[pd.Series, pd.DataFrame]:
    """Measures of the category and in all, of the fact's city and of its peers."""
    cells = tables["coverage"]
    total = cells.groupby("city")["measures"].sum().rename("total")
    counts = cells[cells["category"] == fact["category"]].groupby("city")["measures"].sum()
    both = pd.concat([counts, total], axis=1).astype(int)
    return both.loc[fact["city"]], both.drop(fact["city"])


@pytest.mark.parametrize("fact", FACTS["coverage"], ids=lambda f: f["file"])
def test_counts_by_category_are_close_to_the_hand_coding(tables: Tables, fact: dict[str, Any]) -> None:
    """All units found; status and category as coded for 85 and 80 of a hundred: floors that may only rise."""
    rows = tables["measures"].set_index("measure_id")
    status, category = [], []
    for unit in fact["units"]:
        ids = measures_with(tables, fact, unit["start"])
        assert ids, unit["start"]
        status.append(rows.loc[ids[0], "status"] == unit["status"])
        accepted = {unit["category"], *unit.get("labels", [])}
        category.append(rows.loc[ids[0], "category"] in accepted)
    assert len(status) == fact["total"]
    assert sum(status) / len(status) >= 0.85
    assert sum(category) / len(category) >= 0.8


# How many of the facts are found; they may only rise.
FOUND = {
    "kept": 3,
    "strengthened": 5,
    "weakened": 3,
    "dropped": 6,
    "new": 5,
    "promise and result": 11,
    "first movers": 4,
}


def test_most_changes_promises_and_first_movers_are_found(tables: Tables) -> None:
    hits = {name: sum(found) for name, found in facts_found(FACTS, tables).items()}
    assert set(hits) == set(FOUND)
    assert all(hits[name] >= least for name, least in FOUND.items()), hits
