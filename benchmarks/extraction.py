"""Where the time of reading goes: ``python extraction.py SOURCE``: characters and units a second on one core, by room."""

from __future__ import annotations

import cProfile
import pstats
import sys
import time
from collections import Counter
from pathlib import Path

from measured import ROOT, Clock, megabytes, save

PLANS = 60
ROOMS = ("segment", "coding", "targets", "gazetteer", "corpus", "records")


def room_of(file: str) -> str:
    """The room of the architecture that a source file belongs to, or its library."""
    parts = Path(file).parts
    if "planmine" in parts:
        name = Path(parts[len(parts) - parts[::-1].index("planmine")]).stem
        return name if name in ROOMS else "pipeline"
    return parts[parts.index("site-packages") + 1] if "site-packages" in parts else "Python"


def main() -> None:
    from planmine import pipeline
    from planmine.corpus import discover, read

    source = ROOT / "corpus" / "sample" if sys.argv[1] == "-" else sys.argv[1]
    plans = []
    clock = Clock()
    for file in discover([source])[0]:
        plans += read(file)[0]
        if len(plans) >= PLANS:
            break
    reading = clock.read()
    plans = plans[:PLANS]
    list(pipeline.measures_of(plans[:1]))  # the coder is loaded
    clock.read()
    units = sum(len(measures) for _, measures in pipeline.measures_of(plans))
    seconds = clock.read()
    profile = cProfile.Profile(timer=time.process_time)
    profile.enable()
    list(pipeline.measures_of(plans))
    profile.disable()
    spent: Counter[str] = Counter()
    for (file, _, _), (_, _, own, _, callers) in pstats.Stats(profile).stats.items():  # type: ignore[attr-defined]
        if file == "~" and callers:  # a built-in function: the time is its callers'
            for (calling, _, _), (_, _, part, _) in callers.items():
                spent[room_of(calling)] += part
        else:
            spent[room_of(file)] += own
    total = sum(spent.values())
    characters = sum(plan.end - plan.start for plan in plans)
    save(
        "extraction",
        {
            "plans": len(plans),
            "characters": characters,
            "units": units,
            "reading": reading,
            "seconds": seconds,
            "megabytes": megabytes(),
            "shares": {name: round(part / total, 3) for name, part in spent.most_common(8)},
        },
    )


if __name__ == "__main__":
    main()
