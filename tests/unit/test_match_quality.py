"""Floors of how well matches are found, as far as they are cheap to check; docs/matching.md has all figures."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from planmine.bundled import model_folder, revision
from planmine.comparison import CompareSettings, MatchModel
from planmine.embedding import BUNDLED, NEURAL, load_encoder

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden"


def triples(name: str) -> list[dict[str, str]]:
    rows = map(json.loads, (GOLDEN / name).read_text(encoding="utf-8").splitlines())
    return [row for row in rows if "measure" in row]


def revision_of(name: str) -> str:
    """As ``load_encoder`` gives it, without loading torch."""
    reference = (model_folder(BUNDLED) / "reference.txt").read_text(encoding="utf-8")
    return hashlib.sha256(f"{revision(model_folder(name))}\n{reference}".encode()).hexdigest()


# Rounded down from the figures of docs/matching.md
@pytest.mark.parametrize(
    ("name", "first", "above"), [("paraphrases.jsonl", 0.88, 0.95), ("paraphrases-2.jsonl", 0.37, 0.45)]
)
def test_the_bundled_encoder_ranks_the_same_action_first(name: str, first: float, above: float) -> None:
    rows = triples(name)
    assert len(rows) >= 120
    measures, same, others = (
        load_encoder().encode([row[key] for row in rows])
        for key in ("measure", "paraphrase", "hard_negative")
    )
    cosines = measures @ np.vstack([same, others]).T
    true = np.diagonal(cosines)
    assert np.mean(cosines.argmax(axis=1) == np.arange(len(rows))) >= first
    assert np.mean(true > np.diagonal(cosines[:, len(rows) :])) >= above


@pytest.mark.parametrize(("name", "words"), [(BUNDLED, False), (NEURAL, False), (NEURAL, True)])
def test_the_shipped_weights_are_calibrated_and_sure_where_they_say_so(name: str, words: bool) -> None:
    about = MatchModel.of(revision_of(name), words=words).about
    assert about["encoder"] == name, "run scripts/fit_matches.py after a change of the encoder"
    sure = str(CompareSettings().sure_threshold)
    for pairs in ("held_out", "held_out_found"):
        assert about[pairs]["calibration_error"] <= 0.05
        assert about[pairs]["precision"][sure] >= 0.90


def test_the_page_of_figures_is_of_the_shipped_encoders() -> None:
    page = (ROOT / "docs" / "matching.md").read_text(encoding="utf-8")
    for name in (BUNDLED, NEURAL):
        assert f"{name} `{revision_of(name)[:12]}`" in page, "run scripts/measure_matching.py"


def test_no_training_triple_is_worded_as_a_test_triple() -> None:
    def pairs_of(text: str) -> frozenset[str]:
        return frozenset(text[k : k + 2] for k in range(len(text) - 1))

    test = {
        pairs_of(row["measure"])
        for name in ("paraphrases.jsonl", "paraphrases-2.jsonl")
        for row in triples(name)
    }
    for file in sorted((ROOT / "corpus" / "labelled" / "triples").glob("*.jsonl")):
        for row in map(json.loads, file.read_text(encoding="utf-8").splitlines()):
            own = pairs_of(row.get("anchor", ""))
            assert all(len(own & other) <= 0.7 * len(own | other) for other in test), row["id"]
