"""``planmine open``: the last report on loopback, for a browser of this machine and no one else."""

from __future__ import annotations

from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

HOST = "127.0.0.1"
_HEADERS = {
    # what a page cannot say of itself; the rest of its policy stands in the page
    "Content-Security-Policy": "frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class _Handler(SimpleHTTPRequestHandler):
    """Files of one folder; no listings, and no answer to a name that was made to point here (DNS rebinding)."""

    extensions_map = {  # noqa: RUF012
        **SimpleHTTPRequestHandler.extensions_map,
        ".js": "text/javascript; charset=utf-8",
        ".html": "text/html; charset=utf-8",
        ".md": "text/plain; charset=utf-8",
        ".cff": "text/plain; charset=utf-8",
        ".bib": "text/plain; charset=utf-8",
    }

    def send_head(self) -> Any:
        name = self.headers.get("Host", "").rpartition(":")[0]
        if name not in (HOST, "localhost"):
            self.send_error(403, "this server answers to loopback only")
            return None
        return super().send_head()

    def list_directory(self, path: Any) -> None:
        self.send_error(404, "no such file")

    def end_headers(self) -> None:
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: what a reader opens is no news."""


def server(folder: Path, port: int = 0) -> ThreadingHTTPServer:
    """A server of ``folder`` on loopback; ``port`` 0 takes a free one. Raises OSError where the port is taken."""
    return ThreadingHTTPServer((HOST, port), partial(_Handler, directory=str(folder)))


def address(serving: ThreadingHTTPServer) -> str:
    """Where the report stands."""
    return f"http://{HOST}:{serving.server_address[1]}/index.html"
