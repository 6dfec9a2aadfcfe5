"""Fit the weights of the match model: corpus/labelled/pairs.jsonl -> comparison/match_weights.json.

The pairs are labelled same action or not; half of the latter have the same object and another action.
To them come, as not the same, the nearest measures of other groups: what the model meets in use is mostly
near misses, so a fit on the labelled pairs alone would promise too much. The pairs' categories are right,
a coder's are not always: each pair of one category counts as two, a part of it with other categories.
Every weight is held to its sign, so that likeness never counts against a match. Metrics in the output are of five folds disjoint by
group, and of ``--test`` (triples of a measure, a paraphrase and a hard negative) where that file exists.

    python scripts/fit_matches.py [--encoder NAME_OR_FOLDER] [--out FILE]
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold

from planmine.comparison.evidence import SIGNALS, Evidence
from planmine.embedding import load_encoder

ROOT = Path(__file__).resolve().parents[1]
SIGN = {"cosine": 1, "lexical": 1, "category": 1, "same_action": 1, "other_action": -1, "object": 1}
MISSES = 3  # nearest measures of other groups that stand as not the same
RIDGE = 0.5
DISAGREE = 0.15  # part of the pairs of one category to which a coder right for 0.92 gives different ones
FOLDS = 5
THRESHOLDS = (0.3, 0.4, 0.5, 0.6)


def read_jsonl(path: Path) -> pd.DataFrame:
    """The rows of a file of pairs or triples, without its first line, which says what the file is."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return pd.DataFrame([row for row in map(json.loads, lines) if "about" not in row])


def measures(pairs: pd.DataFrame) -> pd.DataFrame:
    """The distinct texts of the pairs with their category and group."""
    sides = [
        pairs[["group", f"category_{side}", f"text_{side}"]].set_axis(["group", "category", "text"], axis=1)
        for side in "ab"
    ]
    rows = pd.concat(sides).drop_duplicates("text").reset_index(drop=True)
    return rows.assign(city=None, labels=rows["category"].map(lambda category: [category]))


def near_misses(vectors: np.ndarray, group: np.ndarray) -> np.ndarray:
    """(m, 2) pairs of each text with its nearest texts of other groups, each pair once."""
    cosine = vectors @ vectors.T
    cosine[group[:, None] == group[None, :]] = -2
    nearest = np.argsort(-cosine, axis=1, kind="stable")[:, :MISSES]
    pairs = np.column_stack([np.repeat(np.arange(len(group)), MISSES), nearest.ravel()])
    return np.unique(np.sort(pairs, axis=1), axis=0)


def fit(signals: np.ndarray, same: np.ndarray) -> tuple[float, np.ndarray]:
    """Intercept and weights of a ridge logistic regression whose weights keep their sign (L-BFGS-B)."""
    at = SIGNALS.index("category")
    agree = signals[:, at] == 1
    other = signals[agree].copy()
    other[:, at] = 0
    weight = np.concatenate([np.where(agree, 1 - DISAGREE, 1), np.full(len(other), DISAGREE)])
    signals, same = np.concatenate([signals, other]), np.concatenate([same, same[agree]])

    def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        intercept, weights = parameters[0], parameters[1:]
        score = signals @ weights + intercept
        gap = weight * (expit(score) - same)
        value = weight @ (np.logaddexp(0, score) - same * score) + RIDGE / 2 * weights @ weights
        return value, np.concatenate([[gap.sum()], signals.T @ gap + RIDGE * weights])

    bounds = [(None, None)] + [(0, None) if SIGN[name] > 0 else (None, 0) for name in SIGNALS]
    result = minimize(loss, np.zeros(1 + len(SIGNALS)), jac=True, method="L-BFGS-B", bounds=bounds)
    return float(result.x[0]), result.x[1:]


def calibration_error(probability: np.ndarray, same: np.ndarray, bins: int = 10) -> float:
    """Expected calibration error over equal-width bins (Guo et al. 2017)."""
    place = np.minimum((probability * bins).astype(int), bins - 1)
    return float(
        sum(
            (place == k).mean() * abs(probability[place == k].mean() - same[place == k].mean())
            for k in np.unique(place)
        )
    )


def metrics(probability: np.ndarray, same: np.ndarray, kind: np.ndarray) -> dict[str, Any]:
    """Area under the curve, calibration, precision and recall by threshold, and the share of each kind at 0.5."""
    accepted = probability >= 0.5
    return {
        "pairs": len(same),
        "auc": round(float(roc_auc_score(same, probability)), 3),
        "calibration_error": round(calibration_error(probability, same), 3),
        "precision": {str(least): _share(same[probability >= least]) for least in THRESHOLDS},
        "recall": {str(least): _share(probability[same] >= least) for least in THRESHOLDS},
        "accepted_by_kind": {name: _share(accepted[kind == name]) for name in sorted(set(kind))},
    }


def _share(hits: np.ndarray) -> float | None:
    return round(float(hits.mean()), 3) if len(hits) else None


def above_negative(probability: np.ndarray, pairs: pd.DataFrame) -> float:
    """Share of triples whose paraphrase is more probable than its hard negative."""
    frame = pd.DataFrame({"group": pairs["group"], "kind": pairs["kind"], "p": probability[: len(pairs)]})
    wide = frame[frame["kind"].isin(["paraphrase", "other_action"])].pivot(
        index="group", columns="kind", values="p"
    )
    return round(float((wide["paraphrase"] > wide["other_action"]).mean()), 3)


def triples_as_pairs(triples: pd.DataFrame) -> pd.DataFrame:
    """Triples {field, measure, paraphrase, hard_negative} in the form of pairs.jsonl."""
    parts = [
        pd.DataFrame(
            {
                "group": triples.index.astype(str),
                "kind": kind,
                "same_action": kind == "paraphrase",
                "category_a": triples["field"],
                "category_b": triples["field"],
                "text_a": triples["measure"],
                "text_b": triples[column],
            }
        )
        for kind, column in (("paraphrase", "paraphrase"), ("other_action", "hard_negative"))
    ]
    return pd.concat(parts, ignore_index=True)


def signals_of(pairs: pd.DataFrame, encoder: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Signals, label, kind and group of the labelled pairs, then of their near misses."""
    rows = measures(pairs)
    vectors = np.asarray(encoder.encode(rows["text"].tolist()), dtype=np.float64)
    number = pd.Index(rows["text"])
    labelled = np.column_stack([number.get_indexer(pairs["text_a"]), number.get_indexer(pairs["text_b"])])
    misses = near_misses(vectors, rows["group"].to_numpy())
    i, j = np.concatenate([labelled, misses]).T
    signals = Evidence.read(rows).signals(i, j, np.einsum("pd,pd->p", vectors[i], vectors[j]))
    same = np.concatenate([pairs["same_action"].to_numpy(dtype=bool), np.zeros(len(misses), dtype=bool)])
    kind = np.concatenate([pairs["kind"].to_numpy(), np.full(len(misses), "near_miss", dtype=object)])
    return signals, same, kind, rows["group"].to_numpy()[i]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pairs", type=Path, default=ROOT / "corpus/labelled/pairs.jsonl")
    parser.add_argument("--test", type=Path, default=ROOT / "tests/golden/paraphrases.jsonl")
    parser.add_argument("--encoder", help="name or folder; without it the bundled model")
    parser.add_argument("--out", type=Path, default=ROOT / "src/planmine/comparison/match_weights.json")
    options = parser.parse_args()
    encoder = load_encoder(options.encoder)
    pairs = read_jsonl(options.pairs)
    signals, same, kind, group = signals_of(pairs, encoder)
    folded = np.empty(len(same))
    for train, test in GroupKFold(FOLDS).split(signals, same, group):
        intercept, weights = fit(signals[train], same[train])
        folded[test] = expit(signals[test] @ weights + intercept)
    intercept, weights = fit(signals, same)
    about = {
        "encoder": getattr(encoder, "name", str(options.encoder)),
        "revision": getattr(encoder, "revision", None),
        "pairs": f"{len(pairs)} of our own writing, worded and labelled by a language model, and {len(same) - len(pairs)} near misses",
        "folds": {**metrics(folded, same, kind), "above_negative": above_negative(folded, pairs)},
    }
    if options.test.is_file():
        test_pairs = triples_as_pairs(read_jsonl(options.test))
        test_signals, test_same, test_kind, _ = signals_of(test_pairs, encoder)
        probability = expit(test_signals @ weights + intercept)
        about["test"] = {
            **metrics(probability, test_same, test_kind),
            "above_negative": above_negative(probability, test_pairs),
        }
    data = {
        "about": about,
        "intercept": round(intercept, 4),
        "weights": {name: round(float(weight), 4) for name, weight in zip(SIGNALS, weights, strict=True)},
    }
    options.out.write_text(json.dumps(data, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(data, ensure_ascii=False, indent=2))


if __name__ == "__main__":
    main()
