"""Matching as a corpus grows: ``python growth.py MEASURES SOURCE``: real measures, repeated and their vectors perturbed.

The cities are fifty whatever the size: a corpus grows by years. SOURCE is a folder of plans, or - for the corpora of
tests/planted_overlap.py.
"""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
from measured import ROOT, Clock, load, megabytes, save

sys.path.insert(0, str(ROOT / "tests"))
CITIES, REAL, NOISE = 50, 30_000, 0.02


def texts(source: str) -> list[str]:
    """Real measures, or planted ones."""
    if source == "-":
        import planted_overlap

        return [text for seed in range(40) for text in planted_overlap.corpus(seed)[0]["text"]]
    from planmine.corpus import discover, read
    from planmine.pipeline import units_of

    found: list[str] = []
    for file in discover([source])[0]:
        for plan in read(file)[0]:
            found += [unit.text for unit in units_of(plan) if unit.kind == "measure"]
        if len(found) >= REAL:
            break
    return found[:REAL]


def main() -> None:
    from planmine.comparison import CompareSettings, compare
    from planmine.comparison.search import load_cells
    from planmine.embedding import load_encoder

    size, source = int(sys.argv[1]), sys.argv[2]
    real = texts(source)
    encoder = load_encoder()
    rng = np.random.default_rng(0)
    chosen = np.arange(size) % len(real)
    vectors = encoder.encode(real)[chosen]
    for begin in range(0, size, 65_536):  # in parts, so that the noise takes no memory of its own
        part = vectors[begin : begin + 65_536]
        part += NOISE * rng.standard_normal(part.shape, dtype=np.float32)
        part /= np.linalg.norm(part, axis=1, keepdims=True)
    number = np.arange(size)
    frame = pd.DataFrame(
        {
            "measure_id": pd.array([f"p{k % 400:03d}:{k:07d}" for k in range(size)], dtype="string"),
            "city": pd.Categorical.from_codes(
                number * CITIES // size, [f"城{c:02d}市" for c in range(CITIES)]
            ),
            "city_code": None,
            "year": 2020 + number % 5,
            "start": number,
            "text": pd.array([real[k] for k in chosen], dtype="string"),
            "status": "planned",
            "category": "other",
            "labels": [["other"]] * size,
            "targets": [[]] * size,
        }
    )
    before, clock = megabytes(), Clock()
    result = compare(frame, vectors, revision=encoder.revision, settings=CompareSettings(draws=50))
    row = {
        "measures": size,
        "seconds": clock.read(),
        "megabytes": megabytes(),
        "before": before,
        "matches": len(result.matches),
        "cells": load_cells(encoder.revision) is not None,
    }
    rows = [old for old in load("growth") or [] if old["measures"] != size]
    save("growth", sorted([*rows, row], key=lambda r: r["measures"]))
    print(row, file=sys.stderr)


if __name__ == "__main__":
    main()
