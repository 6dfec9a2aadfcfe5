"""Measure what re-ranking changes and costs on corpora whose overlap is known; writes its section of docs/matching.md.

The corpora are those of ``tests/planted_overlap.py``: cities of invented measures that share a known part of their
actions in other words. The same comparison is made with the bundled encoder alone and re-ranked.

    python scripts/measure_reranking.py [--seeds 3] [--cities 20]
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr

from planmine.comparison import Comparison, MatchModel, Reranker, compare
from planmine.comparison.rerank import CANDIDATE
from planmine.embedding import BUNDLED, NEURAL, load_encoder

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))
import planted_overlap as planted  # noqa: E402

SEEDS, CITIES = 3, 20
TITLE = "## Re-ranking: what it changes and costs"
SECTION = """{title}

Written by `python scripts/measure_reranking.py {options}`. Corpora of `tests/planted_overlap.py`, {cities} cities of {size} measures each of our
own writing, whose shared actions are known: Spearman correlation, over pairs of cities, of similarity (and of similarity beyond
expectation) with the planted overlap.

| corpus | {bundled}: similarity | beyond | re-ranked by {neural}: similarity | beyond |
|---|---|---|---|---|
{rows}

Comparing takes {first:.1f} s of processor time a 1,000 measures with {bundled} and {second:.1f} s with `--rerank {neural}` (models loaded
before, nothing remembered). {texts:.2f} of the texts stand in a candidate and are read by the second encoder, each once; what its reading costs
grows with the texts, what laying words side by side costs with the candidates. Pairs that the first encoder gives less
than {candidate} keep its probability. The words of all texts read are held in memory while a comparison lasts.
"""


class Counted:
    """``read`` of an encoder, and how many texts it was given."""

    def __init__(self, encoder: object) -> None:
        self.encoder, self.texts = encoder, 0

    def __call__(self, texts: Sequence[str]) -> tuple[np.ndarray, list[np.ndarray]]:
        self.texts += len(texts)
        return self.encoder.read(texts)  # type: ignore[attr-defined, no-any-return]


def correlations(found: Comparison, shared: np.ndarray) -> list[float]:
    """Of similarity and of similarity beyond expectation with the planted overlap, by pair of cities."""
    alike = found.similarity[found.similarity["category"] == "all"]
    return [float(spearmanr(alike[name], shared).statistic) for name in ("similarity", "beyond")]


def section(seeds: int = SEEDS, cities: int = CITIES) -> str:
    """The section of docs/matching.md, measured now on so many corpora of so many cities."""
    first, second = load_encoder(BUNDLED), load_encoder(NEURAL)
    second.read(["新建公园。"])  # what is read once for all corpora is no cost of theirs
    weights, again = MatchModel.of(first.revision), MatchModel.of(second.revision, words=True)
    seconds, lines, measures, texts, distinct = {False: 0.0, True: 0.0}, [], 0, 0, 0
    for seed in range(seeds):
        frame, shared = planted.corpus(seed, cities)
        measures, distinct = measures + len(frame), distinct + frame["text"].nunique()
        cells: list[str] = [f"seed {seed}"]
        for how in (False, True):
            counted = Counted(second)
            begun = time.process_time()
            found = compare(
                frame,
                encode=first.encode,
                revision=first.revision,
                match_model=weights,
                reranker=Reranker(counted, again, second.revision) if how else None,
            )
            seconds[how] += time.process_time() - begun
            texts += counted.texts
            cells += [f"{value:.3f}" for value in correlations(found, shared.to_numpy())]
        lines.append("| " + " | ".join(cells) + " |")
        print(lines[-1], file=sys.stderr)
    return SECTION.format(
        title=TITLE,
        options=f"--seeds {seeds} --cities {cities}",
        cities=cities,
        size=planted.SIZE,
        bundled=BUNDLED,
        neural=NEURAL,
        rows="\n".join(lines),
        first=1000 * seconds[False] / measures,
        second=1000 * seconds[True] / measures,
        texts=texts / distinct,
        candidate=CANDIDATE,
    )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seeds", type=int, default=SEEDS, help="how many corpora")
    options.add_argument("--cities", type=int, default=CITIES, help="cities of each, 20 at most")
    page = ROOT / "docs" / "matching.md"
    text, new = page.read_text(encoding="utf-8"), section(**vars(options.parse_args()))
    old = re.compile(rf"^{re.escape(TITLE)}\n.*?(?=^## )", re.DOTALL | re.MULTILINE)
    if old.search(text):
        text = old.sub(lambda _: f"{new}\n", text)
    else:
        text = text.replace("## Limits\n", f"{new}\n## Limits\n")
    page.write_text(text, encoding="utf-8")
    print(new)


if __name__ == "__main__":
    main()
