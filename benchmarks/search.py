"""What the cells find of what an exact search finds: ``python search.py SOURCE``, by the number of cells filed in."""

from __future__ import annotations

import sys

import numpy as np
from growth import texts
from measured import Clock, save

PROBES = 300  # measures whose nearest in each other part are looked for
PARTS = 50  # stretches of the measures, as cities


def main() -> None:
    from planmine.comparison import search
    from planmine.comparison.search import Search, file_in_cells, load_cells, to_steps
    from planmine.embedding import load_encoder

    encoder = load_encoder()
    cells = load_cells(encoder.revision)
    if cells is None:
        sys.exit("no cells were fitted with this encoder: run scripts/fit_cells.py")
    steps = to_steps(encoder.encode(texts(sys.argv[1])))
    part = np.arange(len(steps)) * PARTS // len(steps)
    probes = min(PROBES, int((part == 0).sum()))
    wanted = part > 0

    def best(found: tuple[np.ndarray, np.ndarray, np.ndarray]) -> np.ndarray:
        nearest = np.zeros((probes, PARTS), dtype=np.int64)
        np.maximum.at(nearest, (found[0], part[found[1]]), found[2])
        return nearest

    exact = best(Search(steps).near(0, probes, wanted))
    rows = []
    for filed in (1, 2, 3, 4):
        search.FILED = filed
        index = Search.through(steps, file_in_cells(steps, cells), len(cells))
        clock = Clock()
        found = best(index.near(0, probes, wanted))
        row = {"filed": filed, "seconds": clock.read(), "shipped": filed == 3}
        for least in (0.4, 0.6, 0.8):
            close = exact >= least * search.STEPS**2
            row[f"recall {least}"] = round(float((found[close] == exact[close]).mean()), 3)
        rows.append(row)
    save("search", {"measures": len(steps), "cells": len(cells), "rows": rows})


if __name__ == "__main__":
    main()
