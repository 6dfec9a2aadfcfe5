"""Models fine-tuned on triples of our own writing: a measure, the same action in other words, another action.

Contrastive: among all measures of a batch and their hard negatives the same action must come first (multiple
negatives ranking; Henderson et al. 2017, arXiv:1705.00652; on all sides, as Li et al. 2023, arXiv:2308.03281), by
sentence-transformers' own trainer. Texts are masked and vectors centred as ``planmine.embedding`` does both.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
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
from sentence_transformers.util import cos_sim

from planmine.embedding import mask

TRIPLES = ROOT / "corpus" / "labelled" / "triples"
SEED = 20200101
SCALE = 20.0  # one over the temperature
# Every measure of a batch is kept from every other: that of one triple from those of the others on all sides.
DIRECTIONS = ("query_to_doc", "doc_to_query", "query_to_query", "doc_to_doc")


def training() -> Iterator[dict[str, str]]:
    """The rows {id, category, anchor, same, other} of all files of training triples."""
    for file in sorted(TRIPLES.glob("*.jsonl")):
        rows = map(json.loads, file.read_text(encoding="utf-8").splitlines())
        yield from (row for row in rows if "anchor" in row)


def triples() -> Iterator[dict[str, str]]:
    """The training triples, masked, each also with the second measure as the anchor."""
    for row in training():
        anchor, same, other = (mask(row[key]) for key in ("anchor", "same", "other"))
        yield {"anchor": anchor, "positive": same, "negative": other}
        yield {"anchor": same, "positive": anchor, "negative": other}


def centred(left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """Cosines of the rows about the mean of all, as ``planmine.embedding`` centres vectors in use."""
    mean = torch.cat([left, right]).mean(dim=0)
    return cos_sim(left - mean, right - mean)


def tune(base: Path, out: Path, *, epochs: int, batch: int, rate: float) -> int:
    """Write the tuned model to ``out``; the number of triples.

    The word vectors of a transformer stay as they are, since the triples know few of the words; a static model has
    nothing else to tune.
    """
    rows = list(triples())
    order = np.random.default_rng(SEED).permutation(len(rows))
    model = SentenceTransformer(str(base), device="cpu").float()
    for name, weight in model.named_parameters():
        weight.requires_grad = "word_embeddings" not in name
    transformer = any("word_embeddings" in name for name, _ in model.named_parameters())
    with tempfile.TemporaryDirectory() as scratch:
        arguments = SentenceTransformerTrainingArguments(
            output_dir=scratch,
            num_train_epochs=epochs,
            per_device_train_batch_size=batch,
            learning_rate=rate,
            warmup_ratio=0.1,
            weight_decay=0.01 if transformer else 0.0,
            lr_scheduler_type="cosine",
            batch_sampler=BatchSamplers.NO_DUPLICATES,
            prompts="query: " if transformer else None,
            save_strategy="no",
            logging_steps=20,
            report_to="none",
            seed=SEED,
            bf16=transformer,
            use_cpu=True,
        )
        SentenceTransformerTrainer(
            model=model,
            args=arguments,
            train_dataset=Dataset.from_list([rows[i] for i in order]),
            loss=MultipleNegativesRankingLoss(
                model, scale=SCALE, similarity_fct=centred, directions=DIRECTIONS
            ),
        ).train()
    model.save_pretrained(str(out), create_model_card=False)
    stored = out / "model.safetensors"
    save_file({k: v.half() for k, v in load_file(stored).items()}, stored, metadata={"format": "pt"})
    return len(rows) // 2
