"""One polite request: robots.txt, a rate for each host, limits of time and size, retries, redirects that are checked."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin, urlsplit

import httpx
from protego import Protego

from planmine.sources.guard import Deadline, ForbiddenAddressError, client

MAX_BYTES = 50_000_000  # of a body, as sent and as unpacked
_MAX_ROBOTS = 500_000  # RFC 9309, 2.5
_REDIRECTS = 5
_TRIES = 3
_RETRIED = (429, 500, 502, 503, 504)
_PATIENCE = 60.0  # the longest that a server may tell us to wait within a pass
_DEAD = 3  # failures in a row after which a host is left for the next pass
_TYPES = (
    "text/html application/xhtml+xml text/plain text/markdown application/pdf application/msword text/xml "
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document application/octet-stream "
    "application/xml application/rss+xml application/atom+xml application/gzip application/x-gzip"
).split()


class FetchError(Exception):
    """An address that was not fetched: why. ``refused`` where PlanMine would not, and not the server."""

    def __init__(self, reason: str, *, refused: bool = False, status: int | None = None) -> None:
        super().__init__(reason)
        self.refused, self.status = refused, status


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server gave: status 200 with a body, or 304 without. Header names are in lower case."""

    address: str
    final_address: str
    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    fetched: str

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class Fetcher:
    """Requests of one pass. Safe for threads; each host is asked by one at a time, ``delay`` seconds apart."""

    def __init__(
        self,
        user_agent: str,
        *,
        delay: float = 5.0,
        allow: Collection[str] = (),
        max_bytes: int = MAX_BYTES,
        read_timeout: float = 30.0,
        total_timeout: float = 180.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.user_agent, self.delay = user_agent, delay
        self.max_bytes, self.total_timeout = max_bytes, total_timeout
        self._deadline = Deadline()
        timeout = httpx.Timeout(read_timeout, connect=15.0)
        self._client = client(user_agent, allow, timeout, self._deadline)
        self._sleep = sleep
        self._robots: dict[str, Protego | None] = {}
        self._next: dict[str, float] = {}
        self._failures: dict[str, int] = defaultdict(int)
        self._hosts: dict[str, threading.RLock] = defaultdict(threading.RLock)

    def close(self) -> None:
        self._client.close()

    def get(self, address: str, etag: str | None = None, last_modified: str | None = None) -> Answer:
        """Fetch an address, or learn that it has not changed since. Raises FetchError."""
        asked = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        headers = {name: value for name, value in asked.items() if value}
        here = address
        for _ in range(_REDIRECTS + 1):
            self.check_robots(here)
            answer = self._try(here, headers)
            if answer.status in (301, 302, 303, 307, 308):
                here = self._redirected(here, answer.headers.get("location", ""))
                headers = {}  # they belong to the first address
                continue
            if answer.status not in (200, 304):
                raise FetchError(f"the server answered {answer.status}", status=answer.status)
            if answer.status == 200 and answer.content_type and answer.content_type not in _TYPES:
                raise FetchError(f"{answer.content_type} is no document", refused=True)
            return Answer(
                address=address,
                final_address=here,
                status=answer.status,
                headers=answer.headers,
                body=answer.body,
                fetched=answer.fetched,
            )
        raise FetchError(f"more than {_REDIRECTS} redirects", refused=True)

    def _redirected(self, here: str, location: str) -> str:
        if not location:
            raise FetchError("a redirect to nowhere")
        return urljoin(here, location)

    # ---- robots.txt ----

    def check_robots(self, address: str) -> None:
        """Raise FetchError where a host's robots.txt forbids an address, or cannot be read."""
        parts = _parts(address)
        origin = f"{parts.scheme}://{parts.netloc}"
        with self._hosts[parts.netloc]:
            if origin not in self._robots:
                self._robots[origin] = self._read_robots(origin)
            robots = self._robots[origin]
        if robots is None:
            raise FetchError("its robots.txt cannot be read now, so nothing is asked (RFC 9309)")
        if not robots.can_fetch(address, self.user_agent):
            raise FetchError("robots.txt of the host forbids it", refused=True)

    def _read_robots(self, origin: str) -> Protego | None:
        """The rules of a host: none where it has no robots.txt, and None where that cannot be told."""
        here = f"{origin}/robots.txt"
        try:
            for _ in range(_REDIRECTS + 1):
                answer = self._try(here, {}, limit=_MAX_ROBOTS, truncate=True)
                if answer.status not in (301, 302, 303, 307, 308):
                    break
                here = self._redirected(here, answer.headers.get("location", ""))
        except FetchError as error:
            if error.refused:
                raise
            return None
        if answer.status >= 500:
            return None
        return Protego.parse(answer.body.decode("utf-8", "replace") if answer.status == 200 else "")

    # ---- one host, one request at a time ----

    def _try(
        self, address: str, headers: Mapping[str, str], limit: int | None = None, truncate: bool = False
    ) -> Answer:
        """Ask, and ask again where that may help."""
        host = _parts(address).netloc
        problem = FetchError("not asked")
        with self._hosts[host]:
            for attempt in range(_TRIES):
                if self._failures[host] >= _DEAD:
                    raise FetchError(f"{host} does not answer; left for the next pass")
                self._wait(host)
                try:
                    answer = self._once(address, headers, limit or self.max_bytes, truncate)
                except FetchError as error:
                    problem = error
                    if error.refused:
                        raise
                    pause = 2.0**attempt
                except httpx.HTTPError as error:
                    problem = FetchError(f"{type(error).__name__}: {error}".rstrip(": "))
                    pause = 2.0**attempt
                else:
                    if answer.status not in _RETRIED:
                        self._failures[host] = 0
                        return answer
                    problem = FetchError(f"the server answered {answer.status}", status=answer.status)
                    pause = min(_retry_after(answer.headers.get("retry-after")) or 2.0**attempt, _PATIENCE)
                if attempt + 1 < _TRIES:
                    self._sleep(pause)
            self._failures[host] += 1
        raise problem

    def _wait(self, host: str) -> None:
        robots = self._robots.get(f"https://{host}") or self._robots.get(f"http://{host}")
        asked = float(robots.crawl_delay(self.user_agent) or 0) if robots else 0.0
        pause = self._next.get(host, 0.0) - time.monotonic()  # no clock that can be set
        if pause > 0:
            self._sleep(pause)
        self._next[host] = time.monotonic() + max(self.delay, min(asked, _PATIENCE))

    def _once(self, address: str, headers: Mapping[str, str], limit: int, truncate: bool) -> Answer:
        self._deadline.begin(self.total_timeout)
        try:
            with self._client.stream("GET", address, headers=dict(headers)) as response:
                coding = response.headers.get("content-encoding", "identity").strip().lower()
                if coding not in ("", "identity", "gzip"):  # a chain of codings is a bomb
                    raise FetchError(f"content encoding `{coding}`, which was not asked for", refused=True)
                body = bytearray()
                for chunk in response.iter_bytes():
                    body += chunk
                    if max(len(body), response.num_bytes_downloaded) > limit:
                        if truncate:
                            break
                        raise FetchError(f"larger than {limit:,} bytes", refused=True)
                return Answer(
                    address=address,
                    final_address=address,
                    status=response.status_code,
                    headers={name.lower(): value for name, value in response.headers.items()},
                    body=bytes(body[:limit]),
                    fetched=datetime.now(UTC).isoformat(timespec="seconds"),
                )
        except ForbiddenAddressError as error:
            raise FetchError(str(error), refused=True) from error
        except (httpx.InvalidURL, UnicodeError) as error:
            raise FetchError(f"no address: {error}", refused=True) from error


def _parts(address: str):  # type: ignore[no-untyped-def]
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as error:
        raise FetchError(f"no address: {error}", refused=True) from error
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise FetchError(f"`{parts.scheme}` is neither http nor https", refused=True)
    return parts


def _retry_after(value: str | None) -> float | None:
    if not value:
        return None
    if value.strip().isdigit():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None
