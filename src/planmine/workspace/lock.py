"""One writer a workspace: a lock that the system frees when its holder dies, and that names the holder."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout


class InUse(RuntimeError):
    """Another process writes to the workspace; the message names it."""


@contextmanager
def locked(folder: Path, command: str, wait: float = 0.0) -> Iterator[None]:
    """Hold the workspace's lock; wait at most ``wait`` seconds for it. Raises InUse.

    The lock is the operating system's (flock), so a process that is killed holds nothing: there is no stale
    lock to remove. On a network drive it is only as good as the drive's locks.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / ".lock", timeout=wait)
    holder = folder / ".lock.json"
    try:
        lock.acquire()
    except Timeout as error:
        raise InUse(f"{folder} is in use by {_holder(holder)}; wait for it, or stop it") from error
    try:
        note = {
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "command": command,
            "since": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        holder.write_text(json.dumps(note), encoding="utf-8")
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def _holder(path: Path) -> str:
    try:
        note = json.loads(path.read_text(encoding="utf-8"))
        return f"`{note['command']}` (process {note['pid']} on {note['host']}, since {note['since']})"
    except (OSError, ValueError, KeyError):  # it was just taken, or just given back
        return "another process"
