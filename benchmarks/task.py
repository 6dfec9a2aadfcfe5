"""The work that PlanMine and its peers do: how alike cities are, and which of two measures is the same action.

Corpora and pairs are of our own writing (tests/planted_overlap.py, tests/golden/paraphrases*.jsonl). An approach gives a
similarity for each pair of cities, rated by its rank correlation with the share of actions that the two cities have in common,
and scores for pairs of measures. It imports no planmine, since the peers run in an environment of their own.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from measured import RESULTS, Clock, load, megabytes, save
from scipy.stats import spearmanr

CitySimilarity = Callable[[list[str], list[str]], dict[tuple[str, str], float]]
# (measures, others) to (measures, others) scores, or None where an approach gives none
Scores = Callable[[list[str], list[str]], "np.ndarray | None"]


def write_task(corpora: list[tuple[Any, Any]], paraphrases: list[Path]) -> None:
    """Save what all approaches read."""
    rows = [
        json.loads(line) for path in paraphrases for line in path.read_text(encoding="utf-8").splitlines()
    ]
    triples = [row for row in rows if "measure" in row]
    save(
        "task",
        {
            "corpora": [
                {
                    "texts": frame["text"].tolist(),
                    "cities": frame["city"].tolist(),
                    "shared": {f"{a} {b}": float(share) for (a, b), share in shared.items()},
                }
                for frame, shared in corpora
            ],
            "triples": [[row[key] for row in triples] for key in ("measure", "paraphrase", "hard_negative")],
        },
    )


def rate(name: str, cities: CitySimilarity, scores: Scores, start: float) -> None:
    """Do the work and save seconds, memory and quality under ``name``; ``start``: seconds of imports and loading."""
    task = load("task")
    clock, correlations = Clock(), []
    for corpus in task["corpora"]:
        found = cities(corpus["texts"], corpus["cities"])
        pairs = list(combinations(sorted(set(corpus["cities"])), 2))
        given = [corpus["shared"][f"{a} {b}"] for a, b in pairs]
        correlations.append(float(spearmanr([found[pair] for pair in pairs], given).statistic))
    seconds = clock.read()
    measures, paraphrases, negatives = task["triples"]
    table = scores(measures, paraphrases + negatives)
    result = {
        "start": start,
        "seconds": seconds,
        "pair_seconds": clock.read(),
        "megabytes": megabytes(),
        "measures": sum(len(corpus["texts"]) for corpus in task["corpora"]),
        "spearman": round(float(np.mean(correlations)), 3),
        "triples": len(measures),
    }
    if table is not None:
        count = len(measures)
        true, negative = np.diagonal(table), np.diagonal(table[:, count:])
        result["beats"] = round(float((true > negative).mean()), 3)
        if not np.isnan(table).any():
            result["first"] = round(float((table.argmax(axis=1) == np.arange(count)).mean()), 3)
    save(name, result)


__all__ = ["RESULTS", "rate", "write_task"]
