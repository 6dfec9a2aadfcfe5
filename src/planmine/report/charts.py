"""Figures for papers: coverage, similarity and the most similar pairs as SVG, PNG (300 dpi) and CSV.

Altair draws them in Chinese and in English; the text becomes paths (``outlines.py``), and the PNG is made
from those, so that both look the same on any machine.
"""

from __future__ import annotations

import math
import unicodedata
from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd
import vl_convert

from planmine.codebook import Codebook
from planmine.report.outlines import FAMILY, FONTS, outline
from planmine.report.scale import LIGHT, LIGHT_INK, SMALL, STEPS, step, thresholds
from planmine.report.tables import write_csv

DPI = 300
PAIRS = 20
_GREY, _GREY_INK, _INK, _RULE = "#eeeeec", "#6b6f76", "#1b1f24", "#c9ccd1"
_ZERO = "#ffffff"
Words = dict[str, str]
Figure = alt.LayerChart | alt.FacetChart  # what alt.layer gives
_WORDS: dict[str, Words] = {
    "zh": {
        "coverage": "各城市各类别措施的占比",
        "coverage_note": "格内为占该城市该年措施的百分比（条数）。白底 0 表示没有措施",
        "similarity": "城市之间的相似度",
        "similarity_note": "相似度为双方措施在对方有对应者的比例的平均值。城市按树状图排序",
        "small": f"灰色：不足 {SMALL} 条",
        "pairs": f"最相似的城市对（前 {PAIRS} 对）",
        "pairs_note": "点为相似度，线为 95% 区间（自助法）",
        "share": "占比",
        "score": "相似度",
        "undated": "年份不明",
    },
    "en": {
        "coverage": "Share of measures by city and category",
        "coverage_note": "Cells: per cent of the measures of a city and year (count). White 0: no measure",
        "similarity": "Similarity of cities",
        "similarity_note": "Mean share of measures that have a match in the other city. Dendrogram order",
        "small": f"Grey: fewer than {SMALL} measures",
        "pairs": f"Most similar pairs of cities (first {PAIRS})",
        "pairs_note": "Dot: similarity. Line: 95% bootstrap interval",
        "share": "Share",
        "score": "Similarity",
        "undated": "year unknown",
    },
}


def write_figures(
    folder: Path, comparison: Any, codebook: Codebook
) -> tuple[list[Path], dict[str, set[str]]]:
    """Write every figure that the comparison has data for into ``folder``.

    Gives the paths, sorted, and for each SVG whose labels have characters that the bundled font lacks
    (they show as crossed boxes) those characters.
    """
    folder.mkdir(parents=True, exist_ok=True)
    vl_convert.register_font_directory(str(FONTS))
    order = [str(city) for city in comparison.city_order]
    coverage, similarity = comparison.coverage, comparison.similarity
    overall = similarity[(similarity["category"] == "all") & similarity["similarity"].notna()]
    paths: list[Path] = []
    lacking: dict[str, set[str]] = {}
    figures = (
        ("coverage", coverage, lambda words, lang: _coverage(coverage, order, codebook, words, lang)),
        ("similarity", overall, lambda words, _: _similarity(overall, order, words)),
        ("pairs", most_similar(overall, PAIRS), lambda words, _: _pairs(most_similar(overall, PAIRS), words)),
    )
    for name, data, draw in figures:
        if data.empty:
            continue
        write_csv(folder / f"{name}.csv", data)
        paths.append(folder / f"{name}.csv")
        for lang, words in _WORDS.items():
            chart = draw(words, lang)
            svg, unknown = outline(_svg(chart), words[name], words[f"{name}_note"])
            vector, raster = folder / f"{name}-{lang}.svg", folder / f"{name}-{lang}.png"
            vector.write_text(svg, encoding="utf-8")
            raster.write_bytes(vl_convert.svg_to_png(svg, ppi=DPI))
            paths += [vector, raster]
            if unknown:
                lacking[vector.name] = unknown
    return sorted(paths), lacking


def most_similar(similarity: pd.DataFrame, count: int) -> pd.DataFrame:
    """The ``count`` most similar pairs of one category's rows; ties by names; null and zero left out."""
    known = similarity[similarity["similarity"].fillna(0) > 0]
    order = known.sort_values(["similarity", "city_a", "city_b"], ascending=[False, True, True])
    return order.head(count).reset_index(drop=True)


def _svg(chart: Figure) -> str:
    config = {
        "font": FAMILY,
        "background": "white",
        "view": {"stroke": None},
        "axis": {"grid": False, "ticks": False, "domain": False, "labelColor": _INK, "labelLimit": 260},
        "title": {
            "anchor": "start",
            "fontWeight": "normal",
            "fontSize": 15,
            "subtitleFontSize": 10,
            "subtitleColor": _GREY_INK,
            "offset": 14,
        },
        "legend": {"titleFontWeight": "normal", "labelColor": _INK},
    }
    version = ".".join(alt.SCHEMA_VERSION.split(".")[:2])
    return vl_convert.vegalite_to_svg(chart.to_dict(validate=False), vl_version=version, config=config)


def _coverage(frame: pd.DataFrame, order: list[str], codebook: Codebook, words: Words, lang: str) -> Figure:
    rank = {city: place for place, city in enumerate(order)}
    rows = frame.assign(_rank=frame["city"].map(lambda city: rank.get(city, len(rank))))
    rows = rows.sort_values(["_rank", "city", "year"], kind="stable")
    total = rows.groupby(["city", "year"], dropna=False)["measures"].transform("sum")
    bounds = thresholds(rows["share"][total >= SMALL])
    cells = []
    for row, n in zip(rows.itertuples(), total, strict=True):
        year = words["undated"] if pd.isna(row.year) else str(row.year)
        share = 0.0 if pd.isna(row.share) else float(row.share)
        cells.append(
            {
                "row": f"{printable(row.city)} {year} (n={n})",
                "column": printable(codebook.name(row.category, lang)),
                "value": share,
                "label": f"{percent(share)} ({row.measures})" if row.measures else "0",
                **_look(share, n < SMALL, bounds),
            }
        )
    note = [words["coverage_note"], words["small"]]
    title = alt.Title(words["coverage"], subtitle=note)
    return _heatmap(cells, title, words["share"], bounds, ".1~%", width=72, angle=0 if lang == "zh" else -30)


def _similarity(frame: pd.DataFrame, order: list[str], words: Words) -> Figure:
    bounds = thresholds(frame["similarity"])
    cells = []
    for row in frame.itertuples():
        few = min(row.measures_a, row.measures_b) < SMALL
        look = {
            "value": float(row.similarity),
            "label": f"{row.similarity:.2f}" if row.similarity else "0",
            **_look(float(row.similarity), few, bounds),
        }
        for a, b in ((row.city_a, row.city_b), (row.city_b, row.city_a)):
            cells.append({"row": printable(a), "column": printable(b), **look})
    title = alt.Title(words["similarity"], subtitle=[words["similarity_note"], words["small"]])
    named = [printable(city) for city in order]
    return _heatmap(cells, title, words["score"], bounds, ".2~f", width=30, angle=-60, order=named)


def _look(value: float, few: bool, bounds: list[float]) -> dict[str, str]:
    if few:
        return {"kind": "few", "ink": _GREY_INK}
    if value == 0:
        return {"kind": "zero", "ink": _INK}
    return {"kind": "value", "ink": LIGHT_INK[step(value, bounds)]}


def _heatmap(
    cells: list[dict[str, Any]],
    title: alt.Title,
    legend: str,
    bounds: list[float],
    number: str,
    *,
    width: int,
    angle: int,
    order: list[str] | None = None,
) -> Figure:
    """Coloured cells with their numbers: steps of one hue, grey where few, white with a rule where zero."""
    rows = order or list(dict.fromkeys(cell["row"] for cell in cells))
    columns = order or list(dict.fromkeys(cell["column"] for cell in cells))
    x = alt.X(
        "column:N",
        sort=columns,
        title=None,
        axis=alt.Axis(
            orient="top", labelAngle=angle, labelAlign="left" if angle else "center", labelOverlap=False
        ),
    )
    y = alt.Y("row:N", sort=rows, title=None, axis=alt.Axis(labelOverlap=False))
    base = alt.Chart(alt.Data(values=cells)).encode(x=x, y=y)
    colour = alt.Color(
        "value:Q",
        scale=alt.Scale(type="threshold", domain=bounds, range=list(LIGHT[:STEPS])),
        legend=alt.Legend(title=legend, format=number),
    )
    kind = alt.datum.kind
    layers = alt.layer(
        base.transform_filter(kind == "value").mark_rect(stroke="white", strokeWidth=1).encode(color=colour),
        base.transform_filter(kind == "few").mark_rect(fill=_GREY, stroke="white", strokeWidth=1),
        base.transform_filter(kind == "zero").mark_rect(fill=_ZERO, stroke=_RULE, strokeWidth=0.5),
        base.mark_text(fontSize=9).encode(text="label:N", color=alt.Color("ink:N", scale=None)),
    ).resolve_scale(color="independent")
    return layers.properties(width=alt.Step(width), height=alt.Step(20), title=title)


def _pairs(frame: pd.DataFrame, words: Words) -> Figure:
    rows: list[dict[str, Any]] = [
        {
            "pair": f"{printable(row.city_a)} – {printable(row.city_b)} (n={row.measures_a}, {row.measures_b})",
            "value": float(row.similarity),
            "low": float(row.low),
            "high": float(row.high),
        }
        for row in frame.itertuples()
    ]
    y = alt.Y("pair:N", sort=[row["pair"] for row in rows], title=None)
    base = alt.Chart(alt.Data(values=rows)).encode(y=y)
    axis = alt.Axis(grid=True, gridColor="#e6e8eb", format=".2~f", tickCount=5)
    scale = alt.Scale(domainMin=0, nice=True)
    layers = alt.layer(
        base.mark_rule(color=LIGHT[3], strokeWidth=2).encode(
            x=alt.X("low:Q", title=words["score"], axis=axis, scale=scale), x2="high:Q"
        ),
        base.mark_circle(color=LIGHT[5], size=60, opacity=1).encode(x=alt.X("value:Q", scale=scale)),
    )
    title = alt.Title(words["pairs"], subtitle=words["pairs_note"])
    return layers.properties(width=420, height=alt.Step(20), title=title)


def percent(share: float) -> str:
    """A share in whole per cent, halves up as in the page; what is above zero never reads as zero."""
    return "<1%" if 0 < share < 0.005 else f"{math.floor(share * 100 + 0.5)}%"


def printable(text: object) -> str:
    """A label without control and direction marks, which no SVG can hold."""
    return "".join(
        c if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn") else "\ufffd" for c in str(text)
    )
