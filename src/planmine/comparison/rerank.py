"""Matches weighed a second time, by an encoder that is better and too slow to find them.

The bundled encoder reads every measure and proposes candidates; the second reads only the measures that stand in one
and gives each pair its own cosine (retrieve and re-rank: Nogueira & Cho 2019, arXiv:1901.04085, here with a second
bi-encoder). All other evidence stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd

from planmine.comparison.evidence import Evidence, MatchModel, weigh
from planmine.comparison.frames import comparable, number, table
from planmine.comparison.matches import MATCHES

CANDIDATE = 0.1  # a pair that the first encoder gives less is not read again


class _Encoder(Protocol):
    """What is asked of ``planmine.embedding.Encoder``."""

    @property
    def revision(self) -> str: ...

    def encode(self, texts: Sequence[str]) -> np.ndarray: ...


@dataclass(frozen=True, slots=True)
class Reranker:
    """``encode`` gives texts their vectors (n, d) of unit length; ``model`` holds the weights fitted with them."""

    encode: Callable[[Sequence[str]], np.ndarray]
    model: MatchModel

    @classmethod
    def of(cls, encoder: _Encoder) -> Reranker:
        """An encoder with the match weights of its revision."""
        return cls(encoder.encode, MatchModel.of(encoder.revision))


def rerank(
    measures: pd.DataFrame,
    candidates: pd.DataFrame,
    passages: pd.DataFrame,
    reranker: Reranker,
    *,
    threshold: float = 0.4,
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
    vectors = np.asarray(reranker.encode(texts), dtype=np.float64) if texts else np.empty((0, 1))
    cosine = np.einsum("pd,pd->p", vectors[i], vectors[j])
    copied = passages.set_index(["measure_a", "measure_b"])["share"]
    pairs = pd.MultiIndex.from_frame(candidates[["measure_a", "measure_b"]])
    share = copied.reindex(pairs, fill_value=0.0).to_numpy(np.float64)
    signals = Evidence.read(rows).signals(i, j, cosine)
    probability, _ = weigh(reranker.model, signals, share)
    weighed = candidates.assign(cosine=np.clip(cosine, -1, 1), probability=probability)
    return table(weighed[probability >= threshold], MATCHES)
