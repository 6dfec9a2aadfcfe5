"""e5zh fine-tuned on triples of our own writing: a measure, the same action in other words, another action.

Contrastive: among all measures of a batch and their hard negatives the same action must come first (multiple
negatives ranking; Henderson et al. 2017, arXiv:1705.00652), by sentence-transformers' own trainer. Texts are masked
as ``planmine.embedding`` masks them. The word vectors stay as they are: the triples know few of the words.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from datasets import Dataset
from safetensors.torch import load_file, save_file
from score import ROOT
from sentence_transformers import (
    SentenceTransformer,
    SentenceTransformerTrainer,
    SentenceTransformerTrainingArguments,
)
from sentence_transformers.losses import MultipleNegativesRankingLoss
from sentence_transformers.training_args import BatchSamplers

from planmine.embedding import mask

TRIPLES = ROOT / "corpus" / "labelled" / "triples"
SEED = 20200101


def triples() -> Iterator[dict[str, str]]:
    """The training triples, masked, each also with the second measure as the anchor."""
    for file in sorted(TRIPLES.glob("*.jsonl")):
        for row in map(json.loads, file.read_text(encoding="utf-8").splitlines()):
            if "anchor" not in row:
                continue
            anchor, same, other = (mask(row[key]) for key in ("anchor", "same", "other"))
            yield {"anchor": anchor, "positive": same, "negative": other}
            yield {"anchor": same, "positive": anchor, "negative": other}


def tune(base: Path, out: Path, *, epochs: int, batch: int, rate: float) -> int:
    """Write the tuned model to ``out``; the number of triples."""
    rows = list(triples())
    order = np.random.default_rng(SEED).permutation(len(rows))
    model = SentenceTransformer(str(base), device="cpu")
    for name, weight in model.named_parameters():
        weight.requires_grad = "word_embeddings" not in name
    with tempfile.TemporaryDirectory() as scratch:
        arguments = SentenceTransformerTrainingArguments(
            output_dir=scratch,
            num_train_epochs=epochs,
            per_device_train_batch_size=batch,
            learning_rate=rate,
            warmup_ratio=0.1,
            weight_decay=0.01,
            lr_scheduler_type="cosine",
            batch_sampler=BatchSamplers.NO_DUPLICATES,
            prompts="query: ",
            save_strategy="no",
            logging_steps=20,
            report_to="none",
            seed=SEED,
            use_cpu=True,
        )
        SentenceTransformerTrainer(
            model=model,
            args=arguments,
            train_dataset=Dataset.from_list([rows[i] for i in order]),
            loss=MultipleNegativesRankingLoss(model, scale=30.0),
        ).train()
    model.save_pretrained(str(out), create_model_card=False)
    stored = out / "model.safetensors"
    save_file({k: v.half() for k, v in load_file(stored).items()}, stored, metadata={"format": "pt"})
    return len(rows) // 2
