"""How stable themes are: under other seeds, and when documents arrive."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import adjusted_rand_score

from validity.planted import ACTIONS, SAMPLE
from validity.reading import PLANTED, Tables, compared, read_folder, vectors_of

SEEDS = 20
ARRIVING = 0.1


def stability(folder: Path) -> str:
    """Markdown: adjusted Rand indices on the planted world and on the sample."""
    PLANTED["build"](ACTIONS, folder / "world-1", 1)
    lines = [
        "| corpus | plans | seeds | arrival, themes anew | arrival, earlier themes given | ids kept, anew | ids kept, given |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, source in (("planted world", folder / "world-1"), ("sample", SAMPLE)):
        tables = read_folder(source)
        lines.append(f"| {name} | {len(tables['plans'])} | " + " | ".join(_measured(tables)) + " |")
    return "\n".join(lines)


def _measured(tables: Tables) -> list[str]:
    vectors = vectors_of(tables["measures"])
    whole = compared(tables, vectors).theme_measures
    seeds = []
    anew, given, ids_anew, ids_given = [], [], [], []
    for seed in range(SEEDS):
        generator = np.random.default_rng(seed)
        shuffled, names, order = _renamed(tables, generator)
        other = compared(shuffled, vectors[order]).theme_measures
        other["measure_id"] = other["measure_id"].map(names)
        seeds.append(_agreement(whole, other, tables["measures"]["measure_id"]))
        plans = tables["plans"]["plan_id"].to_numpy()
        late = set(generator.choice(plans, max(1, round(ARRIVING * len(plans))), replace=False))
        early = np.array([plan not in late for plan in tables["measures"]["plan_id"]])
        before = compared({**tables, "measures": tables["measures"][early]}, vectors[early]).theme_measures
        kept = compared(tables, vectors, previous=before).theme_measures
        old = tables["measures"].loc[early, "measure_id"]
        themed = old[old.isin(before["measure_id"])]
        anew.append(_agreement(before, whole, themed))
        given.append(_agreement(before, kept, themed))
        earlier = set(before["theme_id"])
        ids_anew.append(len(earlier & set(whole["theme_id"])) / len(earlier))
        ids_given.append(len(earlier & set(kept["theme_id"])) / len(earlier))
    return [
        _range(seeds),
        _range(anew),
        _range(given),
        f"{np.mean(ids_anew):.2f}",
        f"{np.mean(ids_given):.2f}",
    ]


def _renamed(tables: Tables, generator: np.random.Generator) -> tuple[Tables, dict[str, str], np.ndarray]:
    """The rows shuffled and the plans under other ids, so that whatever ties are broken by is another; new id to old."""
    measures = tables["measures"]
    order = generator.permutation(len(measures))
    plans = tables["plans"]["plan_id"].tolist()
    other = dict(zip(plans, (f"{n:016x}" for n in generator.permutation(len(plans))), strict=True))
    rows = measures.iloc[order].reset_index(drop=True)
    old = rows["measure_id"]
    new = old.map(lambda name: f"{other[name.rpartition(':')[0]]}:{name.rpartition(':')[2]}")
    renamed = rows.assign(measure_id=new, plan_id=rows["plan_id"].map(other))
    shown = tables["plans"].assign(plan_id=tables["plans"]["plan_id"].map(other))
    return {**tables, "measures": renamed, "plans": shown}, dict(zip(new, old, strict=True)), order


def _agreement(one: pd.DataFrame, other: pd.DataFrame, ids: pd.Series) -> float:
    """Adjusted Rand index (Hubert & Arabie 1985) over ``ids``; a measure of no theme is one of its own."""
    labels = []
    for frame in (one, other):
        of = dict(zip(frame["measure_id"], frame["theme_id"], strict=True))
        labels.append([of.get(i, i) for i in ids])
    return float(adjusted_rand_score(*labels))


def _range(values: list[float]) -> str:
    return f"{np.mean(values):.3f} ({min(values):.3f} to {max(values):.3f})"
