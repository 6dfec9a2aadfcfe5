"""``planmine diff``: what changed from one run to another, and whether new texts or new models did it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from planmine.workspace.place import Workspace

Cause = Literal["text", "model", "text and model"]
_CODED = ["category", "status"]  # what a model says of a measure
_SAME = ["_plan", "text", "_nth"]
_ANEW = {"models.coder", "models.encoder", "codebook.sha256", "versions.planmine", "settings.abstain"}
_CELL = ["city", "year", "category"]
_COUNTS = ["measures", "planned", "completed", "with_target"]


class NoSuchRun(ValueError):
    """No complete run has that name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Frames of what changed from run ``before`` to run ``after``.

    ``plans``: change (new, gone, revised: another text of the same source), city, year, title, source, plan_id,
    plan_id_before. ``measures``: change (new, gone, recoded), cause, city, year, measure_id, category, category_before,
    status, status_before, text. ``cells`` of coverage: city, year, category, the counts after and before, and
    ``cause``. ``pairs`` of cities (category ``all``): similarity after and before, and ``cause``. ``made_with``:
    names of models, settings and versions that differ, as (before, after).
    """

    before: str
    after: str
    plans: pd.DataFrame = field(repr=False)
    measures: pd.DataFrame = field(repr=False)
    cells: pd.DataFrame = field(repr=False)
    pairs: pd.DataFrame = field(repr=False)
    made_with: dict[str, tuple[Any, Any]]

    @property
    def empty(self) -> bool:
        return all(frame.empty for frame in (self.plans, self.measures, self.cells, self.pairs))


def run_folder(place: Workspace, run: str) -> Path:
    """The report of a run: its id, its name, a number, ``latest`` or ``previous``. Raises NoSuchRun."""
    rows = place.ledger.rows("SELECT number, run_id, name FROM runs WHERE state = 'complete' ORDER BY number")
    if run in ("latest", "previous"):
        index = -1 if run == "latest" else -2
        found = rows[index:][:1] if len(rows) >= -index else []
    else:
        found = [row for row in rows if run in (row["run_id"], row["name"], str(row["number"]))]
        found = found[-1:]  # a name that was given again means the later run
    if not found or not (place.reports / found[0]["run_id"]).is_dir():
        raise NoSuchRun(f"{place.folder} has no run `{run}`: `planmine runs` lists them")
    return place.reports / str(found[0]["run_id"])


def difference(before: Path, after: Path) -> Difference:
    """Compare the reports of two runs, given by their folders."""
    old, new = _Report(before), _Report(after)
    plans = _plans(old.plans, new.plans)
    made_with = _made_with(old.manifest, new.manifest)
    measures = _measures(old.measures, new.measures, plans, bool(_ANEW & set(made_with)))
    return Difference(
        before=before.name,
        after=after.name,
        plans=plans,
        measures=measures,
        cells=_cells(old, new, measures),
        pairs=_pairs(old, new, measures, made_with),
        made_with=made_with,
    )


class _Report:
    def __init__(self, folder: Path) -> None:
        self.plans, self.measures, self.coverage, self.similarity = (
            pd.read_parquet(folder / "tables" / f"{name}.parquet")
            for name in ("plans", "measures", "coverage", "similarity")
        )
        self.manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))


def _plans(old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    gone = old[~old["plan_id"].isin(new["plan_id"])]
    came = new[~new["plan_id"].isin(old["plan_id"])]
    # One text of a source in place of another is a revision; where a source holds several plans, in their order.
    numbered = [frame.assign(_nth=frame.groupby("source").cumcount()) for frame in (gone, came)]
    both = numbered[1].merge(
        numbered[0][["source", "_nth", "plan_id"]],
        on=["source", "_nth"],
        how="left",
        suffixes=("", "_before"),
    )
    kind = both["plan_id_before"].isna().map({True: "new", False: "revised"})
    lost = gone[~gone["plan_id"].isin(both["plan_id_before"])].assign(plan_id_before=None)
    lost = lost.assign(plan_id_before=lost["plan_id"], plan_id=None, change="gone")
    columns = ["change", "city", "year_to", "title", "source", "plan_id", "plan_id_before"]
    found = _stack([both.assign(change=kind)[columns], lost[columns]])
    return found.rename(columns={"year_to": "year"}).sort_values(["change", "source"], ignore_index=True)


def _measures(old: pd.DataFrame, new: pd.DataFrame, plans: pd.DataFrame, anew: bool) -> pd.DataFrame:
    revised = plans[plans["change"] == "revised"]
    later = dict(zip(revised["plan_id_before"], revised["plan_id"], strict=True))
    sides = [_identified(new, {}), _identified(old, later)]
    both = sides[0].merge(sides[1], on=_SAME, how="outer", suffixes=("", "_before"), indicator=True)
    changed = pd.Series(False, index=both.index)
    for name in _CODED:
        changed |= (both["_merge"] == "both") & (both[name] != both[f"{name}_before"])
    kinds = both["_merge"].astype(str).map({"left_only": "new", "right_only": "gone", "both": "recoded"})
    both = both.assign(change=kinds)[(both["_merge"] != "both") | changed]
    for name in ("city", "year", "measure_id"):
        both[name] = both[name].where(both["change"] != "gone", both[f"{name}_before"])
    texts = set(plans["plan_id"].dropna()) | set(plans["plan_id_before"].dropna())
    # In a plan that was revised under a new model, either may have moved a code.
    of_text: Cause = "text and model" if anew else "text"
    both["cause"] = [
        (of_text if kind == "recoded" else "text") if plan in texts else "model"
        for plan, kind in zip(both["_plan"], both["change"], strict=True)
    ]
    columns = ["change", "cause", "city", "year", "measure_id"]
    columns += [column for name in _CODED for column in (name, f"{name}_before")]
    return both[[*columns, "text"]].sort_values(["change", "measure_id"], ignore_index=True)


def _identified(measures: pd.DataFrame, later: dict[str, str]) -> pd.DataFrame:
    """Measures by what makes them the same in two runs: the plan (or its revision), the text, the how-many-th."""
    plan = measures["plan_id"].replace(later) if later else measures["plan_id"]
    named = measures[["measure_id", "city", "year", "text", *_CODED]].assign(_plan=plan)
    return named.assign(_nth=named.groupby(["_plan", "text"]).cumcount())


def _cells(old: _Report, new: _Report, measures: pd.DataFrame) -> pd.DataFrame:
    kept = [*_CELL, *_COUNTS]
    both = new.coverage[kept].merge(old.coverage[kept], on=_CELL, how="outer", suffixes=("", "_before"))
    for name in (name for name in both if name not in _CELL):
        both[name] = both[name].fillna(0).astype("Int64")
    moved = pd.Series(False, index=both.index)
    for name in _COUNTS:
        moved |= both[name] != both[f"{name}_before"]
    both = both[moved].reset_index(drop=True)
    touched = [_touched(_by(measures, cause)) for cause in ("text", "model")]
    cells = both[_CELL].astype(object).itertuples(index=False, name=None)
    both["cause"] = [_cause(*((cell in cells_of) for cells_of in touched)) for cell in cells]
    return both.sort_values(_CELL, ignore_index=True)


def _by(measures: pd.DataFrame, cause: str) -> pd.DataFrame:
    named = pd.Series([cause in given for given in measures["cause"]], index=measures.index, dtype=bool)
    return measures[named]


def _touched(measures: pd.DataFrame) -> set[tuple[Any, ...]]:
    """Cells that measures stand in or stood in."""
    cells: set[tuple[Any, ...]] = set()
    for category in ("category", "category_before"):
        rows = measures[["city", "year", category]].dropna()
        cells |= set(rows.astype(object).itertuples(index=False, name=None))
    return cells


def _pairs(
    old: _Report, new: _Report, measures: pd.DataFrame, made_with: dict[str, tuple[Any, Any]]
) -> pd.DataFrame:
    names = ["city_a", "city_b"]
    sides = [
        report.similarity.loc[report.similarity["category"] == "all", [*names, "similarity"]]
        for report in (new, old)
    ]
    both = sides[0].merge(sides[1], on=names, how="outer", suffixes=("", "_before"))
    same = (both["similarity"] == both["similarity_before"]) | (
        both["similarity"].isna() & both["similarity_before"].isna()
    )
    both = both[~same].reset_index(drop=True)
    by_text, by_model = (set(_by(measures, cause)["city"].dropna()) for cause in ("text", "model"))
    # A new encoder moves every pair; new texts elsewhere move one through its set phrases and candidates.
    anew = bool(_ANEW & set(made_with))
    causes = []
    for a, b in both[names].itertuples(index=False, name=None):
        model = anew or bool({a, b} & by_model)
        causes.append(_cause(bool({a, b} & by_text) or not model, model))
    both["cause"] = causes
    return both.sort_values(names, ignore_index=True)


def _cause(text: bool, model: bool) -> Cause:
    if text and model:
        return "text and model"
    return "model" if model else "text"


def _made_with(old: dict[str, Any], new: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    found = {}
    for group in ("models", "settings", "codebook", "versions"):
        one, two = old.get(group) or {}, new.get(group) or {}
        for name in sorted({*one, *two}):
            if one.get(name) != two.get(name):
                found[f"{group}.{name}"] = (one.get(name), two.get(name))
    return found


def _stack(frames: list[pd.DataFrame]) -> pd.DataFrame:
    filled = [frame for frame in frames if not frame.empty]
    return pd.concat(filled, ignore_index=True) if filled else frames[0]


def last_change(place: Workspace) -> str | None:
    """What changed from the run before to the last, as text; None where there is no run before."""
    rows = place.ledger.rows("SELECT count(*) AS n FROM runs WHERE state = 'complete'")
    if not rows or rows[0]["n"] < 2:
        return None
    return describe(difference(run_folder(place, "previous"), run_folder(place, "latest")))


def describe(found: Difference, limit: int = 20) -> str:
    """The difference as text for a terminal or a message: counts, then the first rows of each kind."""
    lines = [f"{found.before} -> {found.after}"]
    if found.empty:
        lines.append("no difference: the same plans, measures and numbers")
    for kind, count in found.plans["change"].value_counts().sort_index().items():
        lines.append(f"plans {kind:<9} {count:>7,}")
    for kind, count in found.measures["change"].value_counts().sort_index().items():
        lines.append(f"measures {kind:<6} {count:>7,}")
    for frame, what in ((found.cells, "cells"), (found.pairs, "pairs")):
        for cause, count in frame["cause"].value_counts().sort_index().items() if len(frame) else ():
            lines.append(f"{what} moved by new {cause} {count:>7,}")
    for name, (before, after) in found.made_with.items():
        lines.append(f"{name}: {_short(before)} -> {_short(after)}")
    for row in found.plans.head(limit).itertuples():
        year = "" if pd.isna(row.year) else row.year
        lines.append(f"{row.change} plan: {row.city or '?'} {year} {row.title or ''} ({row.source})")
    for row in found.measures.head(limit).itertuples():
        anew = "" if row.change != "recoded" else f" {row.category_before} -> {row.category} ({row.cause})"
        lines.append(f"{row.change} measure: {row.city or '?'} {row.text[:60]}{anew}")
    for row in found.cells.head(limit).itertuples():
        lines.append(
            f"cell {row.city} {row.year} {row.category}: {row.measures_before} -> {row.measures} measures ({row.cause})"
        )
    return "\n".join(lines)


def _short(value: Any) -> str:
    return str(value)[:12] if isinstance(value, str) and len(value) > 40 else str(value)
