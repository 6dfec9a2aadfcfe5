"""Hold what recurs, what is missing and what became of it against facts known from elsewhere.

    python scripts/external_validity.py --source DIR [--draw]

Writes docs/external-validity.md (planted facts, stability, corrected coverage, promise and result) and
docs/known-history.md (five actions in real reports). ``--source``: the public reports (corpus/labelled/README.md);
``--draw`` draws the pairs to be read anew and stops.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from validity import history, planted, promises, simulation, stability
from validity.reading import ROOT, read_folder

DOCS = ROOT / "docs"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--source", type=Path, required=True)
    parser.add_argument("--draw", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        scratch = Path(made)
        reports = read_folder(asked.source)
        if asked.draw:
            promises.draw(reports)
            return
        (DOCS / "external-validity.md").write_text(_validity(scratch, reports), encoding="utf-8")
        (DOCS / "known-history.md").write_text(_history(reports), encoding="utf-8")


def _validity(scratch: Path, reports: dict) -> str:
    return f"""# External validity of themes, gaps, change and results

Written by `python scripts/external_validity.py`.

## Planted worlds

{len(planted.WORLDS)} worlds of 20 invented cities over four years (`tests/planted_world.py`), 20 actions in several wordings
each, read from files like any plan. A theme is right where it shares more than half of all measures with a planted
one; a first mover is a theme's first city and year; a change is right with both its measures. Thresholds were chosen
on other actions (`scripts/fit_themes.py`).

{planted.worlds(scratch)}

## The sample corpus

Facts of `corpus/sample/facts.yaml`, written before any of this and in freer wording. That a result may quote the plan's figure, and
say 只完成 or 实际 of its own, was learned from promises missed here, so their figure is somewhat optimistic.

{planted.sample(scratch)}

## Stability

Adjusted Rand index, mean (lowest to highest) of {stability.SEEDS} draws. Seeds: rows shuffled and plans renamed, so that ties
are broken otherwise. Arrival: a tenth of the plans comes later; over the earlier measures that had a theme. Anew:
themes are found without knowledge of the earlier ones; given: with the earlier table as `previous`, where old measures keep
their themes by construction.

{stability.stability(scratch)}

## Corrected coverage

{simulation.simulation()}

## Promise and result

{promises.judged(reports)}
"""


def _history(reports: dict) -> str:
    return f"""# Known history in real reports

Written by `python scripts/external_validity.py` from {len(reports["plans"]):,} annual reports of
{reports["plans"]["city"].nunique()} city governments (`corpus/labelled/README.md` names the source). For each term all measures that
hold it and twice as many that are likest without it go into the comparison; the themes do not know the term. Few
reports are from before 2014, so shares and not counts make the curve. These are times, not causes.

{history.history(reports)}
"""


if __name__ == "__main__":
    main()
