"""Folders of plans to tables and to what is found in them, as a run does it, without a report."""

from __future__ import annotations

from pathlib import Path
from runpy import run_path
from typing import Any

import numpy as np
import pandas as pd

from planmine.comparison import CompareSettings, Comparison, Sources, compare
from planmine.embedding import load_encoder

ROOT = Path(__file__).resolve().parents[2]
PLANTED = run_path(str(ROOT / "tests" / "planted_world.py"))
Tables = dict[str, pd.DataFrame]


read_folder = PLANTED["read_folder"]


def vectors_of(measures: pd.DataFrame) -> np.ndarray:
    return load_encoder().encode(measures["text"].tolist())


def compared(
    tables: Tables,
    vectors: np.ndarray,
    *,
    previous: pd.DataFrame | None = None,
    coded: pd.DataFrame | None = None,
) -> Comparison:
    """The comparison of the tables; intervals of similarity are not needed here, so two draws do."""
    sources = Sources(plans=tables["plans"], failures=tables["failures"], previous=previous, coded=coded)
    return compare(tables["measures"], vectors, sources=sources, settings=CompareSettings(draws=2))


def as_tables(tables: Tables, comparison: Comparison) -> dict[str, Any]:
    names = ("themes", "theme_measures", "theme_cities", "gaps", "changes", "results")
    return {**tables, **{name: getattr(comparison, name) for name in names}}
