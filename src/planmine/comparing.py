"""``planmine.compare``: a frame of measures to a Comparison, vectors included."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from planmine.codebook import Codebook
    from planmine.comparison import CompareSettings, Comparison


def compare(
    measures: pd.DataFrame,
    vectors: np.ndarray | None = None,
    *,
    encoder: str | None = None,
    rerank: str | None = None,
    codebook: Codebook | None = None,
    settings: CompareSettings | None = None,
) -> Comparison:
    """Compare cities by their measures (rows of table ``measures``, as ``planmine.extract`` gives them).

    ``vectors`` (n, d) float32 of unit length may be given; else ``encoder`` (None: the bundled model)
    makes them. ``rerank`` ("e5zh": bundled, needs torch) names an encoder that weighs the matches a second time. The
    result's attributes are the tables of the contract.
    """
    from planmine.comparison import CompareSettings as Defaults
    from planmine.comparison import MatchModel, Reranker
    from planmine.comparison import compare as compare_vectors
    from planmine.embedding import load_encoder

    model = None
    if vectors is None:
        loaded = load_encoder(encoder)
        vectors, model = loaded.encode(measures["text"].tolist()), MatchModel.of(loaded.revision)
    return compare_vectors(
        measures,
        vectors,
        codebook=codebook,
        match_model=model,
        reranker=Reranker.of(load_encoder(rerank)) if rerank else None,
        settings=settings or Defaults(),
    )
