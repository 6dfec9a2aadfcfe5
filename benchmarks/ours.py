"""PlanMine on the work that its peers do, without codes: every measure is of one category."""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
from measured import ROOT, Clock
from task import rate

sys.path.insert(0, str(ROOT / "tests"))


def main() -> None:
    clock = Clock()
    from planted_overlap import finished

    from planmine.comparison import CompareSettings, MatchModel, compare
    from planmine.comparison.evidence import Evidence
    from planmine.embedding import load_encoder

    encoder, settings = load_encoder(), CompareSettings(draws=2)
    model = MatchModel.load()
    encoder.encode(["预热"])
    start = clock.read()

    def cities(texts: list[str], city: list[str]) -> dict[tuple[str, str], float]:
        rows = [
            (f"{name}:{k:05d}", name, "other", text)
            for k, (name, text) in enumerate(zip(city, texts, strict=True))
        ]
        frame = finished(pd.DataFrame(rows, columns=["measure_id", "city", "category", "text"]))
        table = compare(frame, encode=encoder.encode, revision=encoder.revision, settings=settings).similarity
        table = table[table["category"] == "all"]
        return dict(zip(zip(table["city_a"], table["city_b"], strict=True), table["similarity"], strict=True))

    def scores(left: list[str], right: list[str]) -> np.ndarray:
        every = [*left, *right]
        vectors = encoder.encode(every)
        rows = pd.DataFrame(
            {"text": every, "city": None, "category": "other", "labels": [["other"]] * len(every)}
        )
        i, j = (part.ravel() for part in np.indices((len(left), len(right))))
        j = j + len(left)
        cosines = np.einsum("pd,pd->p", vectors[i], vectors[j])
        signals = Evidence.read(rows).signals(i, j, cosines)
        return model.probability(signals).reshape(len(left), len(right))

    rate("planmine", cities, scores, start)


if __name__ == "__main__":
    main()
