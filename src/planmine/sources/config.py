"""``sources.yaml``: where plans are published, how often to look, and whom to tell."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import yaml

Kind = Literal["folder", "address", "page", "feed", "sitemap"]
KINDS: tuple[Kind, ...] = ("folder", "address", "page", "feed", "sitemap")
_UNITS = {"minute": 60, "hour": 3600, "day": 86400, "week": 604800}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(minute|hour|day|week)s?")


class SourcesError(ValueError):
    """``sources.yaml`` is wrong; the message names the file, the source and the remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One place to look at. ``where`` is a path for a folder, else an address; times are in seconds.

    ``links``: of a page, feed or sitemap, only addresses are followed that match this pattern or whose link text
    does. ``every``: how often to look there; ``revisit``: how often to ask again for a plan that is known.
    """

    kind: Kind
    where: str
    links: str | None = None
    city: str | None = None
    agency: str | None = None
    every: float = 86400.0
    revisit: float = 7 * 86400.0
    other_hosts: bool = False
    limit: int = 200

    @property
    def name(self) -> str:
        return f"{self.kind} {self.where}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The whole file. ``allow``: hosts that may have private addresses; ``notify``: Apprise addresses."""

    sources: tuple[Source, ...]
    user_agent: str
    delay: float = 5.0
    allow: tuple[str, ...] = ()
    notify: tuple[str, ...] = field(default=(), repr=False)  # they hold passwords

    @property
    def folders(self) -> list[Path]:
        return [Path(source.where) for source in self.sources if source.kind == "folder"]


def load_sources(path: str | Path) -> Config:
    """Read ``sources.yaml``. Folders are relative to it; ``${NAME}`` in ``notify`` is an environment variable."""
    path = Path(path)
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SourcesError(f"{path}: cannot be read ({error.strerror})") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SourcesError(f"{path}: no YAML ({str(error).splitlines()[0]})") from error
    if not isinstance(data, dict) or not isinstance(data.get("sources"), list) or not data["sources"]:
        raise SourcesError(f"{path}: no list `sources`; docs/operating.md has an example")
    _only(data, {"sources", "user_agent", "delay", "allow", "notify"}, str(path))
    agent = str(data.get("user_agent") or "")
    sources = tuple(
        _source(row, f"{path}: source {n}", path.parent) for n, row in enumerate(data["sources"], 1)
    )
    if len({source.name for source in sources}) < len(sources):
        raise SourcesError(f"{path}: a source is there twice; remove one")
    if any(source.kind != "folder" for source in sources) and not re.search(r"@|https?://", agent):
        raise SourcesError(
            f"{path}: `user_agent` must say who asks and how to reach you, "
            'as in "PlanMine (+mailto:group@university.example)"'
        )
    return Config(
        sources=sources,
        user_agent=agent,
        delay=_number(data.get("delay", 5.0), f"{path}: delay"),
        allow=tuple(map(str, data.get("allow") or ())),
        notify=tuple(_filled(str(address), path) for address in data.get("notify") or ()),
    )


def _source(row: Any, where: str, folder: Path) -> Source:
    if not isinstance(row, dict):
        raise SourcesError(f"{where}: no mapping")
    kinds = [kind for kind in KINDS if kind in row]
    if len(kinds) != 1:
        raise SourcesError(f"{where}: needs one of {', '.join(KINDS)}, has {', '.join(kinds) or 'none'}")
    kind, place = kinds[0], str(row[kinds[0]])
    known = {kind, "every"}
    if kind != "folder":
        known |= {"city", "agency", "revisit"}
        _address(place, where)
    if kind in ("page", "feed", "sitemap"):
        known |= {"links", "other_hosts", "limit"}
    if kind == "folder" and {"city", "agency"} & set(row):
        raise SourcesError(f"{where}: the folder's own manifest.csv says city and agency of each file")
    _only(row, known, where)
    if row.get("links") is not None:
        try:
            re.compile(str(row["links"]))
        except re.error as error:
            raise SourcesError(f"{where}: `links` is no pattern ({error})") from error
    return Source(
        kind=kind,
        where=str(folder / place) if kind == "folder" else place,
        links=None if row.get("links") is None else str(row["links"]),
        city=row.get("city"),
        agency=row.get("agency"),
        every=_seconds(row.get("every", "1 day"), f"{where}: every"),
        revisit=_seconds(row.get("revisit", "7 days"), f"{where}: revisit"),
        other_hosts=bool(row.get("other_hosts", False)),
        limit=int(_number(row.get("limit", 200), f"{where}: limit")),
    )


def _address(text: str, where: str) -> None:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SourcesError(f"{where}: `{text}` is no http or https address")
    if parts.username or parts.password:
        raise SourcesError(f"{where}: an address with a password; PlanMine reads public pages only")


def _only(row: dict[Any, Any], known: set[str], where: str) -> None:
    if unknown := sorted(str(name) for name in set(row) - known):
        raise SourcesError(f"{where}: `{unknown[0]}` is not known here; known are {', '.join(sorted(known))}")


def _number(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise SourcesError(f"{where}: `{value}` is no number of 0 or more")
    return float(value)


def _seconds(value: Any, where: str) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _number(value, where)
    match = _DURATION.fullmatch(str(value).strip())
    if match is None:
        raise SourcesError(f"{where}: `{value}` is no time; write 12 hours, 1 day or 2 weeks")
    return float(match[1]) * _UNITS[match[2]]


def _filled(text: str, path: Path) -> str:
    def value(match: re.Match[str]) -> str:
        if match[1] not in os.environ:
            raise SourcesError(f"{path}: notify: the environment has no {match[1]}")
        return os.environ[match[1]]

    return re.sub(r"\$\{(\w+)\}", value, text)
