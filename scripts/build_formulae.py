"""Learn the set phrases of the archive and write src/planmine/comparison/formulae.json.

    python scripts/build_formulae.py --source DIR

DIR holds the city work reports that corpus/labelled/README.md names. Only digests are stored, no text.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path

from tqdm import tqdm

from planmine.comparison.formulae import clauses, digest
from planmine.corpus import discover, read
from planmine.pipeline import units_of

SHARE = 0.10  # of the cities of the archive
OUT = Path(__file__).resolve().parents[1] / "src" / "planmine" / "comparison" / "formulae.json"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--source", type=Path, required=True)
    options = parser.parse_args()
    cities: dict[str, set[str]] = defaultdict(set)
    every = set()
    for file in tqdm(discover([options.source])[0]):
        for plan in read(file)[0]:
            if plan.city is None:
                continue
            every.add(plan.city)
            for unit in units_of(plan):
                if unit.kind == "measure":
                    for _, _, clause in clauses(unit.text):
                        cities[clause].add(plan.city)
    least = SHARE * len(every)
    chosen = sorted(digest(clause) for clause, own in cities.items() if len(own) >= least)
    about = (
        f"Clauses that stand word for word in reports of at least {SHARE:.0%} of {len(every)} cities, as the first twelve "
        "digits of sha256 of their normal form; written by scripts/build_formulae.py."
    )
    OUT.write_text(json.dumps({"about": about, "digests": chosen}, indent=0) + "\n", encoding="utf-8")
    print(f"{len(chosen)} set phrases of {len(cities)} clauses")


if __name__ == "__main__":
    main()
