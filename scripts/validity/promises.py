"""Promise and result in real reports: a sample of pairs by reference, and how many were judged right.

    python scripts/external_validity.py --source DIR --draw   # writes the sample, keeps judgements that still apply

A pair is kept as path, offsets and sha256 of both measures, the places of both figures, and ``right`` and ``outcome_right``
as judged by reading. The rule: *right* where both measures are about the same quantity (indicator, scope, unit), the
first states it as planned for a year and the second as reached in that year; *outcome_right* where met or missed also
follows from the two wordings.
"""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pandas as pd

from planmine.comparison import find_links, find_results
from validity.reading import ROOT, Tables, vectors_of

FILE = ROOT / "corpus" / "labelled" / "promises.jsonl"
CITIES = ("深圳市", "西安市", "石家庄市")
YEARS = range(2018, 2023)
SIZE = 60


def found_pairs(tables: Tables) -> pd.DataFrame:
    """Table ``results`` of the three cities over five years, with the references of both measures."""
    measures = tables["measures"]
    measures = measures[measures["city"].isin(CITIES) & measures["year"].isin(YEARS)].reset_index(drop=True)
    links = find_links(measures, vectors_of(measures), plans=tables["plans"])
    results = find_results(measures, links, plans=tables["plans"])
    source = tables["plans"].set_index("plan_id")["source"]
    place = measures.assign(source=measures["plan_id"].map(source)).set_index("measure_id")
    for side in ("promised", "result"):
        rows = place.loc[results[f"measure_{side}"]]
        results[f"file_{side}"] = [name.removeprefix("city-reports/") for name in rows["source"]]
        results[f"start_{side}"], results[f"end_{side}"] = rows["start"].to_numpy(), rows["end"].to_numpy()
        results[f"sha256_{side}"] = [hashlib.sha256(text.encode()).hexdigest() for text in rows["text"]]
    return results


def draw(tables: Tables) -> None:
    """Write SIZE pairs, drawn by hash; a judgement made before stays with its pair."""
    pairs = found_pairs(tables)
    old = {key(row): row for row in _stored()}
    ranked = sorted(pairs.to_dict("records"), key=lambda row: hashlib.sha256(key(row).encode()).hexdigest())
    lines = [
        json.dumps(
            {"about": __doc__.split("\n")[0], "cities": CITIES, "years": [YEARS[0], YEARS[-1]]},
            ensure_ascii=False,
        )
    ]
    names = [
        f"{part}_{side}" for side in ("promised", "result") for part in ("file", "start", "end", "sha256")
    ]
    for row in ranked[:SIZE]:
        kept = {name: _plain(row[name]) for name in (*names, "promised", "achieved", "unit", "outcome")}
        judged = {name: old.get(key(row), {}).get(name) for name in ("right", "outcome_right")}
        lines.append(json.dumps(kept | judged, ensure_ascii=False))
    FILE.write_text("\n".join(lines) + "\n", encoding="utf-8")


def key(row: dict) -> str:
    """What a judgement is of: both measures, and the figures."""
    return ":".join(
        str(_plain(row[name]))
        for name in ("sha256_promised", "sha256_result", "promised", "achieved", "outcome")
    )


def _plain(value: object) -> object:
    return value.item() if isinstance(value, np.generic) else value


def _stored() -> list[dict]:
    if not FILE.is_file():
        return []
    return [
        row for row in map(json.loads, FILE.read_text(encoding="utf-8").splitlines()) if "about" not in row
    ]


def judged(tables: Tables) -> str:
    """Markdown: how many of the sampled pairs are right."""
    rows = [row for row in _stored() if row["right"] is not None]
    now = {key(row) for row in found_pairs(tables).to_dict("records")}
    right = sum(row["right"] for row in rows)
    outcome = sum(bool(row["right"] and row["outcome_right"]) for row in rows)
    still = sum(key(row) in now for row in rows)
    return (
        f"{'、'.join(CITIES)}, reports of {YEARS[0]} to {YEARS[-1]}: {len(now)} pairs are found. Of {len(rows)} drawn and "
        f"read, {right} are right, and of {outcome} the outcome (met, missed or unclear) is right as well. They were "
        f"judged by a language model by the rule in `scripts/validity/promises.py`; the judgements stand in "
        f"`corpus/labelled/promises.jsonl`, by reference. {still} of the pairs read are found by this version."
    )
