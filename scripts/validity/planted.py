"""What of planted facts is found: worlds of 20 cities over four years, and the sample corpus."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import yaml

from validity.reading import PLANTED, ROOT, Tables, as_tables, compared, read_folder, vectors_of

ACTIONS = ROOT / "tests" / "golden" / "planted.yaml"
SAMPLE = ROOT / "corpus" / "sample"
WORLDS = (1, 2, 3)


def worlds(folder: Path) -> str:
    """Markdown: precision and recall over the worlds, mean and worst."""
    found = []
    for seed in WORLDS:
        world = PLANTED["build"](ACTIONS, folder / f"world-{seed}", seed)
        tables = read_folder(folder / f"world-{seed}")
        comparison = compared(tables, vectors_of(tables["measures"]))
        found.append(PLANTED["scores"](world, as_tables(tables, comparison)))
    lines = ["| planted | precision | recall | worst precision | worst recall |", "|---|---|---|---|---|"]
    for name in found[0]:
        values = np.array([scores[name] for scores in found])
        mean, worst = values.mean(axis=0), values.min(axis=0)
        lines.append(f"| {name} | {mean[0]:.2f} | {mean[1]:.2f} | {worst[0]:.2f} | {worst[1]:.2f} |")
    return "\n".join(lines)


def sample(folder: Path) -> str:
    """Markdown: how many of the facts of corpus/sample/facts.yaml are in the tables."""
    facts = yaml.safe_load((SAMPLE / "facts.yaml").read_text(encoding="utf-8"))
    tables = read_folder(SAMPLE)
    found = as_tables(tables, compared(tables, vectors_of(tables["measures"])))
    counts = facts_found(facts, found)
    lines = ["| fact | found | of |", "|---|---|---|"]
    return "\n".join([*lines, *(f"| {name} | {sum(hits)} | {len(hits)} |" for name, hits in counts.items())])


def facts_found(facts: dict, found: Tables) -> dict[str, list[bool]]:
    """For each kind of fact of facts.yaml whether each is in the tables of a run."""
    return {**_changes(facts, found), **_others(facts, found)}


def _ids(tables: Tables, city: str, year: int, quote: str) -> list[str]:
    rows = tables["measures"]
    rows = rows[(rows["city"] == city) & (rows["year"] == year)]
    wanted = "".join(quote.split())
    return [
        i for i, text in zip(rows["measure_id"], rows["text"], strict=True) if wanted in "".join(text.split())
    ]


def _changes(facts: dict, found: Tables) -> dict[str, list[bool]]:
    rows, counts = found["changes"], {}
    for name, kind in (("kept", "kept"), ("raised", "strengthened"), ("lowered", "weakened"), ("dropped", "dropped"), ("new", "new")):  # fmt: skip
        hits = []
        for fact in facts["changes"][name]:
            own = rows[rows["city"] == fact["city"]]
            for end, year, column in (("from", 2023, "measure_from"), ("to", 2024, "measure_to")):
                if end in fact:
                    own = own[own[column].isin(_ids(found, fact["city"], year, fact[end]["quote"]))]
            hits.append(len(own) > 0 and bool((own["change"] == kind).all()))
        counts[kind] = hits
    return counts


def _others(facts: dict, found: Tables) -> dict[str, list[bool]]:
    rows, hits = found["results"], []
    for fact in facts["promises"]:
        promise, outcome = (
            _ids(found, fact["city"], year, fact[end]["quote"])
            for end, year in (("promise", 2023), ("outcome", 2024))
        )
        own = rows[rows["measure_promised"].isin(promise) & rows["measure_result"].isin(outcome)]
        own = own[own["outcome"] == ("met" if fact["met"] else "missed")]
        hits.append(
            bool(
                np.isclose(own["promised"] / fact["planned"], 1).any()
                | np.isclose(own["promised"] * 10_000 / fact["planned"], 1).any()
            )
        )
    theme = found["theme_measures"].set_index("measure_id")["theme_id"]
    first = found["themes"].set_index("theme_id")[["first_city", "first_year"]]
    actions = {action["id"]: action["measures"] for action in facts["shared_actions"]}
    movers = []
    for fact in facts["first_movers"]:
        ids = [i for m in actions[fact["action"]] for i in _ids(found, m["city"], m["year"], m["quote"])]
        told = {tuple(first.loc[theme[i]]) for i in ids if i in theme.index}
        movers.append((fact["first"], fact["year"]) in told)
    return {"promise and result": hits, "first movers": movers}
