"""Immutable files of a workspace, on a disk or in an object store: written whole or not at all, read by hash."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class Damaged(ValueError):
    """A stored file is missing, or its bytes are not those that were written; ``name`` says which."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name = name


class Files:
    """Files under an address: a folder, or ``s3://bucket/prefix`` and whatever else fsspec knows.

    ``options`` go to fsspec (an ``endpoint_url``, say); credentials come from the environment.
    """

    def __init__(self, address: str | Path, **options: Any) -> None:
        self.address = str(address)
        self.options = options
        self.local: Path | None = None
        if "://" not in self.address or self.address.startswith("file://"):
            self.local = Path(self.address.removeprefix("file://"))
            return
        import fsspec

        try:
            self._remote, self._root = fsspec.core.url_to_fs(self.address, **options)
        except ImportError as error:
            raise ValueError(f"{self.address}: {error}; for s3, pip install planmine[cluster]") from error

    def __reduce__(self) -> tuple[Any, ...]:
        """Workers get the address, not the connection."""
        return _again, (self.address, self.options)

    def write(self, name: str, data: bytes) -> str:
        """Write a file, whole or not at all; the sha256 of its bytes."""
        if self.local is None:
            self._remote.pipe_file(f"{self._root}/{name}", data)  # an object store shows whole objects only
        else:
            path = self.local / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with beside(path) as scratch:
                scratch.write_bytes(data)
        return hashlib.sha256(data).hexdigest()

    def read(self, name: str, sha256: str) -> bytes:
        """The bytes of a file. Raises Damaged where it is missing or they are not the ones that were written."""
        try:
            if self.local is None:
                data = self._remote.cat_file(f"{self._root}/{name}")
            else:
                data = (self.local / name).read_bytes()
        except FileNotFoundError as error:
            raise Damaged(name, "the file is missing") from error
        if hashlib.sha256(data).hexdigest() != sha256:
            raise Damaged(name, "the bytes are not those that were written")
        return data

    def exists(self, name: str) -> bool:
        if self.local is None:
            self._remote.invalidate_cache()  # other machines write there, too
            return bool(self._remote.exists(f"{self._root}/{name}"))
        return (self.local / name).is_file()

    def names(self, folder: str) -> list[str]:
        """Names of the files in a folder, sorted, those that are being written left out."""
        if self.local is not None:
            place = self.local / folder
            found = (f"{folder}/{p.name}" for p in place.iterdir()) if place.is_dir() else iter(())
        else:
            self._remote.invalidate_cache()
            place_there = f"{self._root}/{folder}"
            there = self._remote.ls(place_there, detail=False) if self._remote.exists(place_there) else []
            found = (f"{folder}/{name.rsplit('/', 1)[-1]}" for name in there)
        return sorted(name for name in found if not name.rsplit("/", 1)[-1].startswith("."))

    def remove(self, name: str) -> None:
        if self.local is not None:
            (self.local / name).unlink(missing_ok=True)
        elif self.exists(name):
            self._remote.rm_file(f"{self._root}/{name}")


def _again(address: str, options: dict[str, Any]) -> Files:
    return Files(address, **options)


@contextmanager
def beside(path: Path) -> Iterator[Path]:
    """A scratch file in the same folder, flushed to disk and renamed to ``path`` when all went well."""
    handle, name = tempfile.mkstemp(prefix=".writing-", dir=path.parent)
    os.close(handle)
    scratch = Path(name)
    try:
        yield scratch
        scratch.chmod(0o644)
        flush(scratch)
        scratch.replace(path)
        flush(path.parent)
    finally:
        scratch.unlink(missing_ok=True)


def flush(path: Path) -> None:
    """Have a file, or the names in a folder, on the disk before going on."""
    if path.is_dir() and os.name == "nt":
        return  # Windows has no handle of a folder
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
