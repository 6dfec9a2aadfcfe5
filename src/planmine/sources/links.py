"""Which plans a list page, feed or sitemap names."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Iterable, Iterator
from urllib.parse import urldefrag, urljoin, urlsplit

from planmine.sources.config import Source
from planmine.sources.fetch import MAX_BYTES, Answer, FetchError

_GZIP = b"\x1f\x8b"


def links_of(source: Source, answer: Answer) -> list[str]:
    """Addresses of plans, in their order, each once: those that match ``source.links``. Raises FetchError.

    Addresses of other hosts are left out unless the source says so, and those that are neither http nor https.
    """
    found = {"page": _of_page, "feed": _of_feed, "sitemap": _of_sitemap}[source.kind](answer)
    return list(dict.fromkeys(_wanted(source, answer, found)))[: source.limit]


def sitemaps_of(answer: Answer) -> list[str]:
    """The sitemaps that an index of sitemaps names."""
    return [address for kind, address in _locations(answer) if kind == "sitemap"]


def _wanted(source: Source, answer: Answer, found: Iterable[tuple[str, str]]) -> Iterator[str]:
    pattern = re.compile(source.links) if source.links else None
    host = urlsplit(answer.final_address).netloc
    for address, text in found:
        try:
            whole = urldefrag(urljoin(answer.final_address, address.strip())).url
            parts = urlsplit(whole)
        except ValueError:
            continue
        if parts.scheme not in ("http", "https") or whole == answer.final_address:
            continue
        if parts.netloc != host and not source.other_hosts:
            continue
        if pattern is None or pattern.search(text) or pattern.search(whole):
            yield whole


def _of_page(answer: Answer) -> Iterator[tuple[str, str]]:
    from lxml import etree, html

    from planmine.corpus.readers import ReadError, decode

    try:
        text = decode(answer.body)[0]
        page = html.document_fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", text))
    except (ReadError, etree.LxmlError, ValueError) as error:
        raise FetchError(f"no page with links ({error})") from error
    base = next(iter(page.xpath("//base/@href")), "")
    for link in page.iter("a"):
        if href := link.get("href"):
            name = " ".join([*link.itertext(), link.get("title") or ""])
            yield urljoin(base, href) if base else href, " ".join(name.split())


def _of_feed(answer: Answer) -> Iterator[tuple[str, str]]:
    import feedparser

    feed = feedparser.parse(io.BytesIO(answer.body), response_headers={"content-type": answer.content_type})
    if not feed.entries and feed.bozo:
        raise FetchError(f"no feed ({feed.bozo_exception})")
    for entry in feed.entries:
        if link := entry.get("link"):
            yield str(link), str(entry.get("title", ""))


def _of_sitemap(answer: Answer) -> Iterator[tuple[str, str]]:
    return ((address, "") for kind, address in _locations(answer) if kind == "url")


def _locations(answer: Answer) -> Iterator[tuple[str, str]]:
    from lxml import etree

    body = answer.body
    if body.startswith(_GZIP):
        unpack = zlib.decompressobj(31)
        try:
            body = unpack.decompress(body, MAX_BYTES)
        except zlib.error as error:
            raise FetchError(f"no gzip ({error})") from error
        if unpack.unconsumed_tail:
            raise FetchError(f"unpacks to more than {MAX_BYTES:,} bytes", refused=True)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, recover=False)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise FetchError(f"no sitemap ({error})") from error
    for place in root.iter("{*}loc"):
        parent = place.getparent()
        if place.text and parent is not None:
            yield etree.QName(parent).localname, place.text.strip()
