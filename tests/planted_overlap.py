"""A corpus of invented cities that share a known part of their actions, in other words; loaded by path."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd

SIZE = 24  # measures of a city
STRAY = 6  # of them anywhere in the list: no two cities share all
NAMES = [f"{a}{b}市" for a in "青白苍赤玄" for b in "溪岭原湖"]


def actions() -> list[tuple[str, list[str]]]:
    """(category, wordings) of each action."""
    text = (Path(__file__).parent / "planted_actions.txt").read_text(encoding="utf-8")
    body = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    blocks = [block.split("\n") for block in body.strip().split("\n\n")]
    return [(lines[0], lines[1:]) for lines in blocks]


def corpus(seed: int, cities: int = 20) -> tuple[pd.DataFrame, pd.Series]:
    """Measures of ``cities``, and by pair of cities (a, b) the share of their actions that they have in common.

    The actions stand in a ring, and a city takes a run of them with a few strays, each in one of its wordings and with
    figures of its own: neighbours on the ring share up to three quarters, others nothing.
    """
    rng = np.random.default_rng(seed)
    listed = actions()
    ring = rng.permutation(len(listed))
    rows, taken = [], {}
    for city in NAMES[:cities]:
        start = rng.integers(len(ring))
        run = [int(ring[(start + k) % len(ring)]) for k in range(SIZE - STRAY)]
        rest = [action for action in range(len(listed)) if action not in run]
        own = [*run, *rng.choice(rest, STRAY, replace=False).tolist()]
        taken[city] = set(own)
        for k, action in enumerate(own):
            category, wordings = listed[action]
            text = wordings[rng.integers(len(wordings))].replace("{n}", str(rng.integers(2, 99)))
            rows.append((f"{city}:{k:03d}", city, category, text))
    frame = pd.DataFrame(rows, columns=["measure_id", "city", "category", "text"])
    shared = {(a, b): len(taken[a] & taken[b]) / SIZE for a, b in combinations(sorted(taken), 2)}
    return finished(frame), pd.Series(shared)


def finished(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with the other columns of the table of measures: planned in 2024, one label, no figures."""
    return frame.assign(
        city_code=None,
        year=2024,
        start=[100 * k for k in range(len(frame))],
        status="planned",
        labels=[[category] for category in frame["category"]],
        targets=[[] for _ in range(len(frame))],
    )
