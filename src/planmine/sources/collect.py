"""A pass over the sources: what is due is asked for, what is new is archived, and every outcome noted.

Each address has one file in ``WORKSPACE/fetched``, the text that stands there now; ``manifest.csv`` beside it
gives city, agency and address, so that the folder is read like any other. What stood there before is in the
archive. A plan that vanishes from its site stays.
"""

from __future__ import annotations

import csv
import hashlib
import io
import logging
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

from planmine.sources import archive, links
from planmine.sources.config import Config, Source
from planmine.sources.fetch import Answer, Fetcher, FetchError
from planmine.workspace import Files, Workspace
from planmine.workspace.checking import standing
from planmine.workspace.ledger import insert

FOLDER = "fetched"
_THREADS = 8  # hosts that are asked at the same time
_SITEMAPS = 20  # of an index
Outcome = Literal["new", "revised", "unchanged", "listing", "gone", "failed", "refused"]
Identity = Callable[[str, bytes], str]  # (name of the file, its bytes) -> what must differ for a revision
log = logging.getLogger("planmine.sources")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a pass found at an address. ``file`` is below ``WORKSPACE/fetched``."""

    outcome: Outcome
    address: str
    source: str
    file: str | None = None
    note: str | None = None
    again: bool = False  # the same as at the last look


def fetch_all(place: Workspace, config: Config, fetcher: Fetcher, identity: Identity) -> list[Change]:
    """Look at every source that is due; what was found, in the order of the sources. Raises no FetchError.

    ``identity`` of two bodies is equal where the plan in them is the same: pages that differ in a counter of
    visits are not revisions. The caller holds the workspace's lock.
    """
    _restore(place)
    due = [source for source in config.sources if source.kind != "folder" and _due(place, source)]
    hosts: dict[str, list[Source]] = defaultdict(list)
    for source in due:
        hosts[urlsplit(source.where).netloc].append(source)

    def of_host(sources: list[Source]) -> dict[str, list[Change]]:
        return {source.name: _look(place, source, fetcher, identity) for source in sources}

    found: dict[str, list[Change]] = {}
    with ThreadPoolExecutor(_THREADS) as pool:
        for one in pool.map(of_host, hosts.values()):
            found |= one
    _write_manifest(place, config)
    changes = [change for source in due for change in found[source.name]]
    log.info("pass over the sources", extra={"sources": len(due), "changes": _counts(changes)})
    return changes


def _counts(changes: Sequence[Change]) -> dict[str, int]:
    counts: dict[str, int] = defaultdict(int)
    for change in changes:
        counts[change.outcome] += 1
    return dict(counts)


def _due(place: Workspace, source: Source) -> bool:
    rows = place.ledger.rows("SELECT max(fetched) AS last FROM passes WHERE source = ?", [source.name])
    return _passed(rows[0]["last"] if rows else None, source.every)


def _passed(since: str | None, seconds: float) -> bool:
    """Whether that many seconds went by, also where a clock that was ahead has been set back."""
    if since is None:
        return True
    age = (datetime.now(UTC) - datetime.fromisoformat(since)).total_seconds()
    return age < 0 or age >= seconds


# ---- one source ----


def _look(place: Workspace, source: Source, fetcher: Fetcher, identity: Identity) -> list[Change]:
    changes: list[Change] = []
    known = _last_captures(place, source)
    before = [address for address in known if address != source.where]
    listing: Answer | None = None
    targets = [source.where]
    if source.kind != "address":
        try:
            listing, targets = _listed(source, fetcher, known.get(source.where, {}), before)
        except FetchError as error:
            # The list may be down while its plans are not; what is known is asked for all the same.
            changes.append(_note(place, source, source.where, error, known.get(source.where)))
            targets = before
    wait = source.every if source.kind == "address" else source.revisit
    for address in targets:
        last = known.get(address)
        good = last is not None and last["outcome"] in ("new", "revised", "unchanged")
        if good and last is not None and not _passed(last["fetched"], wait):
            continue
        try:
            changes.append(_visit(place, source, address, last, fetcher, identity))
        except FetchError as error:
            changes.append(_note(place, source, address, error, last))
    # Noted last: a pass that is cut off before is made again, and the list is not taken for unchanged.
    if listing is not None:
        _record(place, source, listing, "listing", last=known.get(source.where))
    if listing is not None or source.kind == "address":
        with place.ledger.transaction() as change:
            insert(change, "passes", [{"source": source.name, "fetched": _now()}])
    return changes


def _listed(
    source: Source, fetcher: Fetcher, last: dict[str, Any], before: list[str]
) -> tuple[Answer, list[str]]:
    """The list page, and the addresses of plans: those that it names now, and those that it named before."""
    answer = fetcher.get(source.where, last.get("etag"), last.get("last_modified"))
    if answer.status == 304:
        return answer, before
    now: list[str] = []
    if source.kind == "sitemap":
        for address in links.sitemaps_of(answer)[:_SITEMAPS]:
            now += links.links_of(source, fetcher.get(address))
    return answer, list(dict.fromkeys([*now, *links.links_of(source, answer), *before]))


def _visit(
    place: Workspace,
    source: Source,
    address: str,
    last: dict[str, Any] | None,
    fetcher: Fetcher,
    identity: Identity,
) -> Change:
    last = last or {}
    answer = fetcher.get(address, last.get("etag"), last.get("last_modified"))
    file = last.get("file")
    if answer.status == 304:
        _record(place, source, answer, "unchanged", last=last)
        return Change(outcome="unchanged", address=address, source=source.name, file=file)
    if not answer.body.strip():
        raise FetchError("an empty page")
    digest = hashlib.sha256(answer.body).hexdigest()
    name = _file_name(source, answer)
    if digest == last.get("sha256"):
        _record(place, source, answer, "unchanged", last=last)
        return Change(outcome="unchanged", address=address, source=source.name, file=file)
    text = identity(name, answer.body)
    if text == last.get("text_sha256"):
        note = "other bytes, the same text"
        _record(place, source, answer, "unchanged", last=last, note=note)
        return Change(outcome="unchanged", address=address, source=source.name, file=file, note=note)
    outcome: Outcome = "revised" if last.get("sha256") else "new"
    here = Files(place.folder)  # wherever its parts are
    kept = archive.keep(here, answer)
    here.write(f"{FOLDER}/{name}", answer.body)
    if file and file != name:  # it came as a page and comes as a PDF now
        here.remove(f"{FOLDER}/{file}")
    _record(place, source, answer, outcome, sha256=digest, text_sha256=text, file=name, archive=kept)
    return Change(outcome=outcome, address=address, source=source.name, file=name)


# ---- the ledger's table of captures ----


def _last_captures(place: Workspace, source: Source) -> dict[str, dict[str, Any]]:
    """The last capture of each address of a source, with what is known from the last good one."""
    rows = place.ledger.rows("SELECT * FROM captures WHERE source = ? ORDER BY number", [source.name])
    known: dict[str, dict[str, Any]] = {}
    for row in rows:
        kept = known.get(row["address"], {})
        if row["outcome"] in ("failed", "refused", "gone"):
            row = {**row, **{name: kept.get(name) for name in ("sha256", "text_sha256", "file")}}
        known[row["address"]] = row
    return known


def _record(
    place: Workspace,
    source: Source,
    answer: Answer,
    outcome: Outcome,
    *,
    last: dict[str, Any] | None = None,
    note: str | None = None,
    **facts: Any,
) -> None:
    kept = {name: (last or {}).get(name) for name in ("sha256", "text_sha256", "file")}
    headers = answer.headers
    # A 304 need not repeat what the page's validators are.
    validators = {
        "etag": headers.get("etag") or (last or {}).get("etag"),
        "last_modified": headers.get("last-modified") or (last or {}).get("last_modified"),
    }
    row = {
        **kept,
        **validators,
        "address": answer.address,
        "final_address": answer.final_address,
        "source": source.name,
        "fetched": answer.fetched,
        "outcome": outcome,
        "status": answer.status,
        "content_type": answer.content_type,
        "bytes": len(answer.body),
        "note": note,
        **facts,
    }
    _add(place, row)


def _note(
    place: Workspace, source: Source, address: str, error: FetchError, last: dict[str, Any] | None = None
) -> Change:
    outcome: Outcome = "refused" if error.refused else "failed"
    if error.status in (404, 410) and last and last.get("file"):
        outcome = "gone"
    row = {"address": address, "source": source.name, "fetched": _now(), "outcome": outcome}
    _add(place, {**row, "status": error.status, "note": str(error)})
    again = last is not None and last["outcome"] == outcome
    shown: Outcome = "unchanged" if again and outcome == "gone" else outcome
    log.warning("not fetched", extra={"address": address, "outcome": outcome, "reason": str(error)})
    file = (last or {}).get("file")
    return Change(outcome=shown, address=address, source=source.name, file=file, note=str(error), again=again)


def _add(place: Workspace, row: dict[str, Any]) -> None:
    with place.ledger.transaction() as change:
        change.execute("SELECT coalesce(max(number), 0) + 1 FROM captures")
        number = change.fetchall()[0][0]
        insert(change, "captures", [{"number": number, **row}])


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


# ---- files of plans ----

_SUFFIXES = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "text/plain": ".txt",
    "text/markdown": ".md",
    "application/pdf": ".pdf",
    "application/msword": ".doc",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
}
_MAGIC = ((b"%PDF-", ".pdf"), (b"\xd0\xcf\x11\xe0", ".doc"), (b"PK\x03\x04", ".docx"))
_UNSAFE = re.compile(r"[^\w\-]+")


def _file_name(source: Source, answer: Answer) -> str:
    """Where the plan at an address stands: a name that a person can read, made of safe characters only, and a
    hash of the address, so that no server chooses what is overwritten."""
    path = unquote(urlsplit(answer.address).path)
    last = path.rstrip("/").rsplit("/", 1)[-1]
    stem, _, given = last.rpartition(".")
    suffix = next((suffix for magic, suffix in _MAGIC if answer.body.startswith(magic)), None)
    suffix = suffix or _SUFFIXES.get(answer.content_type)
    if suffix is None:
        suffix = f".{given.lower()}" if given.lower() in ("html", "htm", "txt", "md") else ".html"
    digest = hashlib.sha256(answer.address.encode()).hexdigest()[:10]
    folder = _safe(source.city or urlsplit(source.where).hostname or "") or "sources"
    return f"{folder}/{_safe(stem or last) or 'plan'}-{digest}{suffix}"


def _safe(text: str) -> str:
    return _UNSAFE.sub("-", text).strip("-_")[:40]


def fetched_files(place: Workspace) -> Iterator[dict[str, Any]]:
    """The last row of table captures for each file in ``fetched``."""
    yield from place.ledger.rows(
        "SELECT file, address, source, max(number) AS number FROM captures WHERE file IS NOT NULL "
        "AND outcome IN ('new', 'revised', 'unchanged') GROUP BY file, address, source ORDER BY file"
    )


def _restore(place: Workspace) -> None:
    """Take damaged plans from the archive again: a server that answers 304 would not send them. One that was
    deleted by hand stays away."""
    for row in standing(place):
        path = place.folder / FOLDER / row["file"]
        if not path.exists() or hashlib.sha256(path.read_bytes()).hexdigest() == row["sha256"]:
            continue
        try:
            _, body = archive.bytes_of(place.folder / row["archive"])
        except Exception as error:  # it is damaged as well; `planmine check` tells
            log.error("not restored", extra={"file": row["file"], "reason": str(error)})
            continue
        if hashlib.sha256(body).hexdigest() == row["sha256"]:
            Files(place.folder).write(f"{FOLDER}/{row['file']}", body)
            log.warning("restored from the archive", extra={"file": row["file"]})


def _write_manifest(place: Workspace, config: Config) -> None:
    """``manifest.csv`` of the fetched plans; a source that left ``sources.yaml`` keeps its row's address."""
    described = {source.name: source for source in config.sources}
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow(["file", "city", "agency", "url"])
    for row in fetched_files(place):
        if (place.folder / FOLDER / row["file"]).exists():
            source = described.get(row["source"])
            own = (source.city or "", source.agency or "") if source else ("", "")
            writer.writerow([row["file"], *own, row["address"]])
    data = sink.getvalue().encode("utf-8-sig")
    path = place.folder / FOLDER / "manifest.csv"
    if not path.exists() or path.read_bytes() != data:
        Files(place.folder).write(f"{FOLDER}/manifest.csv", data)
