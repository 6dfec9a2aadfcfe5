"""Plans that are the same, or nearly the same, as others.

Near duplicates are found by the resemblance of their sets of character 5-grams (Broder 1997), with
MinHash signatures and banding for candidates (Leskovec, Rajaraman and Ullman, Mining of Massive
Datasets, ch. 3); the resemblance of a candidate pair is then computed in full, so that no number
rests on the sketch. No chance is involved: the same plans give the same pairs in the same order.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Literal

import numpy as np

from planmine.records import Failure, Plan

GRAM = 5  # characters
NEAR = 0.8  # resemblance from which a pair is called near
_BANDS, _ROWS = 20, 4  # a pair of resemblance 0.8 becomes a candidate in 9,999 cases of 10,000
_SKIPPED = re.compile(r"[\W_]+")
_SEED = np.random.default_rng(1997)
_FACTORS = (_SEED.integers(1, 1 << 63, _BANDS * _ROWS, dtype=np.uint64) << np.uint64(1)) + np.uint64(1)
_POWERS = np.array([0x9E3779B97F4A7C15**k % (1 << 64) for k in range(1, GRAM + 1)], dtype=np.uint64)


@dataclass(frozen=True, slots=True)
class DuplicatePair:
    """Two plans, by id with the smaller first; ``similarity`` is the resemblance (Jaccard), 0 to 1."""

    plan_a: str
    plan_b: str
    similarity: float
    kind: Literal["exact", "near"]


def normalise(text: str) -> str:
    """The letters, characters and digits of a text in their compatibility form, without anything else."""
    return _SKIPPED.sub("", unicodedata.normalize("NFKC", text))


def unique(plans: Sequence[Plan]) -> tuple[list[Plan], list[Failure]]:
    """Plans whose text is not that of another, in order of their source, and what was left out.

    Two plans with the same text have the same id; the one whose source comes first is kept.
    """
    kept: dict[str, Plan] = {}
    failures = []
    for plan in sorted(plans, key=lambda p: (p.source, p.start)):
        first = kept.setdefault(plan.plan_id, plan)
        if first is not plan:
            failures.append(
                Failure(
                    file=plan.source,
                    stage="corpus",
                    reason=f"duplicate of {first.source}: the same text",
                    remedy="nothing is lost; remove one of the two",
                )
            )
    return list(kept.values()), failures


def near_duplicates(bodies: Mapping[str, str], *, threshold: float = NEAR) -> list[DuplicatePair]:
    """Pairs of texts, by their ids, that are exact (same characters) or near duplicates, in order of ids.

    Below a ``threshold`` of about 0.6 banding misses pairs. Texts of fewer than 5 characters are
    compared for exact equality only.
    """
    same: dict[str, list[str]] = defaultdict(list)
    for name in sorted(bodies):
        same[normalise(bodies[name])].append(name)
    pairs = {pair: 1.0 for text, names in same.items() if text for pair in combinations(names, 2)}
    exact = set(pairs)
    # One of each group of equal texts stands for the others.
    group = {names[0]: names for names in same.values()}
    grams = {names[0]: _grams(text) for text, names in same.items() if len(text) >= GRAM}
    for a, b in _candidates(grams):
        similarity = _resemblance(grams[a], grams[b])
        if similarity >= threshold:
            for x, y in product(group[a], group[b]):
                pairs[min(x, y), max(x, y)] = similarity
    return [
        DuplicatePair(a, b, similarity, "exact" if (a, b) in exact else "near")
        for (a, b), similarity in sorted(pairs.items())
    ]


def _grams(text: str) -> np.ndarray:
    """Hashes of the character 5-grams: uint64, sorted, each once."""
    codes = np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
    size = len(codes) - GRAM + 1
    hashes = np.zeros(size, dtype=np.uint64)
    for k in range(GRAM):
        hashes += codes[k : k + size] * _POWERS[k]
    hashes ^= hashes >> np.uint64(32)
    return np.unique(hashes * _POWERS[0])


def _candidates(grams: dict[str, np.ndarray]) -> list[tuple[str, str]]:
    """Pairs whose signatures agree in all rows of some band."""
    buckets: dict[tuple[int, bytes], list[str]] = defaultdict(list)
    for name, hashes in grams.items():
        signature = np.array([(hashes * factor).min() for factor in _FACTORS])
        for band in range(_BANDS):
            buckets[band, signature[band * _ROWS : (band + 1) * _ROWS].tobytes()].append(name)
    return sorted({pair for names in buckets.values() for pair in combinations(names, 2)})


def _resemblance(a: np.ndarray, b: np.ndarray) -> float:
    shared = len(np.intersect1d(a, b, assume_unique=True))
    return shared / (len(a) + len(b) - shared)
