"""Rebuild models/coder from the labels and the public source.

    python scripts/train_coder.py --source DIR

DIR holds the city work reports that corpus/labelled/README.md names (``<city>/<year>.md``). Writes the model
and its card with held-out metrics; the same labels, source and versions give the same files.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path

import numpy as np
from sklearn.metrics import f1_score

from planmine.codebook import load_codebook
from planmine.coding.labels import read_coded, read_references
from planmine.coding.training import TASKS, Reading, Recipe, Row, readings_of, rows_of, train
from planmine.embedding import load_encoder
from planmine.evaluation import expected_calibration_error
from planmine.segment import segment

ROOT = Path(__file__).resolve().parents[1]
LABELLED = ROOT / "corpus" / "labelled"


def read_readings(source: Path | None) -> list[Reading]:
    """Training plans: our own coded plans, and real units where the source is at hand."""
    codebook = load_codebook()
    readings = list(readings_of(read_coded(LABELLED / "plans", codebook), "bureau", segment))
    references = sorted((LABELLED / "references").glob("train*.jsonl"))
    if references and source is None:
        sys.exit("corpus/labelled/references names real units: give their public source with --source DIR")
    if references and source:
        readings += readings_of(read_references(references, source, codebook), "report", segment)
    return readings


def metrics(
    readings: Sequence[Reading], held_out: dict[str, np.ndarray], classes: dict[str, list[str]]
) -> dict[str, dict[str, float]]:
    """Held-out accuracy by genre, of probabilities (coded rows, classes) by task.

    Categories over units that are not context; macro-F1 over those with 20 units or more.
    """
    found = {}
    rows, genres = rows_of(readings), [r.genre for r in readings for _ in r.coded]
    best = {task: [classes[task][k] for k in held_out[task].argmax(axis=1)] for task in TASKS}
    for genre in sorted(set(genres)):
        own = [i for i, name in enumerate(genres) if name == genre]
        active = [i for i in own if rows[i].status != "context"]
        main, read = [rows[i].labels[0] for i in active], [best["category"][i] for i in active]
        hits = [a == b for a, b in zip(main, read, strict=True)]
        large = [name for name, size in Counter(main).items() if size >= 20]
        found[genre] = {
            "units": len(own),
            "status": float(np.mean([best["status"][i] == rows[i].status for i in own])),
            "category": float(np.mean(hits)),
            "macro_f1": float(f1_score(main, read, labels=large, average="macro")) if large else float("nan"),
            "accepted": float(np.mean([best["category"][i] in rows[i].labels for i in active])),
            "ece": expected_calibration_error(
                held_out["category"][active].max(axis=1), np.array(hits, float)
            ),
        }
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--source", type=Path, default=None)
    parser.add_argument("--out", type=Path, default=ROOT / "models" / "coder")
    options = parser.parse_args()
    codebook = load_codebook()
    readings = read_readings(options.source)
    encoder = load_encoder()
    coder, held_out = train(readings, codebook, encoder.encode, Recipe())
    coder.config["encoder"] = encoder.revision
    coder.config["codebook"] = codebook.sha256
    coder.config["labels"] = labels_hash()
    coder.save(options.out)
    scores = metrics(readings, held_out, coder.config["classes"])
    (options.out / "README.md").write_text(card(rows_of(readings), coder.config, scores), encoding="utf-8")
    print(json.dumps(scores, indent=1))


def labels_hash() -> str:
    digest = hashlib.sha256()
    for file in sorted(LABELLED.rglob("*")):
        if file.suffix in (".txt", ".jsonl") and file.parent.name in ("plans", "references"):
            digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()


def card(rows: list[Row], config: dict, scores: dict[str, dict[str, float]]) -> str:
    """The model card: what it was trained on, by whom it was coded, how it was measured."""
    categories = Counter(row.labels[0] for row in rows)
    statuses = Counter(row.status for row in rows)
    table = "\n".join(
        f"| {genre} | {s['units']:,} | {s['status']:.3f} | {s['category']:.3f} | {s['accepted']:.3f} | {s['ece']:.3f} |"
        for genre, s in scores.items()
    )
    return f"""# The coder

Gives each measure its status and category: multinomial logistic regressions (scikit-learn
{version("scikit-learn")}) and {Recipe().network.networks} small networks (PyTorch {version("torch").partition("+")[0]}) over words and character pairs of the unit, its
neighbours and headings, cues of section and grammar, the terms of a lexicon
(`src/planmine/coding/lexicon.yaml`, written by a language model), and vectors of `models/static-zh`; then a second
pass over the codes of the units around. Built {date.today():%Y-%m} by
`python scripts/train_coder.py --source DIR`; weights as safetensors, no pickle.

**Trained on** {config["units"]:,} hand-coded measures of {config["groups"]:,} cities and documents
(`corpus/labelled/`): bureau plans of our own writing, and real city work reports by reference. Both the
texts of our own and all codes were made by language models working by the written guide, so the agreement
below is with such coders, not with people. Nothing of the gold plans that the project is measured against
was used.

Categories: {", ".join(f"{name} {n}" for name, n in categories.most_common())}.
Statuses: {", ".join(f"{name} {n}" for name, n in statuses.most_common())}.

**Held out** (five folds, disjoint by city and document; categories over units that are not context;
"accepted" counts any category that the coder would accept):

| genre | units | status | main category | accepted | expected calibration error |
|---|---|---|---|---|---|
{table}

Temperatures {config["temperature"]}; a further label is given from probability {config["label_threshold"]}.

**Limits.** Written for the Chinese of mainland authorities since about 1995. The category `other` is most of
a work report; rare categories of work reports (street order, digital governance) are read less surely than
in bureau plans. Licence: Apache-2.0.
"""


if __name__ == "__main__":
    main()
