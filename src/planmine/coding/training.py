"""Train the coder from hand-coded units: multinomial logistic regressions on city-disjoint folds.

Temperatures (Guo et al. 2017, "On calibration of modern neural networks") are fitted on probabilities
that each unit got from folds without its city or document.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import minimize_scalar
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from planmine.codebook import Codebook
from planmine.coding import features
from planmine.coding.labels import CodedPlan
from planmine.coding.model import FORMAT, TASKS, Coder, Encode
from planmine.records import Unit

Cut = Callable[[str, int], Sequence[Unit]]
BLOCKS = ("own", "before", "after", "near", "above")
# How much a block's evidence weighs before the regression sees it. ``SHARED`` is one more block, the weighted
# sum of the blocks named: a word then counts in the unit and in its heading by the same coefficient, and by
# what its own block adds. Chosen on held-out folds.
SCALE = {"own": 0.7, "before": 0.3, "after": 0.3, "near": 0.6, "above": 0.4}
SHARED = {"own": 0.8, "near": 0.6, "above": 0.2}
VECTOR_SCALE = {"own": 3.0, "before": 1.0, "after": 1.0, "near": 2.0, "above": 1.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One coded measure as the coder sees it: folded texts of itself, its neighbours and headings."""

    own: str
    before: str
    after: str
    near: str
    above: str
    cues: np.ndarray
    status: str
    labels: tuple[str, ...]
    group: str
    genre: str

    def text(self, block: str) -> str:
        return getattr(self, block)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Settings of the training; ``weights`` are the genres' total weights, None for one unit one vote."""

    inverse_penalty: float = 6.0
    min_count: int = 2
    folds: int = 5
    genre_balance: bool = True
    label_threshold: float = 0.15  # the best overlap with accepted labels on held-out folds
    seed: int = 0


def rows_of(plans: Iterable[CodedPlan], genre: str, cut: Cut) -> Iterator[Row]:
    """The coded measures that segmentation (``cut(text, start)``) finds again, in their context."""
    for plan in plans:
        start = _body_start(plan.text)
        units = cut(plan.text, start)
        seen = features.context_of(units)
        at = {(units[i].start, units[i].end): k for k, i in enumerate(seen.places)}
        for label in plan.labels:
            k = at.get((label.start, label.end))
            if k is None or label.status is None:
                continue
            yield Row(
                own=seen.own[k],
                before=seen.own[k - 1] if k else "",
                after=seen.own[k + 1] if k + 1 < len(seen.own) else "",
                near=seen.near[k],
                above=seen.above[k],
                cues=seen.cues[k],
                status=label.status,
                labels=label.labels,
                group=plan.group,
                genre=genre,
            )


def _body_start(text: str) -> int:
    """Past the front matter of a Markdown file, if any."""
    end = text.find("\n---", 4) if text.startswith("---") else -1
    return end + 4 if end > 0 else 0


def vocabulary_of(rows: Sequence[Row], min_count: int) -> dict[str, int]:
    """Terms of units and headings that stand in at least ``min_count`` different texts, sorted."""
    seen: Counter[str] = Counter()
    for text in {text for row in rows for text in (row.own, row.near, row.above)}:
        seen.update(set(features.terms(text)))
    kept = sorted(term for term, n in seen.items() if n >= min_count and "\n" not in term)
    return {term: i for i, term in enumerate(kept)}


class Design:
    """The design matrix of rows under a vocabulary and an encoder: BLOCKS, SHARED, cues, vectors."""

    def __init__(self, vocabulary: dict[str, int], encode: Encode | None) -> None:
        self.vocabulary, self.encode = vocabulary, encode
        self._cache: dict[str, np.ndarray] = {}

    def matrix(self, rows: Sequence[Row]) -> sparse.csr_matrix:
        counts = {b: features.count([r.text(b) for r in rows], self.vocabulary) for b in BLOCKS}
        parts = [counts[block] * SCALE[block] for block in BLOCKS]
        parts.append(sum(counts[block] * share for block, share in SHARED.items()))
        parts.append(sparse.csr_matrix(np.stack([r.cues for r in rows])))
        if self.encode:
            vectors = [self.vectors([r.text(b) for r in rows]) * VECTOR_SCALE[b] for b in BLOCKS]
            parts += map(sparse.csr_matrix, vectors)
        return sparse.hstack(parts).tocsr()

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        """Vectors (n, d) of folded texts; zeros for an empty one."""
        assert self.encode
        new = sorted({t for t in texts if t and t not in self._cache})
        if new:
            self._cache.update(zip(new, self.encode(new), strict=True))
        empty = np.zeros_like(next(iter(self._cache.values())))
        return np.stack([self._cache.get(t, empty) for t in texts])

    def split(self, coefficients: np.ndarray, cues: int) -> dict[str, np.ndarray]:
        """Coefficients (classes, columns) back to blocks (columns, classes), scales and SHARED put in."""
        size = len(self.vocabulary)
        by_block = coefficients[:, : size * (len(BLOCKS) + 1)].T.reshape(len(BLOCKS) + 1, size, -1)
        weights = {b: by_block[i] * SCALE[b] + by_block[-1] * SHARED.get(b, 0) for i, b in enumerate(BLOCKS)}
        rest = coefficients[:, size * (len(BLOCKS) + 1) :].T
        weights["cues"] = rest[:cues]
        if self.encode:
            for block, part in zip(BLOCKS, np.split(rest[cues:], len(BLOCKS)), strict=True):
                weights[f"vector_{block}"] = part * VECTOR_SCALE[block]
        return weights


def sample_weights(rows: Sequence[Row], balance: bool) -> np.ndarray:
    """One each, or so that each genre weighs the same in total; mean 1."""
    genres = Counter(row.genre for row in rows)
    if not balance:
        return np.ones(len(rows))
    return np.array([len(rows) / (len(genres) * genres[row.genre]) for row in rows])


def fit(
    design: sparse.csr_matrix, target: Sequence[str], weights: np.ndarray, recipe: Recipe
) -> LogisticRegression:
    model = LogisticRegression(C=recipe.inverse_penalty, max_iter=300, tol=1e-3, random_state=recipe.seed)
    return model.fit(design, np.asarray(target), sample_weight=weights)


def out_of_fold(
    rows: Sequence[Row], classes: dict[str, list[str]], encode: Encode | None, recipe: Recipe
) -> dict[str, np.ndarray]:
    """Scores (n, classes) of each task for every row, from models that never saw its city or document."""
    groups = [row.group for row in rows]
    scores = {task: np.full((len(rows), len(classes[task])), -20.0) for task in TASKS}
    everything = Design(vocabulary_of(rows, recipe.min_count), encode)
    matrix = everything.matrix(rows)
    for train, test in GroupKFold(recipe.folds, shuffle=True, random_state=recipe.seed).split(
        rows, groups=groups
    ):
        weights = sample_weights([rows[i] for i in train], recipe.genre_balance)
        for task in TASKS:
            target = [_target(rows[i], task) for i in train]
            model = fit(matrix[train], target, weights, recipe)
            columns = [classes[task].index(name) for name in model.classes_]
            scores[task][np.ix_(test, columns)] = model.decision_function(matrix[test])
    return scores


def _target(row: Row, task: str) -> str:
    return row.status if task == "status" else row.labels[0]


def temperature(scores: np.ndarray, target: Sequence[int]) -> float:
    """The divisor of scores under which the held-out classes are most likely."""
    chosen = np.asarray(target)

    def loss(log_t: float) -> float:
        scaled = scores / np.exp(log_t)
        top = scaled.max(axis=1, keepdims=True)
        total = np.log(np.exp(scaled - top).sum(axis=1)) + top[:, 0]
        return float(np.mean(total - scaled[np.arange(len(chosen)), chosen]))

    return float(np.exp(minimize_scalar(loss, bounds=(-2, 3), method="bounded").x))


def train(
    rows: Sequence[Row], codebook: Codebook, encode: Encode | None, recipe: Recipe
) -> tuple[Coder, dict[str, np.ndarray]]:
    """A coder fitted on all rows, and the held-out scores that calibrated it.

    Raises ValueError where a category or status of the codebook has no unit.
    """
    classes = {"status": list(codebook.statuses), "category": list(codebook.categories)}
    for task in TASKS:
        missing = set(classes[task]) - {_target(row, task) for row in rows}
        if missing:
            raise ValueError(
                f"no coded unit for {task} {sorted(missing)}: add labels or take it out of the codebook"
            )
    held_out = out_of_fold(rows, classes, encode, recipe)
    vocabulary = vocabulary_of(rows, recipe.min_count)
    design = Design(vocabulary, encode)
    matrix = design.matrix(rows)
    weights: dict[str, np.ndarray] = {}
    temperatures = {}
    for task in TASKS:
        target = [_target(row, task) for row in rows]
        model = fit(matrix, target, sample_weights(rows, recipe.genre_balance), recipe)
        order = [list(model.classes_).index(name) for name in classes[task]]
        for name, block in design.split(model.coef_[order], len(rows[0].cues)).items():
            weights[f"{task}.{name}"] = block
        weights[f"{task}.bias"] = model.intercept_[order]
        temperatures[task] = round(temperature(held_out[task], [classes[task].index(t) for t in target]), 4)
    config = {
        "format": FORMAT,
        "classes": classes,
        "temperature": temperatures,
        "label_threshold": recipe.label_threshold,
        "dimensions": 0 if encode is None else design.vectors([rows[0].own]).shape[1],
        "units": len(rows),
        "groups": len({row.group for row in rows}),
    }
    return Coder(weights, vocabulary, config, encode), held_out
