"""Fit the weights of the match model: coded pairs and triples -> comparison/match_weights/ENCODER.json.

Two sets of pairs, each coded same action or not by reading: ``corpus/labelled/pairs.jsonl``, of our own writing, where half
of those that are not have the same object and another action; and ``pair-references.jsonl``, by reference, drawn
from the nearest neighbours of measures in real reports and in our own bureau plans, which is what the model meets
in use. The pairs' categories are right, a coder's are not always: each pair of one category counts as two, a part of
it with other categories. Every weight is held to its sign, so that likeness never counts against a match. Pairs of our
own writing are as they were written to be, half of them the same action; so scores are scaled once more to be
probabilities of the pairs found (Platt 1999), by scores held out.

With ``--words``, for re-ranking: coded pairs hardly hold the same action in wholly other words, or another action in the same
words. Of those are ``match-triples.jsonl``, of our own writing, which no encoder was tuned on. Of a triple the measure
with its paraphrase (the same action), with its hard negative, with the strangers that the encoder takes for it, and
with itself are pairs, and products of signals are weighed in any sign but the cosine's.

Metrics in the output are held out by city (or document, or group of our own pairs): a pair is judged and its score
scaled by what was fitted without any pair of either of its cities; for all pairs and for those found in real reports
and our own plans alone. ``dev``: triples that were held out to choose how the model is built, half of them; weights written with
``--words`` are fitted with all. ``scripts/measure_matching.py`` writes the metrics, and tests, into docs/matching.md.

    python scripts/fit_matches.py --source DIR [--encoder e5zh [--words]]
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.metrics import roc_auc_score

from planmine.codebook import load_codebook
from planmine.coding.labels import read_coded
from planmine.comparison.evidence import SIGNALS, WORDS, Evidence, terms
from planmine.comparison.rerank import side_by_side
from planmine.embedding import BUNDLED, Encoder, load_encoder
from planmine.evaluation import expected_calibration_error

ROOT = Path(__file__).resolve().parents[1]
SIGN = {"cosine": 1, "lexical": 1, "category": 1, "same_action": 1, "object": 1}  # of all others: -1
RIDGE = (0.5, 0.05)  # without words and with them
TRIPLES = (
    0.0,
    0.4,
)  # weight of a pair of a triple beside a coded one: as much as the precision on coded pairs bears
COPIES = 0.2  # ... of a measure with itself
STRANGERS = 5
# How much of what scores tell is believed: with all of it, 0.89 or 0.90 of the pairs from 0.8 on are right.
CAUTION = (0.95, 0.9)
DISAGREE = 0.15  # part of the pairs of one category to which a coder right for 0.92 gives different ones
SPLITS, SEED = 60, 20200101
THRESHOLDS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


def read_jsonl(path: Path) -> pd.DataFrame:
    """The rows of a file of pairs or triples, without its first line, which says what the file is."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return pd.DataFrame([row for row in map(json.loads, lines) if "about" not in row])


def read_references(path: Path, source: Path) -> pd.DataFrame:
    """Coded pairs by reference, with their texts from the public source and our own coded plans.

    A pair on which two coders differ is left out.
    """
    texts = {plan.name: plan.text for plan in read_coded(ROOT / "corpus/labelled/plans", load_codebook())}
    rows = []
    for row in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
        if row.get("second", row["same_action"]) != row["same_action"]:
            continue
        for side in "ab":
            name = row[f"file_{side}"]
            if name not in texts:
                texts[name] = (source / name).read_bytes().decode("utf-8-sig")
            unit = texts[name][row[f"start_{side}"] : row[f"end_{side}"]]
            if hashlib.sha256(unit.encode()).hexdigest() != row[f"sha256_{side}"]:
                raise SystemExit(f"{name}: another text than was coded at {row[f'start_{side}']}")
            row[f"text_{side}"] = unit
        rows.append(
            {
                **row,
                "group_a": row["file_a"].split("/")[0],
                "group_b": row["file_b"].split("/")[0],
                "kind": "found" if "/" in row["file_a"] else "found_bureau",
            }
        )
    return pd.DataFrame(rows)


@dataclass(frozen=True)
class Taught:
    """Pairs to fit with: signals (p, s), bool (p,) the same action?, weight (p,)."""

    signals: np.ndarray
    same: np.ndarray
    weight: np.ndarray

    def of(self, rows: np.ndarray) -> Taught:
        return Taught(self.signals[rows], self.same[rows], self.weight[rows])

    def with_(self, other: Taught) -> Taught:
        parts = zip(*((each.signals, each.same, each.weight) for each in (self, other)), strict=True)
        return Taught(*(np.concatenate(part) for part in parts))


def fit(taught: Taught) -> tuple[float, np.ndarray]:
    """Intercept and weights of the ``terms``: a ridge logistic regression. Without words each weight keeps its sign."""
    at = SIGNALS.index("category")
    agree = taught.signals[:, at] == 1
    other = taught.signals[agree].copy()
    other[:, at] = 0
    matrix = expand(np.concatenate([taught.signals, other]))
    same = np.concatenate([taught.same, taught.same[agree]])
    weight = np.concatenate(
        [taught.weight * np.where(agree, 1 - DISAGREE, 1), taught.weight[agree] * DISAGREE]
    )
    words = with_words(taught.signals)
    signs = [1 if name == "cosine" else 0 if words else SIGN.get(name, -1) for name in terms(words)]
    return _regression(matrix, same, weight, RIDGE[words], signs)


def _regression(
    matrix: np.ndarray, same: np.ndarray, weight: np.ndarray, ridge: float, signs: Sequence[int]
) -> tuple[float, np.ndarray]:
    """Intercept and weights, each of its sign, 0 for either (L-BFGS-B)."""

    def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        intercept, weights = parameters[0], parameters[1:]
        score = matrix @ weights + intercept
        gap = weight * (expit(score) - same)
        value = weight @ (np.logaddexp(0, score) - same * score) + ridge / 2 * weights @ weights
        return value, np.concatenate([[gap.sum()], matrix.T @ gap + ridge * weights])

    start = np.zeros(1 + matrix.shape[1])
    bounds = [(None, None), *((0 if sign > 0 else None, 0 if sign < 0 else None) for sign in signs)]
    result = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds)
    return float(result.x[0]), result.x[1:]


def with_words(signals: np.ndarray) -> bool:
    return signals.shape[1] > len(SIGNALS)


def expand(signals: np.ndarray) -> np.ndarray:
    """(p, s) signals to (p, t) ``terms``."""
    column = dict(zip(SIGNALS + WORDS, signals.T, strict=False))
    split = [name.partition("*") for name in terms(with_words(signals))]
    return np.column_stack([column[a] * column[b] if b else column[a] for a, _, b in split])


def scaled(score: np.ndarray, same: np.ndarray, caution: float) -> tuple[float, float]:
    """Intercept and slope that make probabilities of scores (Platt 1999)."""
    intercept, slope = _regression(score[:, None], same, np.ones(len(same)), 0.0, [1])
    return intercept * caution, float(slope[0]) * caution


def held_out(
    pairs: Taught, triples: Taught, groups: np.ndarray, found: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(p,) scores and (p,) probabilities of pairs by what is fitted without a pair of either group; nan where no split had both.

    ``groups``: (p, 2); ``found``: (p,) bool, the pairs that scores are scaled by. A pair joins two cities, so folds cannot keep all pairs apart: in each of SPLITS a third of
    the groups is held out, pairs within it are judged, pairs without it fitted, and the others left out. The first
    split that judges a pair counts.
    """
    caution = CAUTION[with_words(pairs.signals)]
    names = np.unique(groups)
    rng = np.random.default_rng(SEED)
    score, probability = np.full(len(pairs.same), np.nan), np.full(len(pairs.same), np.nan)
    splits = []
    for _ in range(SPLITS):
        held = np.isin(groups, rng.choice(names, len(names) // 3, replace=False))
        judged = held.all(axis=1) & np.isnan(score)
        if judged.any():
            splits.append((held, judged))
            intercept, weights = fit(pairs.of(~held.any(axis=1)).with_(triples))
            score[judged] = expand(pairs.signals[judged]) @ weights + intercept
    for held, judged in splits:
        known = ~held.any(axis=1) & ~np.isnan(score) & found
        intercept, slope = scaled(score[known], pairs.same[known], caution)
        probability[judged] = expit(score[judged] * slope + intercept)
    return score, probability


def metrics(probability: np.ndarray, same: np.ndarray, kind: np.ndarray) -> dict[str, Any]:
    """Area under the curve, calibration, precision and recall by threshold, and the share of each kind at 0.5."""
    accepted = probability >= 0.5
    return {
        "pairs": len(same),
        "auc": round(float(roc_auc_score(same, probability)), 3),
        "calibration_error": round(expected_calibration_error(probability, same), 3),
        "precision": {str(least): _share(same[probability >= least]) for least in THRESHOLDS},
        "recall": {str(least): _share(probability[same] >= least) for least in THRESHOLDS},
        "accepted_by_kind": {name: _share(accepted[kind == name]) for name in sorted(set(kind))},
    }


def _share(hits: np.ndarray) -> float | None:
    return round(float(hits.mean()), 3) if len(hits) else None


class Reading(NamedTuple):
    """What an encoder makes of texts: vectors (n, d), and those of the words of each, or none."""

    vectors: np.ndarray
    words: list[np.ndarray] | None

    @classmethod
    def of(cls, encoder: Encoder, texts: Sequence[str], words: bool) -> Reading:
        vectors, parts = encoder.read(texts) if words else (encoder.encode(texts), None)
        return cls(vectors.astype(np.float64), parts)

    def signals(self, rows: pd.DataFrame, i: np.ndarray, j: np.ndarray) -> np.ndarray:
        """(p, s) signals of the pairs (i, j) of the rows: columns text and category."""
        rows = rows.assign(city=None, labels=rows["category"].map(lambda category: [category]))
        cosine = np.einsum("pd,pd->p", self.vectors[i], self.vectors[j])
        found = Evidence.read(rows).signals(i, j, cosine)
        return found if self.words is None else np.hstack([found, side_by_side(self.words, i, j)])


def signals_of(pairs: pd.DataFrame, encoder: Encoder, words: bool) -> np.ndarray:
    """(p, s) signals of coded pairs."""
    sides = [
        pairs[[f"category_{side}", f"text_{side}"]].set_axis(["category", "text"], axis=1) for side in "ab"
    ]
    rows = pd.concat(sides, ignore_index=True)
    i = np.arange(len(pairs))
    return Reading.of(encoder, rows["text"].tolist(), words).signals(rows, i, i + len(pairs))


def of_triples(triples: pd.DataFrame, encoder: Encoder, words: bool) -> Taught:
    """The pairs of triples: measure and paraphrase, hard negative, STRANGERS (paraphrases and hard negatives of
    others, those of the highest cosine), itself."""
    count = len(triples)
    texts = [text for key in ("measure", "paraphrase", "hard_negative") for text in triples[key]]
    rows = pd.DataFrame({"text": texts, "category": triples["category"].tolist() * 3})
    reading = Reading.of(encoder, texts, words)
    own = np.arange(count)
    likeness = reading.vectors[:count] @ reading.vectors[count:].T
    likeness[own, own] = likeness[own, count + own] = -np.inf
    strangers = count + np.argsort(-likeness, axis=1, kind="stable")[:, :STRANGERS].ravel()
    i = np.concatenate([own, own, np.repeat(own, STRANGERS), own])
    j = np.concatenate([count + own, 2 * count + own, strangers, own])
    kinds = [count, count, count * STRANGERS, count]
    same = np.repeat([True, False, False, True], kinds)
    weight = TRIPLES[words] * np.repeat([1, 1, 1 / STRANGERS, COPIES], kinds)
    return Taught(reading.signals(rows, i, j), same, weight)


def on_triples(taught: Taught, intercept: float, weights: np.ndarray, count: int) -> dict[str, float]:
    """How often the paraphrase comes before its own hard negative, and before this and the strangers as well."""
    score = expand(taught.signals) @ weights + intercept
    true, negative, strangers = score[:count], score[count : 2 * count], score[2 * count : -count]
    highest = np.maximum(negative, strangers.reshape(count, STRANGERS).max(axis=1))
    return {
        "above": round(float((true > negative).mean()), 3),
        "first": round(float((true > highest).mean()), 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    labelled = ROOT / "corpus/labelled"
    parser.add_argument("--pairs", type=Path, default=labelled / "pairs.jsonl")
    parser.add_argument("--references", type=Path, default=labelled / "pair-references.jsonl")
    parser.add_argument("--triples", type=Path, default=labelled / "match-triples.jsonl")
    parser.add_argument("--source", type=Path, required=True, help="folder of the public source")
    parser.add_argument("--encoder", default=BUNDLED, help="name or folder; without it the bundled model")
    parser.add_argument(
        "--words", action="store_true", help="weights to re-rank with, which weigh words, too"
    )
    parser.add_argument("--out", type=Path, help="file to write; without it the weights that PlanMine brings")
    options = parser.parse_args()
    encoder = load_encoder(options.encoder)
    own = read_jsonl(options.pairs)
    own = own.assign(group_a="own " + own["group"], group_b="own " + own["group"])
    found = read_references(options.references, options.source)
    pairs = pd.concat([own, found], ignore_index=True)
    same, kind = pairs["same_action"].to_numpy(dtype=bool), pairs["kind"].to_numpy()
    coded = Taught(signals_of(pairs, encoder, options.words), same, np.ones(len(pairs)))
    triples = read_jsonl(options.triples)
    half = triples["split"].to_numpy() == "fit"
    first, dev, all_triples = (
        of_triples(part, encoder, options.words) for part in (triples[half], triples[~half], triples)
    )
    real = np.array([name.startswith("found") for name in kind])
    groups = pairs[["group_a", "group_b"]].to_numpy(dtype=str)
    score, probability = held_out(coded, all_triples, groups, real)
    seen = ~np.isnan(score)
    real &= seen
    intercept, weights = fit(coded.with_(all_triples))
    shift, slope = scaled(score[real], same[real], CAUTION[options.words])
    about = {
        "encoder": encoder.name,
        "revision": encoder.revision,
        "pairs": f"{len(own)} of our own writing and {len(found)} found by neighbourhood, coded by language models",
        "triples": len(triples) if TRIPLES[options.words] else 0,
        "dev": on_triples(dev, *fit(coded.with_(first)), int((~half).sum())),
        "held_out": metrics(probability[seen], same[seen], kind[seen]),
        "held_out_found": metrics(probability[real], same[real], kind[real]),
    }
    named = zip(terms(options.words), weights * slope, strict=True)
    data = {
        "about": about,
        "intercept": round(intercept * slope + shift, 4),
        "weights": {name: round(float(weight), 4) for name, weight in named},
    }
    name = f"{encoder.name}-words" if options.words else encoder.name
    out = options.out or ROOT / f"src/planmine/comparison/match_weights/{name}.json"
    out.write_text(json.dumps(data, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(data, ensure_ascii=False, indent=2))


if __name__ == "__main__":
    main()
