"""``planmine.compare``: a frame of measures to a Comparison, vectors included."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from planmine.codebook import Codebook
    from planmine.comparison import CompareSettings, Comparison, Memory


def compare(
    measures: pd.DataFrame,
    vectors: np.ndarray | None = None,
    *,
    encoder: str | None = None,
    rerank: str | None = None,
    codebook: Codebook | None = None,
    settings: CompareSettings | None = None,
    memory: Memory | None = None,
) -> Comparison:
    """Compare cities by their measures (rows of table ``measures``, as ``planmine.extract`` gives them).

    ``encoder`` (None: the bundled model) makes the vectors; or they are given, (n, d) float32 of unit length: then set
    phrases are taken out of the texts and not out of the vectors. ``rerank`` ("e5zh": bundled, needs torch) names an
    encoder that weighs candidates a second time, for matches and similarity. ``memory``: a folder's, of what earlier comparisons found. The
    result's attributes are the tables of the contract.
    """
    from planmine.comparison import CompareSettings as Defaults
    from planmine.comparison import MatchModel, Reranker
    from planmine.comparison import compare as compare_cities
    from planmine.embedding import load_encoder

    model = load_encoder(encoder) if vectors is None else None
    return compare_cities(
        measures,
        vectors,
        encode=model.encode if model else None,
        revision=model.revision if model else "",
        codebook=codebook,
        match_model=MatchModel.of(model.revision) if model else None,
        reranker=Reranker.of(load_encoder(rerank)) if rerank else None,
        settings=settings or Defaults(),
        memory=memory,
    )
