"""Twenty invented cities over four years: what of the planted facts the tables find."""

from __future__ import annotations

from pathlib import Path
from runpy import run_path

import pandas as pd
import pytest

from planmine.comparison import CompareSettings, Sources, compare
from planmine.embedding import load_encoder

TESTS = Path(__file__).parents[1]
planted = run_path(str(TESTS / "planted_world.py"))
# Precision and recall of each may only rise. docs/external-validity.md has the figures over three worlds.
FLOOR = 0.9
FACTS = (
    "themes",
    "first movers",
    "gaps",
    "kept",
    "strengthened",
    "weakened",
    "dropped",
    "new",
    "results",
    "outcomes",
)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[float, float]]:
    folder = tmp_path_factory.mktemp("world")
    world = planted["build"](TESTS / "golden" / "planted.yaml", folder / "plans", 1)
    tables = planted["read_folder"](folder / "plans")
    assert len(planted["located"](world, tables["measures"])) == len(world.said)
    vectors = load_encoder().encode(tables["measures"]["text"].tolist())
    comparison = compare(
        tables["measures"],
        vectors,
        sources=Sources(plans=tables["plans"]),
        settings=CompareSettings(draws=2),
    )
    names = ("themes", "theme_measures", "gaps", "changes", "results")
    every: dict[str, pd.DataFrame] = {**tables, **{name: getattr(comparison, name) for name in names}}
    return planted["scores"](world, every)


@pytest.mark.parametrize("fact", FACTS)
def test_planted_facts_are_found(found: dict[str, tuple[float, float]], fact: str) -> None:
    precision, recall = found[fact]
    assert precision >= FLOOR
    assert recall >= FLOOR


def test_every_kind_of_fact_is_scored(found: dict[str, tuple[float, float]]) -> None:
    assert set(found) == set(FACTS)
