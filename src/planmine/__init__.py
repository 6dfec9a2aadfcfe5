"""PlanMine reads the published work plans of cities side by side.

>>> import planmine
>>> plans = planmine.read_plans("plans/")        # doctest: +SKIP
>>> measures = planmine.extract("plans/")        # doctest: +SKIP
>>> planmine.compare(measures).similarity        # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

# Name -> module: imported when first used, since spaCy and pandas take seconds.
_PUBLIC = {
    "load": "planmine.pipeline",
    "plan_doc": "planmine.pipeline",
    "read_plans": "planmine.corpus",
    "extract": "planmine.extraction",
    "load_encoder": "planmine.embedding",
    "load_codebook": "planmine.codebook",
    "compare": "planmine.comparing",
    "read_targets": "planmine.targets",
}
__all__ = ["__version__", *_PUBLIC]


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'planmine' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted(__all__)
