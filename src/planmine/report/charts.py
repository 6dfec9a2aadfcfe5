"""Charts of coverage and similarity for papers: two heatmaps, and the most similar pairs with their intervals."""

from __future__ import annotations

import math
import unicodedata
from typing import Any

import altair as alt
import pandas as pd

from planmine.codebook import Codebook
from planmine.report.scale import LIGHT, LIGHT_INK, SMALL, STEPS, step, thresholds

PAIRS = 20
PAPER = 1190.55  # points: the long side of A3. A larger figure is printed on that, and so drawn smaller.
READABLE = 5  # points: numbers that would be printed smaller are left out; they stand in the figure's CSV
GREY, GREY_INK, INK, RULE = "#eeeeec", "#6b6f76", "#1b1f24", "#c9ccd1"
_ZERO = "#ffffff"
Words = dict[str, str]
Figure = alt.LayerChart | alt.FacetChart  # what alt.layer gives


def most_similar(similarity: pd.DataFrame, count: int) -> pd.DataFrame:
    """The ``count`` most similar pairs of one category's rows; ties by names; null and zero left out."""
    known = similarity[similarity["similarity"].fillna(0) > 0]
    order = known.sort_values(["similarity", "city_a", "city_b"], ascending=[False, True, True])
    return order.head(count).reset_index(drop=True)


def coverage_chart(
    frame: pd.DataFrame, order: list[str], codebook: Codebook, words: Words, lang: str
) -> Figure:
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


def similarity_chart(frame: pd.DataFrame, order: list[str], words: Words) -> Figure:
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
        return {"kind": "few", "ink": GREY_INK}
    if value == 0:
        return {"kind": "zero", "ink": INK}
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
    height, width = _step(len(rows), 20), (_step(len(rows), width) if order else width)
    font = 10 if height >= 14 else height * 0.8
    x = alt.X(
        "column:N",
        sort=columns,
        title=None,
        axis=alt.Axis(
            orient="top",
            labelAngle=angle,
            labelAlign="left" if angle else "center",
            labelOverlap=False,
            labelFontSize=font if order else 10,
        ),
    )
    y = alt.Y("row:N", sort=rows, title=None, axis=alt.Axis(labelOverlap=False, labelFontSize=font))
    base = alt.Chart(alt.Data(values=cells)).encode(x=x, y=y)
    colour = alt.Color(
        "value:Q",
        scale=alt.Scale(type="threshold", domain=bounds, range=list(LIGHT[:STEPS])),
        legend=alt.Legend(title=legend, format=number),
    )
    size, extent = min(9.0, height * 0.6), max(len(rows) * height, len(columns) * width)
    numbers = base.mark_text(fontSize=size).encode(text="label:N", color=alt.Color("ink:N", scale=None))
    kind = alt.datum.kind
    layers = alt.layer(
        base.transform_filter(kind == "value").mark_rect(stroke="white", strokeWidth=1).encode(color=colour),
        base.transform_filter(kind == "few").mark_rect(fill=GREY, stroke="white", strokeWidth=1),
        base.transform_filter(kind == "zero").mark_rect(fill=_ZERO, stroke=RULE, strokeWidth=0.5),
        *([numbers] if width >= 24 and size * min(1.0, PAPER / extent) >= READABLE else []),
    ).resolve_scale(color="independent")
    return layers.properties(width=alt.Step(width), height=alt.Step(height), title=title)


def _step(rows: int, most: int) -> int:
    """Points a row, so that the figure of many cities is no larger than a poster."""
    return max(6, min(most, 2400 // max(rows, 1)))


def pairs_chart(frame: pd.DataFrame, words: Words) -> Figure:
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
