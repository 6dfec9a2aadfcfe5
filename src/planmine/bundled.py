"""Where the bundled models and flows stand: beside the package when installed, in ``models/`` and ``flows/`` in the source tree."""

from __future__ import annotations

import hashlib
from pathlib import Path


def model_folder(name: str) -> Path:
    """The folder of a bundled model. Raises FileNotFoundError naming the command that rebuilds it."""
    here = Path(__file__).resolve().parent
    for folder in (here / "models" / name, here.parents[1] / "models" / name):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"the bundled model `{name}` is missing; models/README.md says how to rebuild it")


def flow_file(name: str) -> Path:
    """The file of a Prefect flow, which is a program of its own. Raises FileNotFoundError."""
    here = Path(__file__).resolve().parent
    for folder in (here / "flows", here.parents[1] / "flows"):
        if (folder / f"{name}.py").is_file():
            return folder / f"{name}.py"
    raise FileNotFoundError(f"the flow `{name}` is missing: install planmine again")


def revision(folder: Path) -> str:
    """sha256 over the names and bytes of a model's files, cards left out: what a run's manifest records."""
    digest = hashlib.sha256()
    for file in sorted(folder.rglob("*")):
        if file.is_file() and file.suffix != ".md":
            digest.update(file.relative_to(folder).as_posix().encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()
