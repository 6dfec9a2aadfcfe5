"""Structured logs: what a run did, a JSON object a line, in ``WORKSPACE/logs/planmine.jsonl``."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path

_OWN = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_BYTES, _FILES = 5_000_000, 5


class Lines(logging.Formatter):
    """A record as one line of JSON: time, level, what, and the fields given as ``extra``."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "what": record.getMessage(),
            **{name: value for name, value in vars(record).items() if name not in _OWN},
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


@contextmanager
def logged(workspace: Path) -> Iterator[None]:
    """Write the records of PlanMine's loggers to the workspace, five files of 5 MB at most."""
    folder = workspace / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    handler = RotatingFileHandler(
        folder / "planmine.jsonl", maxBytes=_BYTES, backupCount=_FILES - 1, encoding="utf-8", delay=True
    )
    handler.setFormatter(Lines())
    logger = logging.getLogger("planmine")
    level = logger.level
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
        handler.close()
