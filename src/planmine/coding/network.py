"""Small networks beside the regressions: they see the same of a unit, and learn which words mean alike.

Terms have vectors of their own (as in fastText; Joulin et al. 2017, EACL), summed by text; unit, neighbours and
headings, their static vectors and the cues feed one hidden layer from which status and category are both read
(multi-task learning; Caruana 1997). Their errors differ from the regressions' and from each other's, so their
scores are added (Lakshminarayanan et al. 2017, NeurIPS). PyTorch trains them, numpy reads them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    import torch

BLOCKS = ("own", "near", "above", "before", "after")
# How strongly a block's terms and vectors speak at the start of training.
SCALE = {"own": 3.0, "near": 3.0, "above": 2.0, "before": 1.0, "after": 1.0}
PREFIX = "network."


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkRecipe:
    """Settings of the training; dropout is of terms and of hidden values."""

    networks: int = 3
    dimensions: int = 48
    hidden: int = 192
    passes: int = 12
    batch: int = 128
    rate: float = 2e-3
    term_dropout: float = 0.7
    dropout: float = 0.4
    further: float = 0.1  # what the main category leaves to the others accepted
    smoothing: float = 0.03
    seed: int = 0


class Network:
    """One trained network: ``embed`` and ``project`` give what each block says to the hidden layer, ``read`` the scores."""

    def __init__(self, weights: Mapping[str, np.ndarray]) -> None:
        self.weights = weights

    def embed(self, counts: sparse.csr_matrix) -> np.ndarray:
        """(n, dimensions) the summed vectors of the terms of n texts, from counts (n, terms)."""
        return counts @ self.weights["terms"]

    def project(self, terms: np.ndarray, vectors: np.ndarray | None, block: str) -> np.ndarray:
        """(n, hidden) what a block gives to the hidden layer, from its summed terms and its vectors (n, d)."""
        found = terms @ self.weights[block]
        return found if vectors is None else found + vectors @ self.weights[f"vector_{block}"]

    def read(self, total: np.ndarray, cues: np.ndarray, task: str) -> np.ndarray:
        """Scores (n, classes) of a task: ``total`` (n, hidden) is the sum of the blocks, ``cues`` (n, c)."""
        hidden = np.maximum(total + cues @ self.weights["cues"] + self.weights["bias"], 0)
        return hidden @ self.weights[task] + self.weights[f"{task}_bias"]


def stored(networks: Sequence[Network]) -> dict[str, np.ndarray]:
    """The weights of several networks under names of their own, for a file."""
    return {f"{PREFIX}{k}.{name}": w for k, net in enumerate(networks) for name, w in net.weights.items()}


def loaded(weights: Mapping[str, np.ndarray]) -> list[Network]:
    """The networks among the weights of a file."""
    found: dict[str, dict[str, np.ndarray]] = {}
    for name, weight in weights.items():
        if name.startswith(PREFIX):
            number, _, part = name.removeprefix(PREFIX).partition(".")
            found.setdefault(number, {})[part] = weight
    return [Network(found[number]) for number in sorted(found)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Examples:
    """n coded rows: their blocks as places among m different texts, with the texts' counts (m, terms) and vectors
    (m, d); cues (n, c); by task the target as shares of the classes (n, classes); ``importance`` (n,)."""

    places: dict[str, np.ndarray]
    counts: sparse.csr_matrix
    vectors: np.ndarray | None
    cues: np.ndarray
    targets: dict[str, np.ndarray]
    importance: np.ndarray


def fit(examples: Examples, recipe: NetworkRecipe) -> list[Network]:
    """Train ``recipe.networks`` networks, each from its own seed. The same examples give the same weights.

    Raises ImportError, naming the extra to install, without PyTorch.
    """
    return [_fit_one(examples, recipe, recipe.seed + k) for k in range(recipe.networks)]


def _fit_one(examples: Examples, recipe: NetworkRecipe, seed: int) -> Network:
    try:
        import torch
    except ImportError as error:
        raise ImportError("training needs PyTorch: pip install planmine[transformers]") from error

    torch.manual_seed(seed)
    net = _build(examples, recipe)
    terms, rest = [net["terms"]], [value for name, value in net.items() if name != "terms"]
    groups = [{"params": terms, "weight_decay": 1e-4}, {"params": rest, "weight_decay": 0.02}]
    optimizer = torch.optim.AdamW(groups, lr=recipe.rate)
    count = len(examples.cues)
    steps = recipe.passes * -(-count // recipe.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, recipe.rate, total_steps=steps, pct_start=0.15)
    generator = np.random.default_rng(seed)
    for _ in range(recipe.passes):
        order = generator.permutation(count)
        for start in range(0, count, recipe.batch):
            loss = _loss(net, examples, order[start : start + recipe.batch], recipe)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(list(net.values()), 2.0)
            optimizer.step()
            schedule.step()
    return Network({name: value.detach().numpy().copy() for name, value in net.items()})


def _build(examples: Examples, recipe: NetworkRecipe) -> dict[str, torch.Tensor]:
    """The parameters by name, at random."""
    import torch

    def matrix(rows: int, columns: int, size: float) -> torch.Tensor:
        return (torch.randn(rows, columns) * size).requires_grad_()

    net = {"terms": matrix(examples.counts.shape[1], recipe.dimensions, 0.15)}
    inputs = len(BLOCKS) * recipe.dimensions + examples.cues.shape[1]
    inputs += 0 if examples.vectors is None else len(BLOCKS) * examples.vectors.shape[1]
    size = inputs**-0.5
    for block in BLOCKS:
        net[block] = matrix(recipe.dimensions, recipe.hidden, size * SCALE[block])
        if examples.vectors is not None:
            net[f"vector_{block}"] = matrix(examples.vectors.shape[1], recipe.hidden, size * SCALE[block])
    net["cues"] = matrix(examples.cues.shape[1], recipe.hidden, size)
    net["bias"] = torch.zeros(recipe.hidden, requires_grad=True)
    for task, target in examples.targets.items():
        net[task] = matrix(recipe.hidden, target.shape[1], recipe.hidden**-0.5)
        net[f"{task}_bias"] = torch.zeros(target.shape[1], requires_grad=True)
    return net


def _loss(
    net: Mapping[str, torch.Tensor], examples: Examples, rows: np.ndarray, recipe: NetworkRecipe
) -> torch.Tensor:
    """Cross-entropy of both tasks on some rows."""
    import torch
    from torch.nn import functional

    texts, inverse = np.unique(
        np.concatenate([examples.places[block][rows] for block in BLOCKS]), return_inverse=True
    )
    counts = examples.counts[texts]
    kept = (torch.rand(counts.nnz) > recipe.term_dropout) / (1 - recipe.term_dropout)
    terms = functional.embedding_bag(
        torch.from_numpy(counts.indices.astype(np.int64)),
        net["terms"],
        torch.from_numpy(counts.indptr[:-1].astype(np.int64)),
        mode="sum",
        per_sample_weights=torch.from_numpy(counts.data) * kept,
    )
    vectors = None if examples.vectors is None else torch.from_numpy(examples.vectors[texts])
    total = torch.from_numpy(examples.cues[rows]) @ net["cues"] + net["bias"]
    for block, at in zip(BLOCKS, np.split(inverse.ravel(), len(BLOCKS)), strict=True):
        total = total + terms[at] @ net[block]
        if vectors is not None:
            total = total + vectors[at] @ net[f"vector_{block}"]
    hidden = functional.dropout(torch.relu(total), recipe.dropout)
    weigh = torch.from_numpy(examples.importance[rows].astype(np.float32))
    loss = torch.zeros(())
    for task, target in examples.targets.items():
        wanted = torch.from_numpy(target[rows].astype(np.float32))
        wanted = wanted * (1 - recipe.smoothing) + recipe.smoothing / wanted.shape[1]
        chance = functional.log_softmax(hidden @ net[task] + net[f"{task}_bias"], dim=1)
        loss = loss - ((wanted * chance).sum(dim=1) * weigh).mean()
    return loss


def targets(names: Sequence[Sequence[str]], classes: Sequence[str], further: float) -> np.ndarray:
    """(n, classes) float32: the first name of a row gets 1 - ``further`` where it has more, which share the rest."""
    place = {name: k for k, name in enumerate(classes)}
    rows = np.zeros((len(names), len(classes)), np.float32)
    for row, (main, *more) in zip(rows, names, strict=True):
        row[place[main]] = 1 - further * bool(more)
        for name in more:
            row[place[name]] += further / len(more)
    return rows
