"""Choose the thresholds of themes and of change on planted worlds of their own (corpus/labelled/worlds/tuning.yaml).

    python scripts/fit_themes.py [--rerank e5zh]

Prints F1 (mean over the worlds and the kinds of fact) for each setting, the best first. The constants stand in
comparison/themes.py (CORE, JOIN), fragments.py (HOME, PHRASE) and change.py (COUNTERPART, SHARED); of settings that are as good the one
in the middle was taken. Run it after a change of the encoder or of the weights of matches. ``--rerank``: matches weighed again, which
runs do not make themes of, to see whether they should.
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from validity.reading import PLANTED, ROOT, Tables, read_folder, vectors_of

from planmine.comparison import (
    CompareSettings,
    Reranker,
    compare,
    find_changes,
    find_gaps,
    find_links,
    find_results,
    find_themes,
    through_themes,
)
from planmine.comparison.themes import LISTED
from planmine.embedding import load_encoder

ACTIONS = ROOT / "corpus" / "labelled" / "worlds" / "tuning.yaml"
WORLDS = (1, 2, 3)
RECURRENCE = ("themes", "first movers", "gaps")
CHANGE = ("kept", "strengthened", "weakened", "dropped", "new")
CORES, JOINS = (0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5), (0.35, 0.45, 0.55)
HOMES, PHRASES = (0.7, 0.8, 0.9), (2, 3, 4, 99)  # 99: no fragment is joined
COUNTERPARTS, SHARES = (0.2, 0.25, 0.3, 0.35, 0.4), (0.6, 0.7, 0.8)
Found = dict[str, pd.DataFrame]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rerank")
    name = parser.parse_args().rerank
    reranker = Reranker.of(load_encoder(name)) if name else None
    with tempfile.TemporaryDirectory() as made:
        worlds = [_read(Path(made), seed, reranker) for seed in WORLDS]
        print("CORE JOIN: F1 of", ", ".join(RECURRENCE))
        _sweep(worlds, CORES, JOINS, RECURRENCE, _recurrence)
        print("HOME PHRASE: F1 of", ", ".join(RECURRENCE))
        _sweep(worlds, HOMES, PHRASES, RECURRENCE, _fragments)
        print("COUNTERPART SHARED: F1 of", ", ".join(CHANGE))
        _sweep(worlds, COUNTERPARTS, SHARES, CHANGE, _change)


def _read(
    folder: Path, seed: int, reranker: Reranker | None
) -> tuple[object, Tables, pd.DataFrame, pd.DataFrame]:
    world = PLANTED["build"](ACTIONS, folder / f"world-{seed}", seed)
    tables = read_folder(folder / f"world-{seed}")
    vectors = vectors_of(tables["measures"])
    listed = CompareSettings(match_threshold=LISTED, draws=2)
    matches = compare(tables["measures"], vectors, settings=listed, reranker=reranker).matches
    return world, tables, matches, find_links(tables["measures"], vectors, plans=tables["plans"])


def _recurrence(
    tables: Tables, matches: pd.DataFrame, links: pd.DataFrame, core: float, join: float
) -> Found:
    return _found(tables, links, find_themes(tables["measures"], matches, links, core=core, join=join))


def _fragments(
    tables: Tables, matches: pd.DataFrame, links: pd.DataFrame, home: float, phrase: float
) -> Found:
    found = find_themes(tables["measures"], matches, links, home=home, phrase=int(phrase))
    return _found(tables, links, found)


def _change(tables: Tables, matches: pd.DataFrame, links: pd.DataFrame, least: float, shared: float) -> Found:
    found = find_themes(tables["measures"], matches, links)
    return _found(tables, links, found, least=least, shared=shared)


def _found(
    tables: Tables, links: pd.DataFrame, found: tuple[pd.DataFrame, pd.DataFrame], **thresholds: float
) -> Found:
    themes, members = found
    same = through_themes(links, members)
    measures, plans = tables["measures"], tables["plans"]
    return {
        "themes": themes,
        "theme_measures": members,
        "gaps": find_gaps(themes, members, measures, plans=plans),
        "changes": find_changes(measures, same, plans=plans, **thresholds),
        "results": find_results(measures, same, plans=plans),
    }


def _sweep(
    worlds: list, first: tuple[float, ...], second: tuple[float, ...], facts: tuple[str, ...], find: Callable
) -> None:
    rows = []
    for a, b in itertools.product(first, second):
        scores = [
            PLANTED["scores"](world, {**tables, **find(tables, matches, links, a, b)})
            for world, tables, matches, links in worlds
        ]
        each = [np.mean([_f1(*score[fact]) for score in scores]) for fact in facts]
        rows.append((np.mean(each), a, b, each))
    for mean, a, b, each in sorted(rows, key=lambda row: -row[0]):
        print(f"{a:5.2f} {b:5.2f}: {mean:.3f}  " + "  ".join(f"{value:.2f}" for value in each))


def _f1(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


if __name__ == "__main__":
    main()
