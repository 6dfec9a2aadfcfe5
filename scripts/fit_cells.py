"""Fit the cells that large corpora are searched through: src/planmine/comparison/cells.safetensors.

    python scripts/fit_cells.py --source DIR

k-means over the bundled encoder's vectors of the measures under DIR, the city work reports that
corpus/labelled/README.md names. Run it after the encoder has changed: cells of another revision are not used.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from sklearn.cluster import MiniBatchKMeans
from tqdm import tqdm

from planmine.corpus import discover, read
from planmine.embedding import load_encoder
from planmine.pipeline import units_of

CELLS = 512
SAMPLE = 100_000  # measures
OUT = Path(__file__).resolve().parents[1] / "src" / "planmine" / "comparison" / "cells.safetensors"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--source", type=Path, required=True)
    options = parser.parse_args()
    texts = [
        unit.text
        for file in tqdm(discover([options.source])[0], desc="measures")
        for plan in read(file)[0]
        for unit in units_of(plan)
        if unit.kind == "measure"
    ]
    rng = np.random.default_rng(0)
    chosen = np.sort(rng.choice(len(texts), min(SAMPLE, len(texts)), replace=False))
    encoder = load_encoder()
    vectors = encoder.encode([texts[k] for k in chosen])
    model = MiniBatchKMeans(CELLS, batch_size=8192, n_init=1, max_iter=20, random_state=0).fit(vectors)
    centroids = model.cluster_centers_ / np.linalg.norm(model.cluster_centers_, axis=1, keepdims=True)
    save_file({"centroids": centroids.astype(np.float16)}, OUT, metadata={"revision": encoder.revision})
    print(
        f"{OUT}: {CELLS} cells of {len(chosen)} of {len(texts)} measures, {OUT.stat().st_size / 1e3:.0f} kB"
    )


if __name__ == "__main__":
    main()
