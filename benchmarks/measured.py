"""What a piece of work costs: processor seconds of this process, and its highest memory."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "build" / "bench"
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"
) | {"TOKENIZERS_PARALLELISM": "false"}


class Clock:
    """Processor seconds since it was made or last read."""

    def __init__(self) -> None:
        self.last = time.process_time()

    def read(self) -> float:
        now = time.process_time()
        spent, self.last = now - self.last, now
        return round(spent, 3)


def megabytes() -> int:
    """The highest memory that this process held so far."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def save(name: str, result: Any) -> None:
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / f"{name}.json").write_text(
        json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )


def load(name: str) -> Any:
    """A saved result; None where that benchmark was not run."""
    path = RESULTS / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def alone(script: str, *arguments: str, python: str = sys.executable) -> None:
    """Run a script of this folder in a process of its own, on one thread."""
    path = os.pathsep.join([str(ROOT / "src"), *filter(None, [os.environ.get("PYTHONPATH")])])
    command = [python, str(ROOT / "benchmarks" / script), *arguments]
    subprocess.run(command, check=True, env={**os.environ, **ONE_THREAD, "PYTHONPATH": path})
