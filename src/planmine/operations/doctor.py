"""``planmine doctor``: whether this machine and this workspace are fit to run."""

from __future__ import annotations

import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from planmine import __version__

State = Literal["ok", "warning", "error"]
_NEEDED = ("numpy", "pandas", "pyarrow", "duckdb", "scikit-learn", "spacy", "lxml", "trafilatura")
_MAY = ("prefect", "httpx", "protego", "warcio", "apprise", "sentence-transformers", "dask", "s3fs")
_LITTLE_SPACE = 2_000_000_000  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at. ``remedy`` is empty where all is well."""

    what: str
    state: State
    found: str
    remedy: str = ""


def examine(workspace: Path, sources: Path | None = None, *, reach: bool = True) -> list[Finding]:
    """Versions, models, fonts, programs, disk, the workspace, and whether sources answer (robots.txt only)."""
    steps: list[Callable[[], Iterator[Finding]]] = [
        _versions,
        _models,
        _font,
        _programs,
        lambda: _disk(workspace),
        lambda: _workspace(workspace),
    ]
    if sources is not None:
        steps.append(lambda: _sources(sources, reach))
    findings: list[Finding] = []
    for step in steps:
        try:
            findings += step()
        except Exception as error:  # a doctor that dies of the illness helps nobody
            findings.append(Finding(what="doctor", state="error", found=f"{type(error).__name__}: {error}"))
    return findings


def _versions() -> Iterator[Finding]:
    sound = sys.version_info >= (3, 11)
    yield Finding(
        what="python",
        state="ok" if sound else "error",
        found=platform.python_version(),
        remedy="" if sound else "use Python 3.11 or newer",
    )
    yield Finding(what="planmine", state="ok", found=__version__)
    for names, missing in ((_NEEDED, "error"), (_MAY, "ok")):
        for name in names:
            try:
                yield Finding(what=name, state="ok", found=version(name))
            except PackageNotFoundError:
                state: State = "error" if missing == "error" else "ok"
                remedy = "pip install planmine" if missing == "error" else ""
                yield Finding(what=name, state=state, found="not installed", remedy=remedy)


def _models() -> Iterator[Finding]:
    from planmine import pipeline

    coder = pipeline.default_coder()
    encoder = pipeline.default_encoder()
    yield Finding(what="encoder", state="ok", found=f"{encoder.name} {encoder.revision[:12]}")
    fits = coder.config.get("encoder") in (None, encoder.revision)
    yield Finding(
        what="coder",
        state="ok" if fits else "error",
        found=coder.revision[:12] + ("" if fits else ", trained with another encoder"),
        remedy="" if fits else "train it anew: python scripts/train_coder.py",
    )


def _font() -> Iterator[Finding]:
    fonts = [
        file
        for file in (Path(__file__).parents[1] / "report").rglob("*")
        if file.suffix in (".ttf", ".otf", ".woff2")
    ]
    found = ", ".join(sorted(file.name for file in fonts)) or "missing"
    yield Finding(
        what="bundled font",
        state="ok" if fonts else "error",
        found=found,
        remedy="" if fonts else "install planmine again",
    )


def _programs() -> Iterator[Finding]:
    found = [name for name in ("soffice", "antiword") if shutil.which(name)]
    yield Finding(
        what="reader of .doc",
        state="ok" if found else "warning",
        found=", ".join(found) or "none",
        remedy="" if found else "install LibreOffice or antiword to read .doc files",
    )


def _disk(workspace: Path) -> Iterator[Finding]:
    place = workspace
    while not place.exists():
        place = place.resolve().parent
    free = shutil.disk_usage(place).free
    little = free < _LITTLE_SPACE
    yield Finding(
        what="disk",
        state="warning" if little else "ok",
        found=f"{free / 1e9:.1f} GB free",
        remedy="make room: a run needs about as much as its last report" if little else "",
    )


def _workspace(folder: Path) -> Iterator[Finding]:
    from planmine.workspace import FORMAT, LedgerError, Workspace

    place = Workspace(folder)
    try:
        found = place.ledger.format()
    except LedgerError as error:
        yield Finding(what="workspace", state="error", found=str(error), remedy="planmine check")
        return
    if found is None:
        yield Finding(what="workspace", state="ok", found=f"{folder} is new")
        return
    newer = found > FORMAT
    yield Finding(
        what="workspace",
        state="error" if newer else "ok",
        found=f"format {found}",
        remedy="upgrade PlanMine" if newer else "",
    )
    states = place.ledger.rows("SELECT state, count(*) AS n FROM runs GROUP BY state ORDER BY state")
    shown = ", ".join(f"{row['n']} {row['state']}" for row in states)
    yield Finding(what="runs", state="ok", found=shown or "none yet")


def _sources(path: Path, reach: bool) -> Iterator[Finding]:
    from urllib.parse import urlsplit

    from planmine.sources import Fetcher, FetchError, SourcesError, load_sources

    try:
        config = load_sources(path)
    except SourcesError as error:
        yield Finding(what="sources", state="error", found=str(error), remedy="mend sources.yaml")
        return
    yield Finding(what="sources", state="ok", found=f"{len(config.sources)} in {path}")
    for folder in config.folders:
        there = folder.is_dir()
        remedy = "" if there else "make the folder, or mend its path"
        state: State = "ok" if there else "error"
        yield Finding(what=str(folder), state=state, found="there" if there else "missing", remedy=remedy)
    places = [source.where for source in config.sources if source.kind != "folder"]
    fetcher = Fetcher(
        config.user_agent, delay=0.0, allow=config.allow, read_timeout=10.0, sleep=lambda _: None
    )
    try:
        for origin in (
            sorted({"{0.scheme}://{0.netloc}".format(urlsplit(place)) for place in places}) if reach else ()
        ):
            try:
                fetcher.check_robots(f"{origin}/")
                yield Finding(what=origin, state="ok", found="answers")
            except FetchError as error:
                remedy = "open it in a browser; if it has moved, mend sources.yaml"
                yield Finding(what=origin, state="warning", found=str(error), remedy=remedy)
    finally:
        fetcher.close()
