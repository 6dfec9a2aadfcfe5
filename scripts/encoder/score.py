"""How good and how fast an encoder is, on the triples of tests/golden."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer

from planmine.embedding import load_encoder, mask

ROOT = Path(__file__).resolve().parents[2]
Encode = Callable[[Sequence[str]], NDArray[np.float32]]


class Score(NamedTuple):
    """Shares of the triples, and cosines."""

    first: float  # R@1: the paraphrase comes first among all paraphrases and hard negatives
    mrr: float
    first_easy: float  # R@1 among the paraphrases alone
    beats: float  # the paraphrase comes before its own hard negative
    true: float  # mean cosine of a measure and its paraphrase
    negative: float  # ... and its hard negative
    stranger: float  # ... and the paraphrases of other measures
    spread: float  # standard deviation of these


def triples() -> list[tuple[str, str, str, str]]:
    """(file, measure, paraphrase, hard negative) of all tests."""
    return [
        (file.name, row["measure"], row["paraphrase"], row["hard_negative"])
        for file in sorted((ROOT / "tests" / "golden").glob("paraphrases*.jsonl"))
        for row in map(json.loads, file.read_text(encoding="utf-8").splitlines())
        if "measure" in row
    ]


def score(encode: Encode) -> Score:
    files, *texts = zip(*triples(), strict=True)
    measures, paraphrases, negatives = (encode(part) for part in texts)
    cosines = measures @ np.vstack([paraphrases, negatives]).T
    count = len(measures)
    own = np.array(files)[:, None] == np.array(files)[None, :]  # candidates are those of the measure's file
    true, negative = np.diagonal(cosines), np.diagonal(cosines[:, count:])
    better = (cosines > true[:, None]) & np.hstack([own, own])
    rank = better.sum(axis=1) + 1
    strangers = cosines[:, :count][~np.eye(count, dtype=bool)]
    return Score(
        float(np.mean(rank == 1)),
        float(np.mean(1 / rank)),
        float(np.mean(better[:, :count].sum(axis=1) == 0)),
        float(np.mean(true > negative)),
        float(true.mean()),
        float(negative.mean()),
        float(strangers.mean()),
        float(strangers.std()),
    )


def tfidf(prepare: Callable[[str], str]) -> Encode:
    """Character 2- and 3-grams, for comparison."""
    every = [prepare(text) for _, *texts in triples() for text in texts]
    vectorizer = TfidfVectorizer(analyzer="char", ngram_range=(2, 3), sublinear_tf=True).fit(every)
    return lambda texts: vectorizer.transform([prepare(text) for text in texts]).toarray()


def masked(encode: Encode) -> Encode:
    return lambda texts: encode([mask(text) for text in texts])


def plain(folder: Path) -> Encode:
    """The sentence-transformers model in ``folder`` as it stands: neither masked nor centred."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(folder), device="cpu")
    return lambda texts: model.encode(list(texts), show_progress_bar=False).astype(np.float32)


def rates(base: Path, untrained: Path, distilled: Path) -> dict[str, Score]:
    """All encoders compared, by the name that the cards give them; ``base``: e5zh before tuning."""
    models = ROOT / "models"
    return {
        "character 2-3-grams TF-IDF": score(tfidf(str)),
        "character 2-3-grams TF-IDF, masked": score(tfidf(mask)),
        "multilingual-e5-small": score(plain(base)),
        "multilingual-e5-small, masked": score(masked(plain(base))),
        "multilingual-e5-small, masked and centred": score(load_encoder(base).encode),
        "e5zh, masked": score(masked(plain(models / "e5zh"))),
        "**e5zh, masked and centred** (as PlanMine uses it)": score(load_encoder("e5zh").encode),
        "static-zh untrained, masked and centred": score(load_encoder(untrained).encode),
        "static-zh distilled, masked and centred": score(load_encoder(distilled).encode),
        "**static-zh, masked and centred** (as PlanMine uses it)": score(load_encoder().encode),
    }


def speed() -> float:
    """Measures of 47 characters a second, on one thread, best of five runs."""
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    _, measures, paraphrases, _ = zip(*triples(), strict=True)
    texts = [(a + b)[:47] for a in measures for b in paraphrases if len(a + b) >= 47][:10_000]
    encoder = load_encoder()
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        encoder.encode(texts)
        seconds.append(time.perf_counter() - start)
    return len(texts) / min(seconds)


def start_seconds() -> float:
    """Seconds from a fresh interpreter to a loaded model, its own start left out; best of three."""
    load = "from planmine.embedding import load_encoder; load_encoder()"

    def run(code: str) -> float:
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        return time.perf_counter() - start

    return min(run(load) for _ in range(3)) - min(run("") for _ in range(3))


def table(scores: dict[str, Score]) -> str:
    head = "| encoder | R@1 | MRR | R@1 without hard negatives | beats its hard negative | cosine of true pairs |"
    head += " of hard negatives | of strangers (s.d.) |\n|---|---|---|---|---|---|---|---|\n"
    return head + "\n".join(
        f"| {name} | {s.first:.0%} | {s.mrr:.2f} | {s.first_easy:.0%} | {s.beats:.0%} | {s.true:.2f} |"
        f" {s.negative:.2f} | {s.stranger:.2f} ({s.spread:.2f}) |"
        for name, s in scores.items()
    )
