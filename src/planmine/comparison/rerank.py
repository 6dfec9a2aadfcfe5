"""Matches weighed a second time, by an encoder that is better and too slow to find them.

The bundled encoder reads every measure and proposes candidates; the second reads only the measures that stand in one
and gives each pair its own cosine (retrieve and re-rank: Nogueira & Cho 2019, arXiv:1901.04085). It also lays the words
of both side by side, each word beside the nearest of the other measure (late interaction, as in ColBERT: Khattab &
Zaharia 2020, arXiv:2004.12832). Where the object is the same and the action is not, most words are near, one is far
from all, and what each says beyond the other is not alike: that is evidence, ``WORDS``. All other evidence stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd

from planmine.comparison.evidence import WORDS, Evidence, MatchModel, weigh
from planmine.comparison.frames import comparable, number, table
from planmine.comparison.matches import MATCHES

CANDIDATE = 0.05  # a pair that the first encoder gives less is not read again


class _Encoder(Protocol):
    """What is asked of ``planmine.embedding.Encoder``."""

    @property
    def revision(self) -> str: ...

    def read(self, texts: Sequence[str]) -> tuple[np.ndarray, list[np.ndarray]]: ...


@dataclass(frozen=True, slots=True)
class Reranker:
    """``read`` gives texts their vectors (n, d) and for each those of its words (w, e), all of unit length; ``model``
    holds the weights fitted with them."""

    read: Callable[[Sequence[str]], tuple[np.ndarray, list[np.ndarray]]]
    model: MatchModel

    @classmethod
    def of(cls, encoder: _Encoder) -> Reranker:
        """An encoder with the match weights of its revision."""
        return cls(encoder.read, MatchModel.of(encoder.revision, words=True))


def rerank(
    measures: pd.DataFrame,
    candidates: pd.DataFrame,
    passages: pd.DataFrame,
    reranker: Reranker,
    *,
    threshold: float = 0.25,
) -> pd.DataFrame:
    """The candidates with the reranker's cosine and probability, those of ``threshold`` or more.

    ``candidates``: table ``matches`` of the same measures with a low threshold (``CANDIDATE``); ``passages``: the
    table of that name. The columns and their order stay. Each text is encoded once.
    Raises ValueError where a candidate names a measure that is not there.
    """
    rows = comparable(measures).rows
    place = [number(rows["measure_id"].tolist(), candidates[f"measure_{side}"]) for side in "ab"]
    if any((side < 0).any() for side in place):
        raise ValueError("candidates: a measure_id is not among the measures; give their table of matches")
    used, place_used = np.unique(np.concatenate(place), return_inverse=True)
    i, j = place_used.reshape(2, len(candidates))
    rows = rows.iloc[used]
    texts = rows["text"].tolist()
    vectors, words = reranker.read(texts) if texts else (np.empty((0, 1)), [])
    cosine = np.einsum("pd,pd->p", vectors[i], vectors[j], dtype=np.float64)
    copied = passages.set_index(["measure_a", "measure_b"])["share"]
    pairs = pd.MultiIndex.from_frame(candidates[["measure_a", "measure_b"]])
    share = copied.reindex(pairs, fill_value=0.0).to_numpy(np.float64)
    signals = np.hstack([Evidence.read(rows).signals(i, j, cosine), side_by_side(words, i, j)])
    probability, _ = weigh(reranker.model, signals, share)
    weighed = candidates.assign(cosine=np.clip(cosine, -1, 1), probability=probability)
    return table(weighed[probability >= threshold], MATCHES)


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
