"""Candidates weighed a second time, by an encoder that is better and too slow to find them.

The bundled encoder reads every measure and proposes candidates; the second reads only the texts that stand in one
and gives each pair its own cosine (retrieve and re-rank: Nogueira & Cho 2019, arXiv:1901.04085). It also lays the words
of both side by side, each word beside the nearest of the other measure (late interaction, as in ColBERT: Khattab &
Zaharia 2020, arXiv:2004.12832). Where the object is the same and the action is not, most words are near, one is far
from all, and what each says beyond the other is not alike: that is evidence, ``WORDS``. All other evidence stays as it is.

It is done where a pair of cities' measures gets its probability (``pairs.py``), so that matches and similarity are of the same ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from planmine.comparison.evidence import WORDS, Evidence, MatchModel, weigh

CANDIDATE = 0.05  # a pair that the first encoder gives less is not read again: its probability stays
_TEXTS = 64  # texts read at a time
_PAIRS = 1 << 14  # pairs weighed at a time

Read = Callable[[Sequence[str]], tuple[np.ndarray, list[np.ndarray]]]


class _Encoder(Protocol):
    """What is asked of ``planmine.embedding.Encoder``."""

    @property
    def revision(self) -> str: ...

    def read(self, texts: Sequence[str]) -> tuple[np.ndarray, list[np.ndarray]]: ...


@dataclass(frozen=True, slots=True)
class Reranker:
    """``read`` gives texts their vectors (n, d) and for each those of its words (w, e), all of unit length, whatever
    other texts there are; ``model`` holds the weights fitted with them; ``revision`` names both the files and the form of
    what ``read`` gives, since remembered pairs depend on it. A text is read once as long as the reranker lives."""

    read: Read
    model: MatchModel
    revision: str
    _held: dict[str, tuple[np.ndarray, np.ndarray]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @classmethod
    def of(cls, encoder: _Encoder) -> Reranker:
        """An encoder with the match weights of its revision."""
        return cls(encoder.read, MatchModel.of(encoder.revision, words=True), encoder.revision)

    def weigh(
        self,
        evidence: Evidence,
        texts: Sequence[str],
        i: np.ndarray,
        j: np.ndarray,
        cosine: np.ndarray,
        probability: np.ndarray,
        share: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray]:
        """(p,) cosines and (p,) probabilities of the pairs (i, j) of ``texts``, whose ``evidence`` has the same rows
        and of which ``share`` (p,) is copied.

        ``cosine``, ``probability``: the first encoder's. They stay where the probability is below ``CANDIDATE``. A pair gets
        the same whichever of its texts comes first, to the last bit.
        """
        cosine, probability = cosine.astype(np.float64), probability.astype(np.float64)  # copies
        candidates = np.flatnonzero(probability >= CANDIDATE)
        self._take(sorted({texts[k] for k in np.union1d(i[candidates], j[candidates])}))
        for top in range(0, len(candidates), _PAIRS):
            part = candidates[top : top + _PAIRS]
            places, both = np.unique([i[part], j[part]], return_inverse=True)
            places = places[order := np.argsort([texts[k] for k in places], kind="stable")]
            rank = np.empty(len(order), dtype=np.int64)
            rank[order] = np.arange(len(order))
            first, second = np.sort(rank[both].reshape(2, -1), axis=0)  # by their texts
            held = [self._held[texts[k]] for k in places]
            vectors = np.stack([vector for vector, _ in held])
            cosine[part] = np.einsum("pd,pd->p", vectors[first], vectors[second], dtype=np.float64).clip(
                -1, 1
            )
            words = side_by_side([own for _, own in held], first, second)
            signals = evidence.signals(places[first], places[second], cosine[part])
            probability[part], _ = weigh(self.model, np.hstack([signals, words]), share[part])
        return cosine, probability

    def _take(self, texts: Sequence[str]) -> None:
        """Read the texts that were not read yet, with a progress bar on a terminal."""
        from tqdm import tqdm

        new = [text for text in texts if text not in self._held]
        with tqdm(total=len(new), desc="re-ranking", unit="text", disable=None, leave=False) as bar:
            for top in range(0, len(new), _TEXTS):
                part = new[top : top + _TEXTS]
                self._held.update(zip(part, zip(*self.read(part), strict=True), strict=True))
                bar.update(len(part))


def side_by_side(words: Sequence[np.ndarray], i: np.ndarray, j: np.ndarray) -> np.ndarray:
    """(p, 4) WORDS of the pairs (i, j), from the cosines of each word with the nearest of the other text: ``words``, their mean,
    and ``least``, both the mean of the two directions; ``weaker``, the mean in the direction where it is lower, since a
    text may say all of the other and more; ``rest``, the cosine of what the one says beyond the other with what the other
    says beyond it: sums of words, each weighed by its distance from its nearest. 0 where a text has no word."""
    found = np.zeros((len(i), len(WORDS)))
    for pair, (first, second) in enumerate(zip(i.tolist(), j.tolist(), strict=True)):
        one, other = words[first].astype(np.float32), words[second].astype(np.float32)
        if len(one) and len(other):
            cosines = one @ other.T
            there, back = cosines.max(axis=1), cosines.max(axis=0)
            mean = there.mean(), back.mean()
            found[pair] = (
                sum(mean) / 2,
                (there.min() + back.min()) / 2,
                min(mean),
                _rest(one, there, other, back),
            )
    return found.clip(0, 1)


def _rest(one: np.ndarray, there: np.ndarray, other: np.ndarray, back: np.ndarray) -> float:
    left, right = (1 - there).clip(0) @ one, (1 - back).clip(0) @ other
    # where nothing is left, rounding is; the constant keeps it from having a direction
    return float(left @ right / (np.linalg.norm(left) * np.linalg.norm(right) + 1e-6))
