"""A world of invented cities whose plans say what is planted in them, and how much of it the tables find.

``build`` writes the plans of 20 cities over four years from a file of actions (tests/golden/planted.yaml), each
wording drawn anew, and gives the facts; ``scores`` holds the tables of a run against them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd
import yaml

from planmine.corpus import discover, read
from planmine.pipeline import measures_of
from planmine.records import Plan

CITIES = """青屿市 墨川市 禾陵市 沐阳岭市 临溪口市 栖霞湾市 云麓市 汐州市 榕岸市 雁泽市 砾石滩市 枫桥浦市 岚谷市 梧津市
杏坝市 鹭汀市 柏垣市 泠江市 芷岗市 渌塘市""".split()
YEARS = (2020, 2021, 2022, 2023)
LEVELS = ("soft", "plain", "firm")


@dataclass(frozen=True)
class Said:
    """One planted sentence: where it stands, of which action, how much (a figure or the place in LEVELS)."""

    city: str
    year: int
    action: str
    status: str
    amount: float
    text: str


@dataclass
class World:
    said: list[Said] = field(default_factory=list)
    common: set[str] = field(default_factory=set)  # actions that recur across cities

    def adopters(self, action: str) -> dict[str, int]:
        """City: first year."""
        years: dict[str, int] = {}
        for s in self.said:
            if s.action == action:
                years[s.city] = min(years.get(s.city, s.year), s.year)
        return years


def build(actions: Path, folder: Path, seed: int = 1) -> World:
    """Write the plans into ``folder``, one file a city and year."""
    given = yaml.safe_load(actions.read_text(encoding="utf-8"))
    random, world = Random(seed), World()
    for number, action in enumerate(given["actions"]):
        world.common.add(action["id"])
        # two of three actions spread to most cities, the others to a few; one city is first, alone in its year
        size = random.randint(13, 18) if number % 3 else random.randint(3, 6)
        adopting = random.sample(CITIES, size)
        begin = random.choice(YEARS[:2])
        for place, city in enumerate(adopting):
            _plan(world, action, city, begin if place == 0 else random.randint(begin + 1, YEARS[-1]), random)
    for number, text in enumerate(given["single"]):
        city, year = CITIES[number % len(CITIES)], random.choice(YEARS)
        world.said.append(Said(city, year, f"single-{number}", "planned", 1, text))
    _write(world, folder, random)
    return world


def _plan(world: World, action: Mapping[str, Any], city: str, start: int, random: Random) -> None:
    """What a city says of an action from its first year on: kept, raised, lowered or dropped from year to year."""
    figured = "planned" in action
    amount = float(action["amount"]) if figured else 1.0
    for year in range(start, YEARS[-1] + 1):
        if figured:
            text = random.choice(action["planned"]).replace("{n}", f"{amount:g}")
        else:
            text = random.choice(action[LEVELS[int(amount)]])
        world.said.append(Said(city, year, action["id"], "planned", amount, text))
        if figured and year < YEARS[-1] and random.random() < 0.7:
            result = round(amount * random.choice((1.05, 0.8)))
            text = random.choice(action["done"]).replace("{n}", f"{result:g}")
            world.said.append(Said(city, year + 1, action["id"], "completed", result, text))
        turn = random.random()
        if turn < 0.15:
            return
        if turn < 0.4:
            amount = round(amount * 1.25) if figured else min(amount + 1, 2)
        elif turn < 0.6:
            amount = round(amount * 0.75) if figured else max(amount - 1, 0)


def _write(world: World, folder: Path, random: Random) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for city in CITIES:
        for year in YEARS:
            own = [s for s in world.said if (s.city, s.year) == (city, year)]
            if not own:
                continue
            random.shuffle(own)
            title = f"{city}城市管理局{year}年工作计划"
            head = f"---\ntitle: {title}\ncity: {city}\nyear: {year}\nagency: {city}城市管理局\npublished: {year}-02-01\n---\n{title}\n\n"
            done = "".join(f"- {s.text}\n" for s in own if s.status == "completed")
            todo = "".join(f"- {s.text}\n" for s in own if s.status == "planned")
            review = f"一、{year - 1}年工作完成情况\n\n{done}\n" if done else ""
            body = f"{head}{review}二、{year}年重点工作安排\n\n{todo}\n"
            (folder / f"{city}-{year}.md").write_text(body, encoding="utf-8")


def read_folder(folder: Path) -> dict[str, pd.DataFrame]:
    """Tables plans, measures and failures of all files of a folder, as a run reads them."""
    files, failures = discover([folder])
    plans: list[Plan] = []
    for file in files:
        found, problems = read(file)
        plans += found
        failures = [*failures, *problems]
    rows = [measure.row() for _, own in measures_of(plans) for measure in own]
    measures = pd.DataFrame(rows).astype({"year": "Int64", "strength": "Int64"})
    return {
        "plans": pd.DataFrame([plan.row() for plan in plans]),
        "measures": measures.drop_duplicates("measure_id", ignore_index=True),
        "failures": pd.DataFrame(
            [asdict(failure) for failure in failures], columns=["file", "stage", "reason", "remedy"]
        ),
    }


def located(world: World, measures: pd.DataFrame) -> dict[Said, str]:
    """The measure that holds each planted sentence; what was not cut out as planted is missing."""
    of: dict[tuple[str, int, str], list[str]] = defaultdict(list)
    for row in measures.itertuples():
        of[row.city, int(row.year), row.text].append(row.measure_id)
    return {s: of[s.city, s.year, s.text][0] for s in world.said if of.get((s.city, s.year, s.text))}


def scores(world: World, tables: Mapping[str, pd.DataFrame]) -> dict[str, tuple[float, float]]:
    """(precision, recall) of themes, first movers, gaps, each kind of change, and results."""
    at = located(world, tables["measures"])
    found: dict[str, tuple[float, float]] = {}
    themes, action_of = _themes(world, tables, at)
    found["themes"] = themes
    planted_first = set()
    for action in world.common:
        years = world.adopters(action)
        first = min(years.values())
        planted_first.add((action, "、".join(sorted(c for c, y in years.items() if y == first)), first))
    rows = tables["themes"].to_dict("records")
    told = {(action_of.get(t["theme_id"], t["theme_id"]), t["first_city"], t["first_year"]) for t in rows}
    found["first movers"] = _rates(told, planted_first)
    planted_gaps = set()
    for action in world.common:
        have = set(world.adopters(action))
        planted_gaps |= {(c, action) for c in CITIES if c not in have and len(have) / (len(CITIES) - 1) > 0.5}
    told_gaps = {
        (g["city"], action_of.get(g["theme_id"], g["theme_id"])) for g in tables["gaps"].to_dict("records")
    }
    found["gaps"] = _rates(told_gaps, planted_gaps)
    planted = _changes(world, at)
    for kind in ("kept", "strengthened", "weakened", "dropped", "new"):
        rows = tables["changes"]
        rows = rows[(rows["change"] == kind) & (rows["year_to"] == rows["year_from"] + 1)]
        told = {(_text(a), _text(b)) for a, b in rows[["measure_from", "measure_to"]].itertuples(index=False)}
        found[kind] = _rates(told, planted[kind])
    found["results"], found["outcomes"] = _results(world, tables, at)
    return found


def _themes(
    world: World, tables: Mapping[str, pd.DataFrame], at: Mapping[Said, str]
) -> tuple[tuple[float, float], dict[str, str]]:
    """A planted and a found theme are one where they share more than half of the measures of both together."""
    planted = {a: {at[s] for s in world.said if s.action == a and s in at} for a in world.common}
    found = {t: set(ids) for t, ids in tables["theme_measures"].groupby("theme_id")["measure_id"]}
    of = {
        theme: action
        for theme, ids in found.items()
        for action, wanted in planted.items()
        if len(ids & wanted) > len(ids | wanted) / 2
    }
    return (len(of) / max(len(found), 1), len(set(of.values())) / len(planted)), of


def _changes(world: World, at: Mapping[Said, str]) -> dict[str, set[tuple[str, str]]]:
    facts: dict[str, set[tuple[str, str]]] = defaultdict(set)
    planned = {(s.city, s.action, s.year): s for s in world.said if s.status == "planned" and s in at}
    plans = {(s.city, s.year) for s in planned.values()}
    for (city, action, year), s in planned.items():
        after, before = planned.get((city, action, year + 1)), planned.get((city, action, year - 1))
        if after:
            kind = (
                "kept"
                if after.amount == s.amount
                else "strengthened"
                if after.amount > s.amount
                else "weakened"
            )
            facts[kind].add((at[s], at[after]))
        elif (city, year + 1) in plans:
            facts["dropped"].add((at[s], ""))
        if not before and (city, year - 1) in plans:
            facts["new"].add(("", at[s]))
    return facts


def _results(
    world: World, tables: Mapping[str, pd.DataFrame], at: Mapping[Said, str]
) -> tuple[tuple[float, float], tuple[float, float]]:
    said = {(s.city, s.action, s.year, s.status): s for s in world.said if s in at}
    planted = {}
    for s in at:
        done = said.get((s.city, s.action, s.year + 1, "completed"))
        if s.status == "planned" and done:
            planted[at[s], at[done]] = "met" if done.amount >= s.amount else "missed"
    rows = tables["results"].to_dict("records")
    told = {(r["measure_promised"], r["measure_result"]) for r in rows}
    judged = {((r["measure_promised"], r["measure_result"]), r["outcome"]) for r in rows}
    return _rates(told, set(planted)), _rates(judged, set(planted.items()))


def _rates(told: set, planted: set) -> tuple[float, float]:
    right = len(told & planted)
    return right / max(len(told), 1), right / max(len(planted), 1)


def _text(value: Any) -> str:
    return "" if pd.isna(value) else str(value)
