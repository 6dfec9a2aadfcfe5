"""The nearest measures in other cities: exact where there are few, through fixed cells where there are many.

Vectors are rounded to whole steps so small that a dot product of two is exact in single precision: no partial sum
leaves the 24 bits of a float32. So a cosine does not depend on block sizes, threads or processors, and a pair of
cities has the same neighbours whoever else is compared, today or after an update.

Libraries of approximate neighbours (faiss, usearch) build their index from the data, so that a list after an update
is not the list of a new run. Here the cells of an inverted file (Sivic & Zisserman 2003; Jegou, Douze & Schmid 2011,
IEEE TPAMI 33(1)) are fixed: k-means centroids of the bundled encoder, fitted once by ``scripts/fit_cells.py``. A
measure is filed in its nearest few, and two measures are compared if they are filed in one cell.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np

STEPS = 4000  # 4000 squared is below 2 ** 24
EXACT = 10_000  # measures up to which every pair of measures is compared
FILED = 3  # cells that a measure is filed in; what they find by number: docs/speed.md
LEAST = 0.3  # cosine below which hardly a pair states the same action
_ROWS, _COLUMNS = 1024, 16384  # measures multiplied at a time


def to_steps(vectors: np.ndarray) -> np.ndarray:
    """(n, d) unit rows to int16 steps; the dot product of two rows is their cosine times ``STEPS`` squared."""
    return np.rint(vectors * np.float32(STEPS)).astype(np.int16)


def cosine(steps: np.ndarray, i: np.ndarray, j: np.ndarray) -> np.ndarray:
    """(p,) float64 cosines of rows i and j, exact for the steps."""
    out = np.empty(len(i))
    for begin in range(0, len(i), 1 << 16):
        part = slice(begin, begin + (1 << 16))
        left, right = (steps[rows[part]].astype(np.float32) for rows in (i, j))
        out[part] = np.einsum("pd,pd->p", left, right)
    return np.clip(out / STEPS**2, -1, 1)


@cache
def load_cells(revision: str) -> np.ndarray | None:
    """(cells, d) float32 unit centroids for the encoder of this revision; None: none were fitted for it."""
    from safetensors import safe_open

    path = resources.files("planmine.comparison").joinpath("cells.safetensors")
    with resources.as_file(path) as file:
        if not file.is_file():
            return None
        with safe_open(file, framework="numpy") as held:
            if (held.metadata() or {}).get("revision") != revision:
                return None
            return held.get_tensor("centroids").astype(np.float32)


def file_in_cells(steps: np.ndarray, cells: np.ndarray) -> np.ndarray:
    """(n, FILED) int16 the cells nearest to each row."""
    centroids, number = to_steps(cells).astype(np.float32).T, np.arange(len(cells))
    filed = np.empty((len(steps), FILED), dtype=np.int16)
    for begin in range(0, len(steps), _COLUMNS):
        dots = steps[begin : begin + _COLUMNS].astype(np.float32) @ centroids
        rank = number - dots.astype(np.int64) * len(cells)  # all different: no ties
        near = np.argpartition(rank, FILED, axis=1)[:, :FILED]
        filed[begin : begin + _COLUMNS] = np.sort(near, axis=1)
    return filed


@dataclass(frozen=True, slots=True)
class Search:
    """What is searched: (n, d) steps of the rows and, where there are many, the cells that each is filed in.

    ``order``: rows of the cells one after the other, ascending in each; ``starts``: (cells + 1,) where each begins.
    """

    steps: np.ndarray
    filed: np.ndarray | None = None
    order: np.ndarray | None = None
    starts: np.ndarray | None = None

    @classmethod
    def through(cls, steps: np.ndarray, filed: np.ndarray | None, cells: int) -> Search:
        """Through cells where ``filed`` is given, else exact."""
        if filed is None:
            return cls(steps)
        place = np.argsort(filed.ravel(), kind="stable")
        starts = np.searchsorted(filed.ravel()[place], np.arange(cells + 1))
        return cls(steps, filed, (place // filed.shape[1]).astype(np.int32), starts)

    def near(self, begin: int, end: int, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Pairs (i in [begin, end), j where ``wanted``) of cosine LEAST or more, and their dot products in steps.

        A pair that is filed together in more than one cell stands there more than once.
        """
        found = [(np.empty(0, dtype=np.int32),) * 3]
        least = LEAST * STEPS**2
        for rows, columns in self._blocks(begin, end, wanted):
            right = self.steps[columns].astype(np.float32).T
            for top in range(0, len(rows), _ROWS):
                part = rows[top : top + _ROWS]
                dots = (self.steps[part].astype(np.float32) @ right).ravel()
                flat = np.flatnonzero(dots >= least)
                r, c = np.divmod(flat, len(columns))
                found.append((part[r], columns[c], dots[flat].astype(np.int32)))
        i, j, dot = (np.concatenate(part) for part in zip(*found, strict=True))
        return i, j, dot

    def _blocks(self, begin: int, end: int, wanted: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        if self.filed is None or self.order is None or self.starts is None:
            columns = np.flatnonzero(wanted).astype(np.int32)
            for left in range(0, len(columns), _COLUMNS):
                yield np.arange(begin, end, dtype=np.int32), columns[left : left + _COLUMNS]
            return
        for cell in range(len(self.starts) - 1):
            rows = self.order[self.starts[cell] : self.starts[cell + 1]]
            own = rows[slice(*np.searchsorted(rows, (begin, end)))]
            if len(own):
                columns = rows[wanted[rows]]
                for left in range(0, len(columns), _COLUMNS):
                    yield own, columns[left : left + _COLUMNS]


def nearest(group: np.ndarray, groups: int, dot: np.ndarray, other: np.ndarray, count: int) -> np.ndarray:
    """(p,) bool: which pairs are among the ``count`` nearest of their group; the lower ``other`` first at a tie.

    The highest of each group is looked for ``count`` times, which takes a tenth of the time that sorting does. A pair
    that stands there twice is chosen twice.
    """
    many = int(other.max(initial=0)) + 1
    rank = dot.astype(np.int64) * many + (many - 1 - other)  # no ties in a group, and at least 0
    keep, left = np.zeros(len(rank), dtype=bool), np.arange(len(rank))
    for _ in range(count):
        top = np.full(groups, -1, dtype=np.int64)
        np.maximum.at(top, group[left], rank[left])
        chosen = rank[left] == top[group[left]]
        keep[left[chosen]] = True
        left = left[~chosen]
    return keep
