"""Prefect on one machine: offline, quiet, everything inside the workspace. Prefect itself is not imported here."""

from __future__ import annotations

import atexit
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path


def settle(workspace: Path, log_level: str = "WARNING") -> None:
    """Set what is not set yet. Called before Prefect is imported, since it reads its settings then."""
    home = (workspace / "prefect").resolve()
    home.mkdir(parents=True, exist_ok=True)
    defaults = {
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_LOGGING_TO_API_ENABLED": "false",
        "PREFECT_LOGGING_LEVEL": log_level,
        "PREFECT_CLI_PROMPT": "false",
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "180",
        "PREFECT_HOME": str(home),
    }
    for name, value in defaults.items():
        os.environ.setdefault(name, value)


def start_server(seconds: float = 300.0) -> None:
    """A Prefect server on loopback for as long as this process lives, and PREFECT_API_URL for it; one that the
    environment names is used as it is. A schedule needs a server: the one that a flow brings along has no clock.
    Raises RuntimeError where it does not start."""
    if os.environ.get("PREFECT_API_URL"):
        return
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    environment = {**os.environ, "PREFECT_UI_API_URL": f"http://127.0.0.1:{port}/api"}
    server = subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=_end_with_parent if sys.platform == "linux" else None,
    )
    atexit.register(_stop, server)
    address, until = f"http://127.0.0.1:{port}/api", time.monotonic() + seconds
    while not _answers(f"{address}/health"):
        if server.poll() is not None or time.monotonic() > until:
            raise RuntimeError("the Prefect server did not start: `prefect server start` says why")
        time.sleep(0.5)
    os.environ["PREFECT_API_URL"] = address


def _answers(address: str) -> bool:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(address, timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _end_with_parent() -> None:
    """In the new process, on Linux: be told to end when its parent ends, however that went (prctl(2))."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(20)
    except subprocess.TimeoutExpired:
        server.kill()
