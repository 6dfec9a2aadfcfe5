"""Character n-grams of many texts at once: code points in one array, no Python loop over characters."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

COLUMNS = 2**31 - 1  # of a matrix of n-grams


@dataclass(frozen=True, slots=True)
class Characters:
    """The letters, digits and ideographs of many texts, in one row; all else is left out.

    ``codes``: (c,) uint32 code points, width and case folded; ``owner``: (c,) number of the text;
    ``offset``: (c,) place in that text; ``texts``: how many texts.
    """

    codes: np.ndarray
    owner: np.ndarray
    offset: np.ndarray
    texts: int

    def lengths(self) -> np.ndarray:
        """(texts,) characters kept of each text."""
        return np.bincount(self.owner, minlength=self.texts)


def read_characters(texts: Sequence[str]) -> Characters:
    """Texts to their folded characters; punctuation and white space are no evidence of copying."""
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    raw = np.frombuffer("".join(texts).encode("utf-32-le"), dtype="<u4")
    folded = np.zeros(0x110000, dtype=np.uint32)  # 0: not kept
    for code in np.flatnonzero(np.bincount(raw)) if raw.size else ():
        form = unicodedata.normalize("NFKC", chr(code)).lower()
        if form.isalnum():
            folded[code] = ord(form) if len(form) == 1 else code
    codes = folded[raw]
    kept = np.flatnonzero(codes)
    owner = np.repeat(np.arange(len(texts), dtype=np.int32), lengths)[kept]
    begin = np.cumsum(lengths) - lengths
    offset = (kept - begin[owner]).astype(np.int32)
    return Characters(codes[kept], owner, offset, len(texts))


def _mix(values: np.ndarray) -> np.ndarray:
    """splitmix64 (Steele et al. 2014): spreads small integers over 64 bits."""
    values = values + np.uint64(0x9E3779B97F4A7C15)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def shingles(characters: Characters, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Every n-gram inside a text: its 64-bit hash and the place of its first character, both (s,)."""
    count = len(characters.codes) - n + 1
    if count <= 0:
        return np.empty(0, dtype=np.uint64), np.empty(0, dtype=np.int64)
    mixed, hashes = _mix(characters.codes.astype(np.uint64)), np.zeros(count, dtype=np.uint64)
    for k in range(n):
        hashes = hashes * np.uint64(0x100000001B3) + mixed[k : k + count]
    start = np.flatnonzero(characters.owner[:count] == characters.owner[n - 1 :])
    return _mix(hashes[start]), start


def incidence(texts: Sequence[str], n: int) -> sparse.csr_array:
    """(texts, 2 ** 31 - 1) 0/1 matrix of which n-gram stands in which text, unbroken by punctuation.

    An n-gram's column is its hash, so that matrices of different texts can be put under each other; of a million n-grams
    some 230 share a column with another.
    """
    characters = read_characters(texts)
    hashes, start = shingles(characters, n)
    unbroken = characters.offset[start + n - 1] - characters.offset[start] == n - 1
    column = (hashes[unbroken] % np.uint64(COLUMNS)).astype(np.int64)
    cell = np.unique(characters.owner[start[unbroken]].astype(np.int64) * COLUMNS + column)
    ends = np.searchsorted(cell, np.arange(len(texts) + 1) * COLUMNS)
    indices = (cell % COLUMNS).astype(np.int32)
    return sparse.csr_array((np.ones(len(cell), dtype=np.int8), indices, ends), shape=(len(texts), COLUMNS))
