"""The second pass: a unit is coded again among the first pass's codes of the units around it.

Plans go on with one thing for a while: a section tells what was done, a run of units is about refuse, and a
bureau has its field. For each class the first pass's score is joined by the probabilities of the units before
and after, of the unit's section, and of the plan, under one weight each and a matrix of small corrections
(stacked sequential learning; Cohen & Carvalho 2005, IJCAI).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

STEPS = (1, -1, 2, -2)  # places before and after
WHOLE = 6  # measures of a plan from which on the second pass codes better than the first (held-out plans cut short)
VIEWS = 1 + len(STEPS) + 3  # own score; steps; same headings, same section, same plan


@dataclass(frozen=True, slots=True)
class Places:
    """Where n units stand: ``plan`` (n,) the number of each one's plan; ``sections`` three (n,) numberings of what
    stands under the same headings, under the same upper headings, and in the same plan."""

    plan: np.ndarray
    sections: tuple[np.ndarray, np.ndarray, np.ndarray]


def places_of(plan: np.ndarray, near: Sequence[str], above: Sequence[str]) -> Places:
    """The places of units from their plans, their lowest headings and those above it, all (n,)."""
    numbers = plan.tolist()
    return Places(
        plan,
        (
            _numbered(zip(numbers, near, above, strict=True)),
            _numbered(zip(numbers, above, strict=True)),
            _numbered(numbers),
        ),
    )


def _numbered(keys: Iterable[Hashable]) -> np.ndarray:
    at: dict[Hashable, int] = {}
    return np.asarray([at.setdefault(key, len(at)) for key in keys], dtype=np.int64)


def shift(rows: np.ndarray, by: int, plan: np.ndarray) -> np.ndarray:
    """Rows (n, k) moved by ``by`` places within each plan (``plan``: (n,) its number); zeros at the ends."""
    moved = np.zeros_like(rows)
    if abs(by) >= len(rows):
        return moved
    to, of = (slice(by, None), slice(None, -by)) if by > 0 else (slice(None, by), slice(-by, None))
    moved[to] = np.where((plan[to] == plan[of])[:, None], rows[of], 0)
    return moved


def views(scores: np.ndarray, places: Places) -> np.ndarray:
    """What the second pass sees of n units: float32 (VIEWS, n, k), from scores (n, k) whose softmax is calibrated.

    The mean over a section or plan leaves the unit itself out.
    """
    chance = softmax(scores)
    around = [shift(chance, by, places.plan) for by in STEPS]
    around += [_others(chance, section) for section in places.sections]
    return np.stack([scores, *around]).astype(np.float32)


def _others(chance: np.ndarray, section: np.ndarray) -> np.ndarray:
    """(n, k) mean of the other rows of each row's section; zeros where it stands alone."""
    size = np.bincount(section)
    total = np.zeros((len(size), chance.shape[1]), chance.dtype)
    np.add.at(total, section, chance)
    return (total[section] - chance) / np.maximum(size[section] - 1, 1)[:, None]


def for_short_plans(first: np.ndarray, second: np.ndarray, plan: np.ndarray) -> np.ndarray:
    """Probabilities (n, k) of the second pass, in plans of fewer than WHOLE measures mixed with those of the first.

    The second pass was learned in whole plans, and takes for an introduction what stands alone. Alone, a measure's own
    probabilities count; from WHOLE measures on, the second pass does.
    """
    size = np.bincount(plan, minlength=1)[plan]
    share = np.clip((size - 1) / (WHOLE - 1), 0, 1)[:, None]
    return first + share * (second - first)


def combine(seen: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Scores (n, k) of the second pass: ``seen`` (VIEWS, n, k) under ``weights`` (VIEWS, k, k)."""
    return np.einsum("vnk,vkj->nj", seen, weights, optimize=True)


def fit(seen: np.ndarray, target: np.ndarray, importance: np.ndarray, penalty: float) -> np.ndarray:
    """Weights (VIEWS, k, k) under which the classes ``target`` (n,) are most likely.

    One free weight a view on the diagonal, corrections around it under a squared ``penalty``;
    ``importance`` (n,) weighs the rows, mean 1.
    """
    count, rows, kinds = seen.shape
    data, index = seen.astype(np.float64), np.arange(rows)

    def loss(point: np.ndarray) -> tuple[float, np.ndarray]:
        matrix = point[count:].reshape(count, kinds, kinds)
        chance = softmax(combine(data, matrix + point[:count, None, None] * np.eye(kinds)))
        picked = np.maximum(chance[index, target], 1e-12)
        error = chance.copy()
        error[index, target] -= 1
        error *= importance[:, None] / rows
        slope = np.einsum("vnk,nj->vkj", data, error, optimize=True)
        gradient = np.concatenate([np.trace(slope, axis1=1, axis2=2), (slope + penalty * matrix).ravel()])
        return float(-(importance * np.log(picked)).mean() + penalty / 2 * (matrix**2).sum()), gradient

    start = np.zeros(count + count * kinds * kinds)
    start[0] = 1
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 300}).x
    return found[count:].reshape(count, kinds, kinds) + found[:count, None, None] * np.eye(kinds)


def softmax(scores: np.ndarray) -> np.ndarray:
    """Rows of probabilities."""
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    return shifted / shifted.sum(axis=1, keepdims=True)
