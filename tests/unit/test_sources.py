"""The fetcher against servers on loopback: politeness, what is kept, and attacks that are refused."""

from __future__ import annotations

import csv
import gzip
import http.server
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from typer.testing import CliRunner

from planmine.cli import app
from planmine.sources import Config, Fetcher, FetchError, Source, SourcesError, fetch_all, guard, load_sources
from planmine.sources.archive import bytes_of
from planmine.workspace import Files, Workspace
from planmine.workspace.checking import check
from planmine.workspace.ledger import Ledger

AGENT = "PlanMine-test (+mailto:test@example.org)"
PLAN = "<html><body><h1>云屏市2024年城管工作计划</h1><p>1.新建公厕20座。</p></body></html>"
Handler = http.server.BaseHTTPRequestHandler


class Site:
    """A web site on loopback: path to a body, or to a function that answers by itself."""

    def __init__(self) -> None:
        self.pages: dict[str, str | bytes | Callable[[Handler], None]] = {}
        self.types: dict[str, str] = {}
        self.asked: list[tuple[str, int]] = []
        self.times: list[float] = []
        site = self

        class Answering(Handler):
            def do_GET(self) -> None:  # noqa: N802
                site.times.append(time.monotonic())
                page = site.pages.get(self.path)
                if callable(page):
                    site.asked.append((self.path, 0))
                    page(self)
                    return
                body = page.encode() if isinstance(page, str) else page
                etag = f'"{hash(body)}"'
                status = 404 if body is None else 304 if self.headers.get("If-None-Match") == etag else 200
                site.asked.append((self.path, status))
                self.send_response(status)
                self.send_header("ETag", etag)
                self.send_header("Content-Type", site.types.get(self.path, "text/html; charset=utf-8"))
                self.send_header("Content-Length", str(len(body) if body and status == 200 else 0))
                self.end_headers()
                if body and status == 200:
                    self.wfile.write(body)

            def log_message(self, *args: object) -> None: ...

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        self.server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def site() -> Iterator[Site]:
    place = Site()
    yield place
    place.server.shutdown()
    place.server.server_close()


def fetcher(**options: object) -> Fetcher:
    given = {"delay": 0.0, "allow": ["127.0.0.1"], "sleep": lambda seconds: None, **options}
    return Fetcher(AGENT, **given)  # type: ignore[arg-type]


def look(place: Workspace, *sources: Source, **options: object) -> list[tuple[str, str]]:
    config = Config(sources=sources, user_agent=AGENT)
    with place.writing("test"):
        changes = fetch_all(
            place, config, fetcher(**options), lambda name, body: body.decode("utf-8", "replace")
        )
    return [(change.outcome, change.address.rpartition("/")[2]) for change in changes]


def always(kind: str, where: str, **more: object) -> Source:
    return Source(kind=kind, where=where, every=0.0, revisit=0.0, **more)  # type: ignore[arg-type]


# ---- finding and keeping plans ----


def test_a_list_page_gives_its_plans_once_and_then_304(site: Site, tmp_path: Path) -> None:
    site.pages["/list"] = (
        '<a href="a.html">2024年工作计划</a> <a href="/news">新闻</a> <a href="//evil.test/x">工作计划</a>'
    )
    site.pages["/a.html"] = PLAN
    source = always("page", f"{site.address}/list", links="工作计划", city="云屏市", agency="城管局")
    place = Workspace(tmp_path)
    assert look(place, source) == [("new", "a.html")]
    file = next((tmp_path / "fetched").rglob("*.html"))
    assert file.read_text(encoding="utf-8") == PLAN and file.parent.name == "云屏市"
    row = next(csv.DictReader((tmp_path / "fetched/manifest.csv").open(encoding="utf-8-sig")))
    assert row == {
        "file": f"云屏市/{file.name}",
        "city": "云屏市",
        "agency": "城管局",
        "url": f"{site.address}/a.html",
    }
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "fetched").rglob("*")}
    site.asked.clear()
    assert look(place, source) == [("unchanged", "a.html")]
    assert site.asked == [("/robots.txt", 404), ("/list", 304), ("/a.html", 304)]
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "fetched").rglob("*")} == before
    assert len(list((tmp_path / "archive").iterdir())) == 1


@pytest.mark.fault("A plan that is changed or taken down quietly", "told, all versions in the archive")
def test_a_revised_plan_and_one_that_vanished_are_told_and_kept(site: Site, tmp_path: Path) -> None:
    site.pages["/plan.html"] = PLAN
    source = always("address", f"{site.address}/plan.html")
    place = Workspace(tmp_path)
    assert look(place, source) == [("new", "plan.html")]
    site.pages["/plan.html"] = PLAN.replace("20座", "2座")
    assert look(place, source) == [("revised", "plan.html")]
    del site.pages["/plan.html"]
    assert look(place, source) == [("gone", "plan.html")]
    assert look(place, source) == [("unchanged", "plan.html")]  # told once
    assert "新建公厕2座" in next((tmp_path / "fetched").rglob("*.html")).read_text(encoding="utf-8")
    kept = [bytes_of(path) for path in (tmp_path / "archive").iterdir()]
    assert {body.decode() for _, body in kept} == {PLAN, PLAN.replace("20座", "2座")}
    assert {address for address, _ in kept} == {f"{site.address}/plan.html"}
    assert not check(place).problems
    next((tmp_path / "archive").iterdir()).write_bytes(b"changed")
    assert len(check(place).problems) == 1


def test_a_page_that_differs_in_a_counter_is_not_revised(site: Site, tmp_path: Path) -> None:
    from planmine.operations.watch import identity

    site.pages["/plan.html"] = PLAN
    place = Workspace(tmp_path)
    for visits, expected in ((1, "new"), (2, "unchanged")):
        site.pages["/plan.html"] = PLAN.replace("<body>", f"<body><!-- visits {visits} -->")
        config = Config(sources=(always("address", f"{site.address}/plan.html"),), user_agent=AGENT)
        with place.writing("test"):
            assert [c.outcome for c in fetch_all(place, config, fetcher(), identity)] == [expected]


@pytest.mark.parametrize("kind", ["rss", "atom", "sitemap", "index"])
def test_feeds_and_sitemaps(site: Site, tmp_path: Path, kind: str) -> None:
    one = f"{site.address}/one.html"
    map_ = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>{one}</loc></url></urlset>'
    site.pages["/map.xml.gz"] = gzip.compress(map_.encode())
    texts = {
        "rss": f'<rss version="2.0"><channel><item><title>工作计划</title><link>{one}</link></item></channel></rss>',
        "atom": f'<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>工作计划</title><link href="{one}"/></entry></feed>',
        "sitemap": map_,
        "index": f"<sitemapindex><sitemap><loc>{site.address}/map.xml.gz</loc></sitemap></sitemapindex>",
    }
    site.pages["/list.xml"], site.pages["/one.html"] = texts[kind], PLAN
    site.types |= {"/list.xml": "application/xml", "/map.xml.gz": "application/gzip"}
    source = always("feed" if kind in ("rss", "atom") else "sitemap", f"{site.address}/list.xml")
    assert look(Workspace(tmp_path), source) == [("new", "one.html")]


@pytest.mark.fault("A clock that was ahead when a source was asked", "asked again all the same")
def test_a_source_is_asked_when_it_is_due_and_a_clock_set_back_does_not_stop_it(
    site: Site, tmp_path: Path
) -> None:
    site.pages["/plan.html"] = PLAN
    source = Source(kind="address", where=f"{site.address}/plan.html", every=3600.0)
    place = Workspace(tmp_path)
    assert look(place, source) == [("new", "plan.html")]
    assert look(place, source) == []
    with place.ledger.transaction() as change:
        for table in ("passes", "captures"):
            change.execute(f"UPDATE {table} SET fetched = '2199-01-01T00:00:00+00:00'")
    assert look(place, source) == [("unchanged", "plan.html")]


@pytest.mark.fault("A dead site, a plan that fails", "costs itself only; asked again at the next pass")
def test_a_dead_list_costs_itself_only_and_a_plan_that_failed_is_asked_again(
    site: Site, tmp_path: Path
) -> None:
    site.pages["/list"], site.pages["/ok"] = '<a href="a.html">工作计划</a>', PLAN
    place = Workspace(tmp_path)
    list_, good = always("page", f"{site.address}/list"), always("address", f"{site.address}/ok")
    dead = always("page", "http://127.0.0.1:9/list")
    assert look(place, dead, list_, good) == [("failed", "list"), ("failed", "a.html"), ("new", "ok")]
    site.pages["/a.html"] = PLAN
    assert look(place, list_) == [("new", "a.html")]  # though the list answered 304


@pytest.mark.fault("A damaged plan of `fetched`", "`check` names it, the next pass takes it from the archive")
def test_a_damaged_plan_is_taken_from_the_archive_and_one_deleted_by_hand_stays_away(
    site: Site, tmp_path: Path
) -> None:
    site.pages["/a.html"], site.pages["/b.html"] = PLAN, PLAN.replace("20", "30")
    sources = [always("address", f"{site.address}/{name}.html") for name in "ab"]
    place = Workspace(tmp_path)
    look(place, *sources)
    damaged, deleted = sorted((tmp_path / "fetched").rglob("*.html"))
    damaged.write_bytes(b"")
    deleted.unlink()
    assert [problem.file for problem in check(place).problems] == [damaged.relative_to(tmp_path).as_posix()]
    assert {outcome for outcome, _ in look(place, *sources)} == {"unchanged"}
    assert damaged.read_text(encoding="utf-8") == PLAN and not deleted.exists()
    assert not check(place).problems


class Killed(BaseException): ...


@pytest.mark.fault(
    "A pass over sources that is cut off at any step", "the next one leaves what an undisturbed one does"
)
def test_a_pass_that_is_cut_off_anywhere_is_made_good_by_the_next(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.pages["/list"] = '<a href="a.html">工作计划</a><a href="b.html">工作计划</a>'
    site.pages["/a.html"] = site.pages["/b.html"] = PLAN
    source = always("page", f"{site.address}/list", city="云屏市")
    look(Workspace(tmp_path / "before"), source)
    site.pages["/list"] += '<a href="c.html">工作计划</a>'
    site.pages["/a.html"], site.pages["/c.html"] = PLAN.replace("20", "2"), PLAN.replace("20", "30")

    def pass_over(name: str, last: int) -> tuple[int, dict[str, bytes]]:
        """A pass that is cut off at step ``last``; how many steps it had, and what stands there."""
        place, count = Workspace(tmp_path / name), 0

        def step() -> None:
            nonlocal count
            count += 1
            if count == last:
                raise Killed

        def write(files: Files, name: str, data: bytes) -> str:
            step()
            return real_write(files, name, data)

        @contextmanager
        def transaction(ledger: Ledger) -> Iterator[object]:
            with real_transaction(ledger) as change:
                yield change
            step()

        with monkeypatch.context() as patch:
            patch.setattr(Files, "write", write)
            patch.setattr(Ledger, "transaction", transaction)
            with suppress(Killed):
                look(place, source)
        files = (path for path in (place.folder / "fetched").rglob("*") if path.is_file())
        return count, {path.relative_to(place.folder).as_posix(): path.read_bytes() for path in files}

    real_write, real_transaction = Files.write, Ledger.transaction
    shutil.copytree(tmp_path / "before", tmp_path / "calm")
    steps, expected = pass_over("calm", 0)
    assert steps > 8 and len(expected) == 4
    for last in range(1, steps + 1):
        shutil.copytree(tmp_path / "before", tmp_path / str(last))
        assert pass_over(str(last), last)[0] == last
        assert pass_over(str(last), 0)[1] == expected
        assert not check(Workspace(tmp_path / str(last))).problems


@pytest.mark.fault("A disk that is full while plans are fetched", "exit code 1; the next pass fetches them")
def test_a_full_disk_fails_the_pass_and_the_next_one_fetches(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.pages["/plan.html"] = PLAN
    (tmp_path / "sources.yaml").write_text(
        f"user_agent: {AGENT!r}\ndelay: 0\nallow: [127.0.0.1]\n"
        f"sources: [{{address: '{site.address}/plan.html', every: 0, revisit: 0}}]\n",
        encoding="utf-8",
    )
    asked = ["fetch", "--workspace", str(tmp_path / "ws"), "--sources", str(tmp_path / "sources.yaml")]
    real = Files.write

    def full(files: Files, name: str, data: bytes) -> str:
        if name.startswith("fetched/"):
            raise OSError(28, "No space left on device")
        return real(files, name, data)

    with monkeypatch.context() as patch:
        patch.setattr(Files, "write", full)
        shown = CliRunner().invoke(app, asked)
        assert shown.exit_code == 1 and "No space left" in shown.stderr
    shown = CliRunner().invoke(app, asked)
    assert shown.exit_code == 0 and shown.stdout.startswith("new ")


# ---- politeness ----


def test_robots_txt_is_obeyed(site: Site, tmp_path: Path) -> None:
    site.pages["/robots.txt"] = "User-agent: PlanMine-test\nDisallow: /private\n"
    site.types["/robots.txt"] = "text/plain"
    site.pages["/private/plan"] = site.pages["/plan"] = PLAN
    refused, fine = (
        always("address", f"{site.address}/private/plan"),
        always("address", f"{site.address}/plan"),
    )
    assert look(Workspace(tmp_path), refused, fine) == [("refused", "plan"), ("new", "plan")]
    assert "/private/plan" not in [path for path, _ in site.asked]


def test_a_host_whose_robots_txt_fails_is_not_asked(site: Site) -> None:
    site.pages["/robots.txt"] = lambda handler: handler.send_error(503)
    site.pages["/plan"] = PLAN
    with pytest.raises(FetchError, match=r"robots\.txt cannot be read"):
        fetcher().get(f"{site.address}/plan")
    assert {path for path, _ in site.asked} == {"/robots.txt"}


def test_a_host_is_asked_no_faster_than_the_delay(site: Site) -> None:
    site.pages["/plan"] = PLAN
    polite = fetcher(delay=0.15, sleep=time.sleep)
    for _ in range(3):
        polite.get(f"{site.address}/plan")
    gaps = [later - earlier for earlier, later in zip(site.times, site.times[1:], strict=False)]
    assert len(gaps) == 3 and min(gaps) > 0.1


def test_a_busy_server_is_asked_again_after_the_time_it_gives(site: Site) -> None:
    answers = [429, 503, 200]
    slept: list[float] = []

    def busy(handler: Handler) -> None:
        status = answers.pop(0)
        handler.send_response(status)
        handler.send_header("Retry-After", "7" if status == 429 else "99999")
        handler.send_header("Content-Type", "text/html")
        handler.send_header("Content-Length", "2")
        handler.end_headers()
        handler.wfile.write(b"ok")

    site.pages["/plan"] = busy
    assert fetcher(sleep=slept.append).get(f"{site.address}/plan").body == b"ok"
    assert slept == [7.0, 60.0]


@pytest.mark.fault("A host that does not answer", "left for the next pass after three failures")
def test_a_host_that_does_not_answer_is_left_for_the_next_pass() -> None:
    with socket.socket() as taken:  # bound, and not listening
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
        asking = fetcher()
        for _ in range(3):
            with pytest.raises(FetchError):
                asking.get(f"{address}/robots.txt")


# ---- servers that stall, lie and attack ----


def endless(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "text/html")
    handler.end_headers()
    try:
        while True:
            handler.wfile.write(b"x" * 65536)
    except OSError:
        pass


def dripping(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "text/html")
    handler.end_headers()
    try:
        for _ in range(400):
            handler.wfile.write(b"x")
            time.sleep(0.05)
    except OSError:
        pass


def headers(pause: float) -> Callable[[Handler], None]:
    def answer(handler: Handler) -> None:
        try:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
            for _ in range(400):
                handler.wfile.write(b"X-More: of the same\r\n" * (1 if pause else 1000))
                time.sleep(pause)
        except OSError:
            pass

    return answer


def bomb(coding: str, layers: int) -> Callable[[Handler], None]:
    body = bytes(30_000_000)
    for _ in range(layers):
        body = gzip.compress(body, 9)

    def answer(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/html")
        handler.send_header("Content-Encoding", coding)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def garbage(handler: Handler) -> None:
    handler.wfile.write(b"\x00\xff not http at all\r\n\r\n")


def half(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "text/html")
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b"half a plan")


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (endless, "larger than 1,000,000 bytes"),
        (dripping, "not sent within"),
        (bomb("gzip", 1), "larger than 1,000,000 bytes"),
        (bomb("gzip, gzip", 2), "content encoding"),
        (garbage, "RemoteProtocolError"),
        (half, "RemoteProtocolError"),
        (lambda handler: time.sleep(1.5), "ReadTimeout|RemoteProtocolError"),
        (headers(0.05), "not sent within"),
        (headers(0.0), "RemoteProtocolError|not sent within"),
    ],
    ids=[
        "an endless body",
        "a body that drips",
        "a compression bomb",
        "a bomb in a bomb",
        "garbage",
        "half a body",
        "silence",
        "headers that drip",
        "endless headers",
    ],
)
@pytest.mark.attack("A hostile server")
def test_hostile_answers(
    site: Site,
    monkeypatch: pytest.MonkeyPatch,
    page: Callable[[Handler], None],
    reason: str,
    got: Callable[[object], None],
) -> None:
    monkeypatch.setattr("planmine.sources.fetch._TRIES", 1)
    site.pages["/plan"], site.pages["/robots.txt"] = page, "User-agent: *"
    site.types["/robots.txt"] = "text/plain"
    asking = fetcher(max_bytes=1_000_000, total_timeout=3.0, read_timeout=1.0)
    started = time.monotonic()
    with pytest.raises(FetchError, match=reason) as caught:
        asking.get(f"{site.address}/plan")
    got(caught.value)
    assert time.monotonic() - started < 20


@pytest.mark.attack("A film in place of a plan", "refused by its content type")
def test_what_is_no_document_is_refused(site: Site, tmp_path: Path) -> None:
    site.pages["/film"], site.types["/film"] = b"\x00" * 100, "video/mp4"
    assert look(Workspace(tmp_path), always("address", f"{site.address}/film")) == [("refused", "film")]


PRIVATE = """127.0.0.1 10.1.2.3 172.16.0.1 192.168.1.1 169.254.169.254 100.100.100.200 0.0.0.0 224.0.0.1 ::1
fe80::1 fc00::1 ::ffff:127.0.0.1 ::ffff:169.254.169.254 64:ff9b::a9fe:a9fe 2002:7f00:1::1""".split()


@pytest.mark.parametrize("address", PRIVATE)
@pytest.mark.attack("A source at an address that is not public")
def test_private_addresses_are_refused(address: str, got: Callable[[object], None]) -> None:
    assert not guard.is_public(address)
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(FetchError, match="not public") as caught:
        fetcher(allow=()).get(f"http://{host}/latest/meta-data")
    got(caught.value)
    assert caught.value.refused


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_public_addresses_are_not(address: str) -> None:
    assert guard.is_public(address)


@pytest.mark.parametrize("host", ["localhost", "0x7f000001", "2130706433", "127.1", "017700000001"])
@pytest.mark.attack("Loopback, spelled otherwise")
def test_other_spellings_of_loopback_are_refused(host: str, got: Callable[[object], None]) -> None:
    with pytest.raises(FetchError, match=r"not public|not known") as caught:
        fetcher(allow=()).get(f"http://{host}:1/")
    got(caught.value)


@pytest.mark.attack("Names that resolve to private addresses, also beside a public one", "refused")
def test_a_name_that_resolves_to_a_private_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def fake(host: str, port: int) -> list[str]:
        return {"mixed.test": ["1.1.1.1", "10.0.0.1"], "inner.test": ["169.254.169.254"]}[host]

    monkeypatch.setattr(guard, "resolve", fake)
    for host in ("mixed.test", "inner.test"):
        with pytest.raises(FetchError, match="not public"):
            fetcher(allow=()).get(f"http://{host}/")


@pytest.mark.attack("DNS rebinding", "resolved once, the address that was checked is used")
def test_the_address_that_was_checked_is_the_one_that_is_used(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: the name is resolved once a connection; a second answer is never asked for."""
    site.pages["/plan"] = PLAN
    answers: list[str] = []

    def rebinding(host: str, port: int) -> list[str]:
        answers.append(host)
        return ["127.0.0.1"]

    monkeypatch.setattr(guard, "resolve", rebinding)
    port = site.address.rpartition(":")[2]
    assert fetcher(allow=["allowed.test"]).get(f"http://allowed.test:{port}/plan").body.decode() == PLAN
    assert set(answers) == {"allowed.test"}
    monkeypatch.setattr(guard.socket, "getaddrinfo", lambda *a, **k: pytest.fail("resolved a second time"))
    with pytest.raises(FetchError, match="not public"):
        fetcher(allow=()).get(f"http://allowed.test:{port}/plan")


@pytest.mark.parametrize(
    "target",
    [
        "http://169.254.169.254/latest",
        "http://[::1]/",
        "file:///etc/passwd",
        "ftp://127.0.0.1/",
        "gopher://x/",
    ],
)
@pytest.mark.attack("A redirect away")
def test_redirects_to_private_addresses_and_other_schemes_are_refused(
    site: Site, target: str, got: Callable[[object], None]
) -> None:
    def away(handler: Handler) -> None:
        handler.send_response(302)
        handler.send_header("Location", target)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    site.pages["/plan"] = away
    with pytest.raises(FetchError, match=r"not public|neither http nor https") as caught:
        fetcher().get(f"{site.address}/plan")
    got(caught.value)
    assert caught.value.refused


@pytest.mark.attack("Redirects without end")
def test_redirects_without_end_are_refused(site: Site, got: Callable[[object], None]) -> None:
    def around(handler: Handler) -> None:
        handler.send_response(302)
        handler.send_header("Location", "/plan")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    site.pages["/plan"] = around
    with pytest.raises(FetchError, match="redirects") as caught:
        fetcher().get(f"{site.address}/plan")
    got(caught.value)


@pytest.mark.attack(
    "Path traversal in an address and in the name of a city", "stored under a safe name inside the workspace"
)
def test_no_server_and_no_source_chooses_where_a_file_goes(site: Site, tmp_path: Path) -> None:
    path = "/..%2f..%2f..%2fescaped%00.html"
    site.pages[path] = PLAN
    look(Workspace(tmp_path / "ws"), always("address", site.address + path, city="../../市"))
    written = list(tmp_path.rglob("*.html"))
    assert len(written) == 1 and written[0].parent == tmp_path / "ws/fetched/市"


@pytest.mark.attack(
    "Entities in feeds and sitemaps (a billion laughs, file:///etc/passwd)", "not expanded, nothing read"
)
def test_entities_of_feeds_and_sitemaps_are_not_expanded(site: Site, tmp_path: Path) -> None:
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    evil = f'<!DOCTYPE x [<!ENTITY l0 "lol">{levels}<!ENTITY f SYSTEM "file:///etc/passwd">]>'
    site.pages["/map.xml"] = f"{evil}<urlset><url><loc>&l9;&f;</loc></url></urlset>"
    site.pages["/feed.xml"] = (
        f"{evil}<rss><channel><item><title>&l9;</title><link>&f;</link></item></channel></rss>"
    )
    site.types |= {"/map.xml": "text/xml", "/feed.xml": "text/xml"}
    started = time.monotonic()
    found = look(
        Workspace(tmp_path),
        always("sitemap", f"{site.address}/map.xml"),
        always("feed", f"{site.address}/feed.xml"),
    )
    assert time.monotonic() - started < 20 and not [one for one in found if one[0] == "new"]


# ---- sources.yaml ----


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sources: []", "no list `sources`"),
        ("sources: [{page: 'ftp://a.test/'}]\nuser_agent: a@b", "no http or https"),
        ("sources: [{page: 'http://u:p@a.test/'}]\nuser_agent: a@b", "password"),
        ("sources: [{address: 'http://a.test/'}]", "user_agent"),
        ("sources: [{address: 'http://a.test/', evry: 1 day}]\nuser_agent: a@b", "`evry` is not known"),
        ("sources: [{address: 'http://a.test/', every: soon}]\nuser_agent: a@b", "no time"),
        ("sources: [{page: 'http://a.test/', links: '('}]\nuser_agent: a@b", "no pattern"),
        ("sources: [{folder: a, city: 甲}]", r"manifest\.csv"),
        ("sources: [{folder: a, page: 'http://a.test/'}]", "needs one of"),
        ("sources: [{folder: a}, {folder: a}]", "twice"),
        ("sources: [{folder: a}]\nnotify: ['json://${PLANMINE_NOT_SET}']", "PLANMINE_NOT_SET"),
        ("sources: !!python/object/apply:os.system ['true']", "no YAML"),
    ],
)
def test_mistakes_in_sources_yaml_are_told(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "sources.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SourcesError, match=message) as caught:
        load_sources(path)
    assert str(path) in str(caught.value)


def test_sources_yaml_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK", "secret")
    (tmp_path / "sources.yaml").write_text(
        "user_agent: a@b\ndelay: 2\nnotify: ['json://host/${HOOK}']\nsources:\n"
        "  - folder: plans\n  - page: https://a.test/list\n    links: 计划\n    every: 12 hours\n",
        encoding="utf-8",
    )
    config = load_sources(tmp_path / "sources.yaml")
    assert config.folders == [tmp_path / "plans"] and config.notify == ("json://host/secret",)
    assert config.sources[1].every == 43200 and config.sources[1].revisit == 7 * 86400
    assert "secret" not in repr(config)
