"""Settings of Prefect for one machine: offline, quiet, everything inside the workspace. No import of Prefect."""

from __future__ import annotations

import os
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
