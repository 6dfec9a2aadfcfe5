"""What a report shares with the one before: files that would be made of the very same things are taken over.

Each file has a key, the hash of all that it is made of: its data, the code, templates, fonts and libraries of the
report, and the codebook. ``made.json`` has the keys of a report's files. A file of the report before is taken over
where its key is the same and its bytes are those that the ledger noted; else it is made.
"""

from __future__ import annotations

import hashlib
import json
import platform
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

KEYS = "made.json"
_PACKAGE = Path(__file__).parent
_LIBRARIES = "altair fonttools jinja2 numpy pandas pyarrow vl-convert-python xlsxwriter".split()


@dataclass(frozen=True, slots=True)
class Earlier:
    """A report that stands in ``folder``, and the sha256 of each of its files as it was noted apart from them."""

    folder: Path
    hashes: Mapping[str, str]

    def read(self, name: str) -> bytes | None:
        """The bytes of a file; None where it is missing or is not as it was written."""
        try:
            data = (self.folder / name).read_bytes()
        except OSError:
            return None
        return data if digest_of(data) == self.hashes.get(name) else None


class Making:
    """The files of a report in ``folder``, of which some may be taken from ``earlier``."""

    def __init__(self, folder: Path, made_with: str, earlier: Earlier | None = None) -> None:
        """``made_with``: what all files are made with, beside the code and libraries of the report."""
        self.folder = folder
        self._with = f"{recipe()} {made_with}"
        self._keys: dict[str, dict[str, str]] = {}
        self._earlier = earlier
        kept = earlier.read(KEYS) if earlier else None
        self._kept: dict[str, dict[str, str]] = json.loads(kept) if kept else {}

    def make(self, names: Iterable[str], of: Iterable[object], write: Callable[[], object]) -> str:
        """Take over the files ``names``, or have ``write`` write all of them; what it had to tell, if it is a text.

        ``of``: what they are made of, as values whose text is the same where they are and only there.
        """
        names = list(names)
        key = digest_of(json.dumps([self._with, *map(str, of)]).encode())
        held = [self._take(name, key) for name in names]
        if all(data is not None for data in held):
            for name, data in zip(names, held, strict=True):
                assert data is not None
                (self.folder / name).write_bytes(data)
            told = self._kept[names[0]]["told"]
        else:
            given = write()
            told = given if isinstance(given, str) else ""
        self._keys |= {name: {"key": key, "told": told} for name in names}
        return told

    def _take(self, name: str, key: str) -> bytes | None:
        if self._earlier is None or self._kept.get(name, {}).get("key") != key:
            return None
        return self._earlier.read(name)

    def write_keys(self) -> None:
        """Write ``made.json``, for the report after this one."""
        text = json.dumps(self._keys, ensure_ascii=False, sort_keys=True, indent=0)
        (self.folder / KEYS).write_text(text + "\n", encoding="utf-8")


@cache
def recipe() -> str:
    """One hash of all that makes a report's files but its data: code, templates, fonts, libraries and their versions."""
    found = hashlib.sha256(f"{platform.python_version()} {zlib.ZLIB_RUNTIME_VERSION}".encode())
    found.update(" ".join(f"{name} {version(name)}" for name in _LIBRARIES).encode())
    for path in sorted(_PACKAGE.rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            found.update(f"{path.relative_to(_PACKAGE).as_posix()} {digest(path)}\n".encode())
    return found.hexdigest()


def digest(path: Path) -> str:
    """The sha256 of a file's bytes."""
    return digest_of(path.read_bytes())


def digest_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
