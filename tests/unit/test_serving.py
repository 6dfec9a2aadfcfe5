"""``planmine open``: files of the report on loopback, and nothing else."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from planmine.serving import address, server


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[ThreadingHTTPServer]:
    folder = tmp_path / "report"
    (folder / "site").mkdir(parents=True)
    (folder / "index.html").write_text("<p>报告", encoding="utf-8")
    (folder / "site" / "text-0.js").write_text("planmine()", encoding="utf-8")
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    with server(folder) as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        yield serving
        serving.shutdown()


def ask(serving: ThreadingHTTPServer, path: str, **headers: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", serving.server_address[1], timeout=10)
    connection.request("GET", path, headers=headers)
    return connection.getresponse()


def test_the_report_is_served_with_its_headers(serving: ThreadingHTTPServer) -> None:
    answer = ask(serving, "/index.html")
    assert answer.status == 200 and "报告" in answer.read().decode()
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "frame-ancestors 'none'"
    assert ask(serving, "/site/text-0.js").headers["Content-Type"].startswith("text/javascript")
    assert address(serving).startswith("http://127.0.0.1:")
    assert serving.server_address[0] == "127.0.0.1"


@pytest.mark.parametrize(
    "path", ["/../secret.txt", "/%2e%2e/secret.txt", "/site/", "/nothing", "//etc/passwd"]
)
@pytest.mark.attack("Path traversal at the server of `planmine open`", "404")
def test_nothing_beside_the_report_is_served(serving: ThreadingHTTPServer, path: str) -> None:
    answer = ask(serving, path)
    assert answer.status == 404 and b"secret" not in answer.read()


@pytest.mark.attack("DNS rebinding at the server of `planmine open`", "no answer")
def test_a_name_that_was_made_to_point_here_gets_no_answer(serving: ThreadingHTTPServer) -> None:
    assert ask(serving, "/index.html", Host="evil.example:80").status == 403
    assert ask(serving, "/index.html", Host=f"localhost:{serving.server_address[1]}").status == 200


def test_a_taken_port_is_an_error(serving: ThreadingHTTPServer, tmp_path: Path) -> None:
    with pytest.raises(OSError):
        server(tmp_path, serving.server_address[1])
