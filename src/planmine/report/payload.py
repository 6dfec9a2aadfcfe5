"""What the pages need in the browser, in parts that are loaded when they are asked for.

``core`` stands in the page itself: cities, plans, categories. The others are files: rows of measures in chunks,
in the order of cities, years and plans, so that the measures of a city or a plan are one span of row numbers; the
matches, changes and precedents of a city; similarity by category; coverage; themes; texts of plans. A measure
stands behind something shown when it is planned, completed or a goal; context units are in ``tables/`` only.
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
from planmine.report.dictionary import CODES, compared
from planmine.report.scale import SMALL, thresholds

SHOWN = ("planned", "completed", "goal")
CHUNK = 1000  # measures a part: a city or two, about 10 ms to unpack
TEXT_CHARS = 400_000  # characters of plans a part
LEVEL = 6  # of compression


class ReportError(ValueError):
    """The tables do not fit together; the message says which and what to give."""


def shown_measures(measures: pd.DataFrame, comparison: Any) -> pd.DataFrame:
    """The measures behind the report's numbers, with column ``place``: the city's name in the comparison.

    The comparison calls two places of one name ``name (code)``; ``place`` is null where no city is known.
    Raises ReportError where a cell of ``coverage`` counts other measures than those of the table.
    """
    shown = measures[measures["status"].isin(SHOWN)].copy()
    shown["place"] = places(shown, comparison)
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


def places(rows: pd.DataFrame, comparison: Any) -> list[str | None]:
    """The name that the comparison gives to the city of each row; None where no city is known."""
    known = set(comparison.coverage["city"])
    return [
        None if pd.isna(city) else coded if (coded := f"{city} ({code})") in known else city
        for city, code in zip(rows["city"], rows["city_code"], strict=True)
    ]


def _keyed(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with an unknown year as 0, since null keys do not align."""
    return frame.assign(year=frame["year"].astype("Int64").fillna(0).astype("int64"))


def page_data(tables: dict[str, pd.DataFrame], comparison: Any, codebook: Codebook) -> dict[str, Any]:
    """The parts by name, as columns of plain values ready for JSON; ``core`` is the page's own."""
    shown = shown_measures(tables["measures"], comparison)
    order = cities_in_order(comparison)
    plans = _ordered(tables["plans"].assign(place=places(tables["plans"], comparison)), order)
    number = {plan_id: row for row, plan_id in enumerate(plans["plan_id"])}
    strange = set(shown["plan_id"]) - set(number)
    if strange:
        raise ReportError(
            f"measures of plan {min(strange)}: no such plan; give the table of plans of these measures"
        )
    shown["_plan"] = shown["plan_id"].map(number)
    shown = shown.sort_values(["_plan", "start"], kind="stable", ignore_index=True)
    row_of = {measure: row for row, measure in enumerate(shown["measure_id"])}
    found = compared(comparison)
    lost = {*found["matches"]["measure_a"], *found["matches"]["measure_b"]} - set(row_of)
    if lost:
        raise ReportError(f"match of {min(lost)}: no such measure; give a comparison of these very measures")
    codes = [
        *codebook.categories,
        *sorted({*shown["category"], *found["coverage"]["category"]} - set(codebook.categories)),
    ]
    texts, where = _texts(tables.get("texts"), plans)
    parts = {
        "coverage": _columns(found["coverage"]) | {"bounds": _coverage_bounds(found["coverage"])},
        **_measures(shown),
        **_similarity(found["similarity"], codes),
        **_by_city(found, shown, row_of, order, comparison.settings.count_threshold),
        **_themes(found, tables["measures"], row_of),
        **texts,
    }
    core = _core(tables, plans, shown, found, codebook)
    core |= {
        "order": order,
        "changed": [city for city in order if city in {*found["changes"]["city"], *found["results"]["city"]}],
    }
    core["categories"] = [[code, codebook.name(code, "zh"), codebook.name(code, "en")] for code in codes]
    core["plans"]["text"] = where
    return {"core": core, **parts}


def _core(
    tables: dict[str, pd.DataFrame],
    plans: pd.DataFrame,
    shown: pd.DataFrame,
    found: dict[str, pd.DataFrame],
    codebook: Codebook,
) -> dict[str, Any]:
    """Counts, names and plans: what every page needs."""
    counts = np.bincount(shown["_plan"], minlength=len(plans)) if len(shown) else np.zeros(len(plans), int)
    first = np.concatenate([[0], np.cumsum(counts)[:-1]]) if len(plans) else counts
    names = "title source place city_code agency doc_type published start end".split()
    return {
        "small": SMALL,
        "chunk": CHUNK,
        "rows": len(shown),
        "codes": CODES,
        "strengths": {str(step): [s.zh, s.en] for step, s in codebook.strengths.items()},
        "years": sorted({int(year) for year in found["coverage"]["year"].dropna()}),
        "counts": {name: len(table) for name, table in found.items()},
        "corrected": bool(found["coverage"]["corrected"].notna().any()),
        "variants": [name for name in ("similarity", "with_formulae", "expected", "beyond") if found["similarity"][name].notna().any()],
        "clusters": _columns(found["clusters"]),
        "plans": {
            "id": plain(plans["plan_id"]),
            **{name: plain(plans[name]) if name in plans else [None] * len(plans) for name in names},
            "year": plain(plans["year_from"]),
            "year_to": plain(plans["year_to"]),
            "address": [web_address(url) or web_address(source) for url, source in _addresses(plans)],
            "first": first.tolist(),
            "count": counts.tolist(),
        },
        "failures": _columns(tables["failures"]),
        "notices": _columns(tables["notices"][["file", "notice"]]),
    }  # fmt: skip


def _ordered(plans: pd.DataFrame, order: list[str]) -> pd.DataFrame:
    """Plans by city in the report's order, by year and by source; unknown cities last."""
    rank = {city: k for k, city in enumerate(order)}
    keys = pd.DataFrame(
        {
            "place": plans["place"].map(lambda place: rank.get(place, len(rank))),
            "year": plans["year_from"].astype("Int64").fillna(9999),
            "source": plans["source"],
            "start": plans["start"],
        }
    )
    return plans.loc[keys.sort_values(list(keys), kind="stable").index].reset_index(drop=True)


def _measures(shown: pd.DataFrame) -> dict[str, Any]:
    """``measures-0`` and so on: CHUNK rows each; heading paths once a chunk."""
    parts = {}
    for part, start in enumerate(range(0, len(shown), CHUNK)):
        rows = shown.iloc[start : start + CHUNK]
        paths: dict[tuple[str, ...], int] = {}
        headings = [paths.setdefault(tuple(map(str, path)), len(paths)) for path in rows["heading_path"]]
        names = ("year", "start", "end", "text", "status", "category", "strength")
        parts[f"measures-{part}"] = {
            "plan": rows["_plan"].tolist(),
            **{name: plain(rows[name]) for name in names},
            "probability": plain(rows["probability"].round(2)),
            "path": headings,
            "paths": [list(path) for path in paths],
            "labels": [list(map(str, codes)) for codes in rows["labels"]],
            "agencies": [list(map(str, names)) for names in rows["agencies"]],
            "targets": [[_target(target) for target in targets] for targets in rows["targets"]],
        }
    return parts


def _similarity(similarity: pd.DataFrame, codes: list[str]) -> dict[str, Any]:
    """``similarity-all``, ``similarity-0`` and so on by category, with the bounds of the colours of all."""
    overall = similarity[similarity["category"] == "all"]
    bounds = {
        name: thresholds(overall[name].dropna().astype(float))
        for name in ("similarity", "with_formulae", "expected", "beyond")
    }
    digits = dict.fromkeys(similarity.select_dtypes("number").columns, 4)
    rounded = similarity.round(digits)
    return {
        f"similarity-{name}": _columns(rounded[rounded["category"] == code].drop(columns="category"))
        | {"bounds": bounds}
        for name, code in [("all", "all"), *enumerate(codes)]
    }


def _by_city(
    found: dict[str, pd.DataFrame],
    shown: pd.DataFrame,
    row_of: dict[str, int],
    order: list[str],
    counted: float,
) -> dict[str, Any]:
    """``city-0`` and so on, by place in the order: the matches, changes, results and precedents of a city.

    A match is in the parts of both its cities, so that one part answers for a pair or a measure.
    """
    place = dict(zip(shown["measure_id"], shown["place"], strict=True))
    plan_place = dict(zip(shown["plan_id"], shown["place"], strict=True))
    matches, links = found["matches"], found["precedent_links"]
    owners = {
        "changes": found["changes"]["city"],
        "results": found["results"]["city"],
        "precedents": found["precedents"]["plan_id"].map(plan_place),
        "links": links["measure_id"].map(place),
    }
    groups = {
        "matches_a": dict(list(matches.groupby(matches["measure_a"].map(place), sort=False))),
        "matches_b": dict(list(matches.groupby(matches["measure_b"].map(place), sort=False))),
        **{
            name: dict(list(found["precedent_links" if name == "links" else name].groupby(owner, sort=False)))
            for name, owner in owners.items()
            if len(owner)
        },
    }
    parts = {}
    for number, city in enumerate(order):
        both = [groups[side][city] for side in ("matches_a", "matches_b") if city in groups[side]]
        rows = pd.concat(both) if both else matches.iloc[:0]
        rows = rows.sort_values("probability", ascending=False, kind="stable")
        part: dict[str, Any] = {
            "matches": {
                "a": [row_of[measure] for measure in rows["measure_a"]],
                "b": [row_of[measure] for measure in rows["measure_b"]],
                "probability": plain(rows["probability"].round(2)),
                "relation": plain(rows["relation"]),
                "counted": plain(rows["probability"] >= counted),
            }
        }
        for name in owners:
            table = groups.get(name, {}).get(city)
            part[name] = _with_rows(table, row_of) if table is not None else None
        parts[f"city-{number}"] = part
    return parts


def _themes(found: dict[str, pd.DataFrame], measures: pd.DataFrame, row_of: dict[str, int]) -> dict[str, Any]:
    """``themes`` and ``gaps``; examples as row numbers, with their texts, so that no other part is needed."""
    text = dict(zip(measures["measure_id"], measures["text"], strict=True))

    def with_text(table: pd.DataFrame, column: str) -> dict[str, Any]:
        said = [text.get(measure) for measure in table[column]]
        return _with_rows(table, row_of) | {"said": said}

    return {
        "themes": {
            "themes": with_text(found["themes"], "medoid"),
            "cities": with_text(found["theme_cities"], "example"),
            "members": _with_rows(found["theme_measures"][["theme_id", "measure_id"]], row_of),
            "adoption": _columns(found["adoption"]),
        },
        "gaps": with_text(found["gaps"], "example"),
        "formulae": _columns(found["formulae"]),
    }


def _texts(texts: pd.DataFrame | None, plans: pd.DataFrame) -> tuple[dict[str, Any], list[int | None]]:
    """``text-0`` and so on, several plans a part, and the part of each plan (None where no text is stored)."""
    body = {} if texts is None else dict(zip(texts["plan_id"], texts["text"], strict=True))
    parts: list[dict[str, str]] = []
    where: list[int | None] = []
    size = 0
    for plan_id in plans["plan_id"]:
        text = body.get(plan_id)
        if text is None:
            where.append(None)
            continue
        if not parts or size + len(text) > TEXT_CHARS:
            parts.append({})
            size = 0
        parts[-1][plan_id] = text
        size += len(text)
        where.append(len(parts) - 1)
    return {f"text-{number}": part for number, part in enumerate(parts)}, where


_REFERENCES = ("measure_a", "measure_b", "measure_from", "measure_to", "measure_promised", "measure_result", "measure_id", "measure_earlier", "medoid", "example")  # fmt: skip


def _with_rows(table: pd.DataFrame, row_of: dict[str, int]) -> dict[str, Any]:
    """Columns of a table, with measure ids as row numbers (None for a measure that is not shown)."""
    columns = _columns(table)
    for name in _REFERENCES:
        if name in columns:
            columns[name] = [row_of.get(measure) for measure in columns[name]]
    return columns


def _columns(table: pd.DataFrame) -> dict[str, Any]:
    return {str(name): plain(table[name]) for name in table.columns}


def _coverage_bounds(coverage: pd.DataFrame) -> list[float]:
    total = coverage.groupby(["city", "year"], dropna=False)["measures"].transform("sum")
    return thresholds(coverage["share"][total >= SMALL])


def cities_in_order(comparison: Any) -> list[str]:
    """Every city of the comparison, in its order; those it does not order last, by name."""
    order = list(map(str, comparison.city_order))
    return order + sorted(set(map(str, comparison.coverage["city"])) - set(order))


def as_json(data: Any) -> bytes:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode(
        errors="replace"
    )


def pack(text: bytes) -> str:
    """JSON gzipped, in base64: small, and without any character that HTML reads as its own."""
    return base64.b64encode(gzip.compress(text, LEVEL, mtime=0)).decode("ascii")


def _addresses(plans: pd.DataFrame) -> Iterator[tuple[str | None, str | None]]:
    """(url, source) of each plan."""
    urls = plain(plans["url"]) if "url" in plans else [None] * len(plans)
    return zip(urls, plain(plans["source"]), strict=True)


def web_address(source: str | None) -> str | None:
    """A source that a browser may open: http and https, nothing else (no ``javascript:``)."""
    return source if source and re.match(r"https?://[^\s<>\"']+$", source, re.IGNORECASE) else None


def plain(values: Iterable[Any]) -> list[Any]:
    """Python's own values, None for every kind of null."""
    if isinstance(values, pd.Series) and values.dtype != object:
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
