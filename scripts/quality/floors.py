"""The gate: floors under the figures of quality, in evaluation/baseline.json, that may only rise."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

GUARDED = "units_f1 status category accepted category_macro_f1 figures_f1".split()
MARGIN = 0.005  # what another build of a library may change

Floors = dict[str, dict[str, float]]


def read_floors(path: Path) -> Floors:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def raised(floors: Floors, tests: dict[str, dict[str, Any]]) -> Floors:
    """Each floor at the greater of itself and the figure less MARGIN, to three decimals."""
    found = {name: dict(own) for name, own in floors.items()}
    for name, result in tests.items():
        own = found.setdefault(name, {})
        for metric in GUARDED:
            if (value := result["scores"].get(metric)) is not None:
                own[metric] = max(own.get(metric, 0.0), math.floor((value - MARGIN) * 1000) / 1000)
    return found


def below(floors: Floors, name: str, result: dict[str, Any]) -> list[str]:
    """A line for each figure of the test ``name`` that lies under its floor."""
    return [
        f"{name}: {metric} {result['scores'].get(metric, 0.0):.4f} is below its floor {floor:.3f}"
        for metric, floor in floors.get(name, {}).items()
        if result["scores"].get(metric, 0.0) < floor
    ]
