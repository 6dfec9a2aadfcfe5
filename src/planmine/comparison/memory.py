"""What a comparison remembers from run to run: arrays under keys of all that they were made from.

A folder of immutable files, each written beside its place and renamed, so that a reader sees a whole file or none, and
ending with the hash of what goes before, so that a changed bit is noticed: safetensors and 32 bytes. A key
says what its arrays depend on; a changed measure, model or setting has another key, and what is remembered under
the old one is not read again. The folder can be deleted at any time.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

_SEAL = 32  # bytes of a sha256
Arrays = dict[str, np.ndarray]


def key_of(*parts: object) -> str:
    """32 hexadecimal digits that stand for the parts: bytes as they are, lists of texts, all else as its repr."""
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, list):
            part = f"{len(part)}\x1f".encode() + "\x1f".join(part).encode()
        data = part if isinstance(part, bytes) else repr(part).encode()
        digest.update(len(data).to_bytes(8, "little") + data)
    return digest.hexdigest()[:32]


def unsealed(path: Path) -> bytes | None:
    """What a file of the memory holds before its hash; None where they do not fit. Raises OSError."""
    whole = path.read_bytes()
    data, seal = whole[:-_SEAL], whole[-_SEAL:]
    return data if hashlib.sha256(data).digest() == seal else None


class Memory:
    """Arrays under keys in ``folder``, or nowhere at all with None: then nothing is remembered."""

    def __init__(self, folder: str | Path | None = None) -> None:
        self.folder = Path(folder) if folder else None

    def _path(self, kind: str, key: str) -> Path | None:
        return self.folder / kind / f"{key}.sealed" if self.folder else None

    def get(self, kind: str, key: str) -> Arrays | None:
        """The arrays of ``kind`` under ``key``; None where there are none, or where they cannot be read."""
        from safetensors import SafetensorError
        from safetensors.numpy import load

        path = self._path(kind, key)
        if path is None or not path.is_file():
            return None
        try:
            if (data := unsealed(path)) is not None:
                return load(data)
        except (OSError, SafetensorError):
            pass
        path.unlink(missing_ok=True)  # damaged: made again
        return None

    def put(self, kind: str, key: str, arrays: Arrays) -> None:
        """Remember arrays; they are flushed to disk before they get their name."""
        from safetensors.numpy import save

        path = self._path(kind, key)
        if path is None or path.is_file():
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".writing-", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as scratch:
                data = save({part: np.ascontiguousarray(array) for part, array in arrays.items()})
                scratch.write(data + hashlib.sha256(data).digest())
                scratch.flush()
                os.fsync(scratch.fileno())
            Path(name).replace(path)
        finally:
            Path(name).unlink(missing_ok=True)

    def keys(self, kind: str) -> Iterator[str]:
        """Keys of the arrays of ``kind``, sorted."""
        if self.folder and (self.folder / kind).is_dir():
            yield from sorted(path.stem for path in (self.folder / kind).glob("[!.]*.sealed"))


def recalled(
    memory: Memory,
    kind: str,
    keys: Sequence[str],
    make: Callable[[list[int]], Iterable[dict[int, Arrays]]],
) -> list[Arrays]:
    """The arrays under each of ``keys``: those remembered, and those that ``make`` gives for the places missing.

    ``make`` is called with the places in ``keys`` that nothing is remembered for, if any, and yields arrays by place in
    batches; each batch is remembered in one file, so that a run that is stopped loses the batch in work.
    """
    found: dict[int, Arrays] = {}
    places: dict[str, list[int]] = defaultdict(list)
    for k, key in enumerate(keys):
        places[key].append(k)
    for file in memory.keys(kind):
        held = memory.get(kind, file) or {}
        names = [row.tobytes().decode() for row in held.pop("keys", np.empty((0, 32), dtype=np.uint8))]
        for row, name in enumerate(names):
            for k in places.get(name, ()):
                found.setdefault(k, _taken(held, row))
    missing = [k for k in range(len(keys)) if k not in found]
    for batch in make(missing) if missing else ():
        found |= batch
        own = [keys[k] for k in batch]
        memory.put(kind, key_of(*own), _joined(own, list(batch.values())))
    return [found[k] for k in range(len(keys))]


def _joined(keys: list[str], items: list[Arrays]) -> Arrays:
    """Items of like arrays as one: each array's rows one after the other, and where each item's begin."""
    out = {"keys": np.array([list(key.encode()) for key in keys], dtype=np.uint8)}
    for name in items[0] if items else ():
        out[name] = np.concatenate([item[name] for item in items])
        out[f"{name} ends"] = np.cumsum([len(item[name]) for item in items])
    return out


def _taken(held: Arrays, row: int) -> Arrays:
    """Item ``row`` of what ``_joined`` made, as views."""
    item = {}
    for name, array in held.items():
        if not name.endswith(" ends"):
            ends = held[f"{name} ends"]
            item[name] = array[ends[row - 1] if row else 0 : ends[row]]
    return item
