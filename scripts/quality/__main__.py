"""Measure the reading, write docs/quality.md, and raise the floors of the gate.

    python scripts/quality --source DIR [--gold FILE --text DIR]

DIR is the public source of the references (corpus/labelled/README.md). A gold file of one's own may be added;
it is shown and has no floor, since others cannot measure it. Exit code 1 where a figure is below its floor.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import floors
import measure
import page
import summary

from planmine import pipeline
from planmine.evaluation import evaluate, gold_files, read_gold


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--source", type=Path, required=True)
    parser.add_argument("--gold", type=Path)
    parser.add_argument("--text", type=Path)
    options = parser.parse_args()
    tests = {"bureau plans": measure.bureau(), "work reports": measure.reports(options.source)}
    baseline = measure.ROOT / "evaluation" / "baseline.json"
    guarded = floors.read_floors(baseline)
    low = [line for name, result in tests.items() for line in floors.below(guarded, name, result)]
    if not low:
        text = json.dumps(floors.raised(guarded, tests), indent=1)
        baseline.write_text(text + "\n", encoding="utf-8")
    if options.gold:
        tests["seed plans"] = evaluate(read_gold(gold_files(options.gold)), options.text)
    figures = {
        "coder": pipeline.default_coder().revision,
        "tests": tests,
        "units": measure.units_of_reports(options.source),
        "places": measure.places(options.source),
        "coders": measure.coders(),
        "strength": measure.strength(options.source),
    }
    compared = measure.ROOT / "evaluation" / "families.json"
    families = json.loads(compared.read_text(encoding="utf-8")) if compared.is_file() else None
    docs = measure.ROOT / "docs"
    (docs / "quality.md").write_text(page.page(figures, families), encoding="utf-8")
    summary.write()
    page.pictures(tests, docs)
    print("\n".join(page.table(tests)))
    print(*low, sep="\n", file=sys.stderr)
    sys.exit(1 if low else 0)


if __name__ == "__main__":
    main()
