"""Fit the weights of the match model: coded pairs -> comparison/match_weights/ENCODER.json.

Two sets of pairs, each coded same action or not by reading: ``corpus/labelled/pairs.jsonl``, of our own writing, where half
of those that are not have the same object and another action; and ``pair-references.jsonl``, by reference, drawn
from the nearest neighbours of measures in real reports and in our own bureau plans, which is what the model meets
in use. The pairs' categories are right, a coder's are not always: each pair of one category counts as two, a part of
it with other categories. Every weight is held to its sign, so that likeness never counts against a match.
Metrics in the output are held out by city (or document, or group of our own pairs): a pair is judged by weights
fitted without any pair of either of its cities; for all pairs and for those found in real reports and our own plans alone. ``scripts/measure_matching.py`` writes them, and tests, into docs/matching.md.

    python scripts/fit_matches.py --source DIR [--encoder e5zh]
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.metrics import roc_auc_score

from planmine.codebook import load_codebook
from planmine.coding.labels import read_coded
from planmine.comparison.evidence import SIGNALS, Evidence
from planmine.embedding import BUNDLED, load_encoder
from planmine.evaluation import expected_calibration_error

ROOT = Path(__file__).resolve().parents[1]
SIGN = {"cosine": 1, "lexical": 1, "category": 1, "same_action": 1, "other_action": -1, "object": 1}
RIDGE = 0.5
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


def held_out(signals: np.ndarray, same: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """(p,) probabilities of pairs by weights fitted without a pair of either group; nan where no split had both.

    ``groups``: (p, 2). A pair joins two cities, so folds cannot keep all pairs apart: in each of SPLITS a third of
    the groups is held out, pairs within it are judged, pairs without it fitted, and the others left out. The first
    split that judges a pair counts.
    """
    names = np.unique(groups)
    rng = np.random.default_rng(SEED)
    found = np.full(len(same), np.nan)
    for _ in range(SPLITS):
        held = np.isin(groups, rng.choice(names, len(names) // 3, replace=False))
        judged = held.all(axis=1) & np.isnan(found)
        if judged.any():
            intercept, weights = fit(signals[~held.any(axis=1)], same[~held.any(axis=1)])
            found[judged] = expit(signals[judged] @ weights + intercept)
    return found


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


def signals_of(pairs: pd.DataFrame, encoder: Any) -> np.ndarray:
    """(p, signals) of the pairs."""
    sides = [
        pairs[[f"category_{side}", f"text_{side}"]].set_axis(["category", "text"], axis=1) for side in "ab"
    ]
    rows = pd.concat(sides, ignore_index=True)
    rows = rows.assign(city=None, labels=rows["category"].map(lambda category: [category]))
    vectors = np.asarray(encoder.encode(rows["text"].tolist()), dtype=np.float64)
    i = np.arange(len(pairs))
    j = i + len(pairs)
    return Evidence.read(rows).signals(i, j, np.einsum("pd,pd->p", vectors[i], vectors[j]))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pairs", type=Path, default=ROOT / "corpus/labelled/pairs.jsonl")
    parser.add_argument("--references", type=Path, default=ROOT / "corpus/labelled/pair-references.jsonl")
    parser.add_argument("--source", type=Path, required=True, help="folder of the public source")
    parser.add_argument("--encoder", default=BUNDLED, help="name or folder; without it the bundled model")
    parser.add_argument("--out", type=Path, help="file to write; without it the weights that PlanMine brings")
    options = parser.parse_args()
    encoder = load_encoder(options.encoder)
    own = read_jsonl(options.pairs)
    own = own.assign(group_a="own " + own["group"], group_b="own " + own["group"])
    found = read_references(options.references, options.source)
    pairs = pd.concat([own, found], ignore_index=True)
    signals = signals_of(pairs, encoder)
    same, kind = pairs["same_action"].to_numpy(dtype=bool), pairs["kind"].to_numpy()
    folded = held_out(signals, same, pairs[["group_a", "group_b"]].to_numpy(dtype=str))
    seen = ~np.isnan(folded)
    intercept, weights = fit(signals, same)
    real = np.array([name.startswith("found") for name in kind]) & seen
    about = {
        "encoder": encoder.name,
        "revision": encoder.revision,
        "pairs": f"{len(own)} of our own writing and {len(found)} found by neighbourhood, coded by language models",
        "held_out": metrics(folded[seen], same[seen], kind[seen]),
        "held_out_found": metrics(folded[real], same[real], kind[real]),
    }
    data = {
        "about": about,
        "intercept": round(intercept, 4),
        "weights": {name: round(float(weight), 4) for name, weight in zip(SIGNALS, weights, strict=True)},
    }
    out = options.out or ROOT / f"src/planmine/comparison/match_weights/{encoder.name}.json"
    out.write_text(json.dumps(data, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(data, ensure_ascii=False, indent=2))


if __name__ == "__main__":
    main()
