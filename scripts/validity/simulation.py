"""Do the intervals of corrected coverage hold? A coder degraded to 85 % accuracy, 200 hand-coded units, 500 draws."""

from __future__ import annotations

import numpy as np
import pandas as pd

from planmine.codebook import load_codebook
from planmine.coding.labels import read_coded
from planmine.comparison import corrected_shares
from validity.reading import ROOT

ACCURACY, UNITS, DRAWS = 0.85, 200, 500
Z = 1.959964


def simulation() -> str:
    """Markdown: how often intervals hold the true share, and their width, corrected and not."""
    codebook = load_codebook()
    labels = [
        unit.labels[0]
        for plan in read_coded(ROOT / "corpus" / "labelled" / "plans", codebook)
        for unit in plan.labels
        if unit.labels
    ]
    truth = np.array(labels, dtype=object)
    categories = list(codebook.categories)
    generator = np.random.default_rng(0)
    ids = [f"p:{k}" for k in range(len(truth))]
    measures = pd.DataFrame(
        {
            "measure_id": ids,
            "city": "甲市",
            "city_code": None,
            "year": 2020,
            "start": range(len(ids)),
            "text": "",
            "status": "planned",
            "category": truth,
            "labels": [[]] * len(ids),
            "targets": [[]] * len(ids),
        }
    )
    true = np.array([(truth == category).mean() for category in categories])
    held, width, normal, normal_width, bare, bare_width, accuracy = np.zeros((7, DRAWS, len(categories)))
    for draw in range(DRAWS):
        coder = _degraded(truth, categories, generator)
        accuracy[draw] = (coder == truth).mean()
        drawn = generator.choice(len(ids), UNITS, replace=False)
        coded = pd.DataFrame({"measure_id": [ids[k] for k in drawn], "category": truth[drawn]})
        rows = corrected_shares(measures.assign(category=coder), coded).set_index("category").loc[categories]
        low, high = rows["corrected_low"].to_numpy(), rows["corrected_high"].to_numpy()
        held[draw], width[draw] = (low <= true) & (true <= high), high - low
        plain = rows["share"].to_numpy()
        error = np.array([(truth[drawn] == c) * 1.0 - (coder[drawn] == c) for c in categories])
        half = Z * error.std(axis=1, ddof=1) / np.sqrt(UNITS)
        normal[draw] = np.abs(plain + error.mean(axis=1) - true) <= half
        normal_width[draw] = 2 * half
        half = Z * np.sqrt(plain * (1 - plain) / len(ids))
        bare[draw], bare_width[draw] = np.abs(plain - true) <= half, 2 * half
    lines = [
        f"{len(ids):,} hand-coded units of our own plans are the population; in each of {DRAWS} draws a coder that is right "
        f"for {accuracy.mean():.1%} of them, its errors uneven and others each time, and {UNITS} units drawn and coded.",
        "",
        "| estimate | 95 % intervals that hold the true share | by category | mean width |",
        "|---|---|---|---|",
    ]
    for name, hits, wide in (
        ("corrected", held, width),
        ("corrected, normal interval", normal, normal_width),
        ("as counted", bare, bare_width),
    ):
        share = hits.mean(axis=0)
        lines.append(
            f"| {name} | {share.mean():.1%} | {share.min():.1%} to {share.max():.1%} | {wide.mean():.3f} |"
        )
    return "\n".join(lines)


def _degraded(truth: np.ndarray, categories: list[str], generator: np.random.Generator) -> np.ndarray:
    """The codes with errors: each category is mistaken for a few others more than for the rest."""
    taken = generator.dirichlet(np.full(len(categories), 0.5), len(categories))
    coder = truth.copy()
    wrong = generator.random(len(truth)) > ACCURACY
    for own, category in enumerate(categories):
        chosen = np.flatnonzero(wrong & (truth == category))
        chance = taken[own]
        chance[own] = 0
        coder[chosen] = np.array(categories, dtype=object)[
            generator.choice(len(categories), len(chosen), p=chance / chance.sum())
        ]
    return coder
