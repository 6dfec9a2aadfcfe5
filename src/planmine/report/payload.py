"""What the page needs in the browser: the measures behind every number, in columns, gzipped.

A measure stands behind something shown when it is planned, completed or a goal; context units are in
``tables/`` only.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from planmine.codebook import Codebook
from planmine.report.scale import SMALL, thresholds

SHOWN = ("planned", "completed", "goal")


class ReportError(ValueError):
    """The tables do not fit together; the message says which and what to give."""


def shown_measures(measures: pd.DataFrame, comparison: Any) -> pd.DataFrame:
    """The measures behind the report's numbers, with column ``place``: the city's name in the comparison.

    The comparison calls two places of one name ``name (code)``; ``place`` is null where no city is known.
    Raises ReportError where a cell of ``coverage`` counts other measures than those of the table.
    """
    shown = measures[measures["status"].isin(SHOWN)].copy()
    known = set(comparison.coverage["city"])
    shown["place"] = [
        None if pd.isna(city) else coded if (coded := f"{city} ({code})") in known else city
        for city, code in zip(shown["city"], shown["city_code"], strict=True)
    ]
    keys = ["place", "year", "category"]
    found = _keyed(shown[shown["place"].notna()])[keys].value_counts()
    counted = _keyed(comparison.coverage.rename(columns={"city": "place"}))
    counts = counted[counted["measures"] > 0].set_index(keys)["measures"]
    both = pd.concat([found.rename("found"), counts.rename("counted")], axis=1).fillna(0)
    wrong = both[both["found"] != both["counted"]]
    if len(wrong):
        cell = ", ".join(map(str, wrong.index[0]))
        raise ReportError(
            f"coverage of {cell}: {wrong['counted'].iloc[0]:g} measures, the table has "
            f"{wrong['found'].iloc[0]:g}; give a comparison of these very measures"
        )
    return shown.reset_index(drop=True)


def _keyed(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with an unknown year as 0, since null keys do not align."""
    return frame.assign(year=frame["year"].astype("Int64").fillna(0).astype("int64"))


def page_data(tables: dict[str, pd.DataFrame], comparison: Any, codebook: Codebook) -> dict[str, Any]:
    """The records of the page as columns of plain values, ready for JSON."""
    shown = shown_measures(tables["measures"], comparison)
    plans = tables["plans"]
    coverage, similarity = comparison.coverage, comparison.similarity
    place = {measure: row for row, measure in enumerate(shown["measure_id"])}
    plan = {plan_id: row for row, plan_id in enumerate(plans["plan_id"])}
    strange = set(shown["plan_id"]) - set(plan)
    if strange:
        raise ReportError(
            f"measures of plan {min(strange)}: no such plan; give the table of plans of these measures"
        )
    paths: dict[tuple[str, ...], int] = {}
    headings = [paths.setdefault(tuple(map(str, path)), len(paths)) for path in shown["heading_path"]]
    codes = [
        *codebook.categories,
        *sorted({*shown["category"], *coverage["category"]} - set(codebook.categories)),
    ]
    total = coverage.groupby(["city", "year"], dropna=False)["measures"].transform("sum")
    matches = comparison.matches
    lost = {*matches["measure_a"], *matches["measure_b"]} - set(place)
    if lost:
        raise ReportError(f"match of {min(lost)}: no such measure; give a comparison of these very measures")
    return {
        "small": SMALL,
        "scales": {
            "coverage": thresholds(coverage["share"][total >= SMALL]),
            "similarity": thresholds(similarity.loc[similarity["category"] == "all", "similarity"]),
        },
        "categories": [[code, codebook.name(code, "zh"), codebook.name(code, "en")] for code in codes],
        "order": cities_in_order(comparison),
        "plans": {
            "id": plain(plans["plan_id"]),
            "title": plain(plans["title"]),
            "source": plain(plans["source"]),
            "address": [web_address(url) or web_address(source) for url, source in _addresses(plans)],
        },
        "paths": [list(path) for path in paths],
        "measures": {
            "plan": [plan[plan_id] for plan_id in shown["plan_id"]],
            **{
                name: plain(shown[name])
                for name in ("place", "year", "start", "end", "text", "status", "category")
            },
            "probability": plain(shown["probability"].round(2)),
            "path": headings,
            "agencies": [list(map(str, names)) for names in shown["agencies"]],
            "targets": [[_target(target) for target in targets] for targets in shown["targets"]],
        },
        "coverage": {name: plain(coverage[name]) for name in coverage.columns},
        "similarity": {name: plain(similarity[name]) for name in similarity.columns},
        "matches": {
            "a": [place[measure] for measure in matches["measure_a"]],
            "b": [place[measure] for measure in matches["measure_b"]],
            "probability": plain(matches["probability"].round(2)),
            "relation": plain(matches["relation"]),
            "counted": plain(matches["probability"] >= comparison.settings.count_threshold),
        },
    }


def cities_in_order(comparison: Any) -> list[str]:
    """Every city of the comparison, in its order; those it does not order last, by name."""
    order = list(map(str, comparison.city_order))
    return order + sorted(set(map(str, comparison.coverage["city"])) - set(order))


def pack(data: dict[str, Any]) -> str:
    """JSON, gzipped, in base64: small, and without any character that HTML reads as its own."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return base64.b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode("ascii")


def _addresses(plans: pd.DataFrame) -> Iterator[tuple[str | None, str | None]]:
    """(url, source) of each plan."""
    urls = plain(plans["url"]) if "url" in plans else [None] * len(plans)
    return zip(urls, plain(plans["source"]), strict=True)


def web_address(source: str | None) -> str | None:
    """A source that a browser may open: http and https, nothing else (no ``javascript:``)."""
    return source if source and re.match(r"https?://[^\s<>\"']+$", source, re.IGNORECASE) else None


def plain(values: Iterable[Any]) -> list[Any]:
    """Python's own values, None for every kind of null."""
    if isinstance(values, pd.Series):
        return values.astype(object).where(values.notna(), None).tolist()
    return [
        None if _null(value) else value.item() if isinstance(value, np.generic) else value for value in values
    ]


def _null(value: Any) -> bool:
    return value is None or value is pd.NA or value != value


def _target(target: dict[str, Any]) -> list[Any]:
    """indicator, comparator, value, unit, deadline, redacted, and the place in the source."""
    names = ("indicator", "comparator", "value", "unit", "deadline", "redacted", "start", "end")
    return plain(target.get(name) for name in names)
