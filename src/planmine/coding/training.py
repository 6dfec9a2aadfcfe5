"""Train the coder from hand-coded units: multinomial logistic regressions and networks on city-disjoint folds.

Temperatures (Guo et al. 2017, "On calibration of modern neural networks") and the second pass are fitted on
scores that each unit got from folds without its city or document.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import sparse
from scipy.optimize import minimize_scalar
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from planmine.codebook import Codebook
from planmine.coding import features, network, surroundings
from planmine.coding.labels import CodedPlan
from planmine.coding.model import FORMAT, TASKS, Coder, Encode, places_of
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

    def text(self, block: str) -> str:
        return getattr(self, block)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A plan as segmentation cuts it: all its measures in their context, and the coded ones among them.

    ``coded``: rows by the measure's number; ``group``: the city or document, which no split may cut apart.
    """

    context: features.Context
    coded: dict[int, Row]
    group: str
    genre: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Settings of the training."""

    inverse_penalty: float = 6.0
    second_penalty: float = 0.01
    min_count: int = 3
    network: network.NetworkRecipe = field(default_factory=network.NetworkRecipe)
    folds: int = 5
    genre_balance: bool = True  # each genre weighs the same in total
    label_threshold: float = 0.15  # the best overlap with accepted labels on held-out folds
    seed: int = 0


def readings_of(plans: Iterable[CodedPlan], genre: str, cut: Cut) -> Iterator[Reading]:
    """Coded plans cut by segmentation (``cut(text, start)``); coded units that it does not find are left out."""
    for plan in plans:
        units = cut(plan.text, _body_start(plan.text))
        seen = features.context_of(units)
        at = {(units[i].start, units[i].end): k for k, i in enumerate(seen.places)}
        coded = {}
        for label in plan.labels:
            k = at.get((label.start, label.end))
            if k is None or label.status is None:
                continue
            coded[k] = Row(
                own=seen.own[k],
                before=seen.own[k - 1] if k else "",
                after=seen.own[k + 1] if k + 1 < len(seen.own) else "",
                near=seen.near[k],
                above=seen.above[k],
                cues=seen.cues[k],
                status=label.status,
                labels=label.labels,
            )
        if coded:
            yield Reading(context=seen, coded=coded, group=plan.group, genre=genre)


def _body_start(text: str) -> int:
    """Past the front matter of a Markdown file, if any."""
    end = text.find("\n---", 4) if text.startswith("---") else -1
    return end + 4 if end > 0 else 0


def vocabulary_of(rows: Sequence[Row], min_count: int) -> features.Vocabulary:
    """Terms of units and headings that stand in at least ``min_count`` different texts, sorted."""
    seen: Counter[str] = Counter()
    for text in {text for row in rows for text in (row.own, row.near, row.above)}:
        seen.update(set(features.terms(text)))
    kept = sorted(term for term, n in seen.items() if n >= min_count and "\n" not in term)
    return features.Vocabulary(kept)


class Design:
    """The design matrix of rows under a vocabulary and an encoder: BLOCKS, SHARED, cues, vectors."""

    def __init__(self, vocabulary: features.Vocabulary, encode: Encode | None) -> None:
        self.vocabulary, self.encode = vocabulary, encode
        self._cache: dict[str, np.ndarray] = {}

    def matrix(self, rows: Sequence[Row]) -> sparse.csr_matrix:
        counts = {b: self.vocabulary.count([r.text(b) for r in rows]) for b in BLOCKS}
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


def rows_of(readings: Sequence[Reading]) -> list[Row]:
    """The coded rows of all readings, in order."""
    return [row for reading in readings for row in reading.coded.values()]


def importance(readings: Sequence[Reading], balance: bool) -> np.ndarray:
    """(n,) weights of the coded rows: one each, or so that each genre weighs the same in total; mean 1."""
    genre = [reading.genre for reading in readings for _ in reading.coded]
    sizes = Counter(genre)
    return np.array([len(genre) / (len(sizes) * sizes[g]) if balance else 1.0 for g in genre])


def target_of(row: Row, task: str) -> str:
    """The class that ``row`` was given: its status or its main category."""
    return row.status if task == "status" else row.labels[0]


def fit(
    design: sparse.csr_matrix, target: Sequence[str], weights: np.ndarray, recipe: Recipe
) -> LogisticRegression:
    """A multinomial logistic regression on rows (n, columns) of weight (n,)."""
    model = LogisticRegression(C=recipe.inverse_penalty, max_iter=300, tol=1e-3, random_state=recipe.seed)
    return model.fit(design, np.asarray(target), sample_weight=weights)


def split(readings: Sequence[Reading], recipe: Recipe, seed: int = 0) -> list[tuple[np.ndarray, np.ndarray]]:
    """Folds of readings, (train, test) indices, that cut no city or document apart."""
    folds = GroupKFold(recipe.folds, shuffle=True, random_state=recipe.seed + seed)
    return list(folds.split(readings, groups=[reading.group for reading in readings]))


def temperature(scores: np.ndarray, target: np.ndarray) -> float:
    """The divisor of scores (n, k) under which the classes ``target`` (n,) are most likely."""

    def loss(log_t: float) -> float:
        chance = surroundings.softmax(scores / np.exp(log_t))
        return float(-np.log(np.maximum(chance[np.arange(len(target)), target], 1e-12)).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-2, 3), method="bounded").x))


def train(
    readings: Sequence[Reading], codebook: Codebook, encode: Encode | None, recipe: Recipe
) -> tuple[Coder, dict[str, np.ndarray]]:
    """A coder fitted on all readings, and the held-out probabilities (coded rows, classes) that calibrated it.

    First passes that never saw a plan's city or document score all of its units; the second pass is learned
    from these, and calibrated on folds of its own. Raises ValueError where a category or status of the
    codebook has no unit.
    """
    classes = {"status": list(codebook.statuses), "category": list(codebook.categories)}
    rows = rows_of(readings)
    for task in TASKS:
        missing = set(classes[task]) - {target_of(row, task) for row in rows}
        if missing:
            raise ValueError(
                f"no coded unit for {task} {sorted(missing)}: add labels or take it out of the codebook"
            )
    vocabulary = vocabulary_of(rows, recipe.min_count)
    design = Design(vocabulary, encode)
    scored: list[dict[str, np.ndarray]] = [{} for _ in readings]
    for seen, held in split(readings, recipe):
        coder = first_pass([readings[i] for i in seen], design, classes, recipe)
        contexts = [readings[i].context for i in held]
        scores = coder.scores(contexts, places_of(contexts))
        ends = np.cumsum([len(readings[i].context.own) for i in held])[:-1]
        for task in TASKS:
            for i, part in zip(held, np.split(scores[task], ends), strict=True):
                scored[i][task] = part
    coder = first_pass(readings, design, classes, recipe)
    coder.config |= {"label_threshold": recipe.label_threshold, "first_temperature": {}, "temperature": {}}
    coder.config |= {"units": len(rows), "groups": len({reading.group for reading in readings})}
    places = places_of([reading.context for reading in readings])
    chances = {}
    for task in TASKS:
        truth = np.array([classes[task].index(target_of(row, task)) for row in rows])
        chances[task] = _second_pass(coder, task, readings, places, [s[task] for s in scored], truth, recipe)
    return coder, chances


def first_pass(
    readings: Sequence[Reading], design: Design, classes: dict[str, list[str]], recipe: Recipe
) -> Coder:
    """A coder that knows the first pass only. A class without a unit is given to none."""
    rows, weigh = rows_of(readings), importance(readings, recipe.genre_balance)
    matrix = design.matrix(rows)
    weights: dict[str, np.ndarray] = {}
    for task in TASKS:
        model = fit(matrix, [target_of(row, task) for row in rows], weigh, recipe)
        place = [classes[task].index(name) for name in model.classes_]
        coefficients = np.zeros((len(classes[task]), matrix.shape[1]))
        bias = np.full(len(classes[task]), -20.0)
        if len(place) == 2 and len(model.coef_) == 1:  # scikit-learn gives two classes one row
            coefficients[place], bias[place] = [-model.coef_[0] / 2, model.coef_[0] / 2], 0
        else:
            coefficients[place], bias[place] = model.coef_, model.intercept_
        for name, block in design.split(coefficients, len(rows[0].cues)).items():
            weights[f"{task}.{name}"] = block.astype(np.float32)
        weights[f"{task}.bias"] = bias.astype(np.float32)
    weights |= network.stored(
        network.fit(examples(rows, weigh, design, classes, recipe.network), recipe.network)
    )
    dimensions = 0 if design.encode is None else design.vectors([rows[0].own]).shape[1]
    config = {"format": FORMAT, "classes": classes, "dimensions": dimensions}
    return Coder(weights, design.vocabulary, config, design.encode)


def examples(
    rows: Sequence[Row],
    weigh: np.ndarray,
    design: Design,
    classes: dict[str, list[str]],
    recipe: network.NetworkRecipe,
) -> network.Examples:
    """What the networks are trained on: the rows (n), each different text counted once; ``weigh`` (n,)."""
    texts = sorted({row.text(block) for row in rows for block in BLOCKS})
    at = {text: place for place, text in enumerate(texts)}
    return network.Examples(
        places={block: np.array([at[row.text(block)] for row in rows]) for block in BLOCKS},
        counts=design.vocabulary.count(texts),
        vectors=None if design.encode is None else design.vectors(texts),
        cues=np.stack([row.cues for row in rows]),
        targets={
            "status": network.targets([(row.status,) for row in rows], classes["status"], 0),
            "category": network.targets([row.labels for row in rows], classes["category"], recipe.further),
        },
        importance=weigh,
    )


def _second_pass(
    coder: Coder,
    task: str,
    readings: Sequence[Reading],
    places: surroundings.Places,
    scores: Sequence[np.ndarray],
    truth: np.ndarray,
    recipe: Recipe,
) -> np.ndarray:
    """Fit the second pass of a task and its temperatures into ``coder``; gives held-out probabilities."""
    coded = np.concatenate(
        [np.isin(np.arange(len(r.context.own)), list(r.coded)) for r in readings]
    )  # readings keep their coded rows in the order of the text
    everything = np.concatenate(scores)
    coder.config["first_temperature"][task] = round(temperature(everything[coded], truth), 4)
    seen = coder.around(task, everything, places)[:, coded]
    weigh = importance(readings, recipe.genre_balance)
    reading_of = np.repeat(np.arange(len(readings)), [len(r.coded) for r in readings])
    held_out = np.zeros_like(seen[0])
    for train_on, test_on in split(readings, recipe, seed=1):
        chosen, held = np.isin(reading_of, train_on), np.isin(reading_of, test_on)
        weights = surroundings.fit(seen[:, chosen], truth[chosen], weigh[chosen], recipe.second_penalty)
        held_out[held] = surroundings.combine(seen[:, held], weights)
    coder.weights[f"{task}.around"] = surroundings.fit(seen, truth, weigh, recipe.second_penalty).astype(
        np.float32
    )
    heat = coder.config["temperature"][task] = round(temperature(held_out, truth), 4)
    return surroundings.softmax(held_out / heat)
