"""The colours of both heatmaps, in the page and in the figures: one hue in equal steps from zero.

Lightness alone carries the value, so that it reads the same to the colour-blind and in a grey print. The
last step is open, because one large category would else leave all others pale; the legend says so.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

SMALL = 10  # a share of fewer measures than this is shown in grey: it says little
STEPS = 6
LIGHT = ("#e3eef8", "#c0d9ed", "#93bfe0", "#5b9ccb", "#2a72ae", "#0d4a86")
LIGHT_INK = ("#1b1f24",) * 4 + ("#ffffff",) * 2
DARK = ("#1c3047", "#24496d", "#2f6699", "#4d8dc6", "#88bae2", "#cfe6f8")
DARK_INK = ("#f2f5f8",) * 3 + ("#0c1116",) * 3
_WIDTHS = (0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.1, 0.15, 0.2)


def thresholds(values: Iterable[float]) -> list[float]:
    """Lower bounds of all steps but the first: five round numbers, equally far apart.

    The last step begins at or above the eighth decile of the values above zero.
    """
    known = np.array([value for value in values if value == value and value > 0], dtype=np.float64)
    reach = float(np.quantile(known, 0.8)) if len(known) else 0.5
    width = next((w for w in _WIDTHS if w * (STEPS - 1) >= reach), _WIDTHS[-1])
    return [round(width * step, 4) for step in range(1, STEPS)]


def step(value: float, bounds: list[float]) -> int:
    """The place of a value above zero in the scale: 0 to 5."""
    return int(np.searchsorted(bounds, value, side="right"))
