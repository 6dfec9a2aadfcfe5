"""Figures for papers: each chart as SVG and PNG (300 dpi), in Chinese and in English, with its data as CSV.

Altair draws them; the text becomes paths (``outlines.py``), and the PNG is made from those, so that both look the
same on any machine.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import altair as alt
import pandas as pd
import vl_convert
from altair.utils.schemapi import debug_mode

from planmine.codebook import Codebook
from planmine.report.charts import (
    GREY_INK,
    INK,
    PAIRS,
    PAPER,
    Figure,
    Words,
    coverage_chart,
    most_similar,
    pairs_chart,
    similarity_chart,
)
from planmine.report.curves import adoption_chart, changes_chart, most_adopted, years_chart
from planmine.report.dictionary import compared
from planmine.report.making import Making, digest
from planmine.report.outlines import FAMILY, FONTS, outline
from planmine.report.scale import SMALL
from planmine.report.tables import write_csv

DPI = 300  # on paper of at most A3
WORDS: dict[str, Words] = {
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
        "years": "各类别占比的历年变化",
        "years_note": f"粗线为全部城市的中位数，细线为各城市；不足 {SMALL} 条措施的年份不画",
        "adoption": "主题的采纳",
        "adoption_note": "实线为已采纳的城市累计数，虚线为该年有计划的城市数",
        "changes": "措施的变化",
        "changes_note": "各城市前后两年的措施，按变化计数",
        "adopters": "城市数",
        "count": "措施数",
        "year": "年份",
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
        "years": "Share of each category over the years",
        "years_note": f"Bold: median of the cities. Thin: each city. Years of fewer than {SMALL} measures are not drawn",
        "adoption": "Adoption of themes",
        "adoption_note": "Solid: cities that have adopted so far. Dashed: cities with a plan that year",
        "changes": "Changes of measures",
        "changes_note": "Measures of a city from one year to the next, counted by change",
        "adopters": "Cities",
        "count": "Measures",
        "year": "Year",
    },
}


def write_figures(
    making: Making, comparison: Any, codebook: Codebook
) -> tuple[list[Path], dict[str, set[str]]]:
    """Write every figure that the comparison has data for into ``figures``.

    Gives the paths, sorted, and for each SVG whose labels have characters that the bundled font lacks
    (they show as crossed boxes) those characters.
    """
    folder = making.folder / "figures"
    vl_convert.register_font_directory(str(FONTS))
    paths: list[Path] = []
    lacking: dict[str, set[str]] = {}
    for name, (data, draw) in _charts(comparison, codebook).items():
        if data.empty:
            continue
        paths.append(write_csv(folder / f"{name}.csv", data))
        of = (digest(paths[-1]), *map(str, comparison.city_order))
        for lang, words in WORDS.items():
            stem = f"{name}-{lang}"
            unknown = making.make(
                [f"figures/{stem}.svg", f"figures/{stem}.png"],
                of,
                lambda: _draw(folder / stem, draw, lang, words[name], words[f"{name}_note"]),  # noqa: B023
            )
            paths += [folder / f"{stem}.svg", folder / f"{stem}.png"]
            if unknown:
                lacking[f"{stem}.svg"] = set(unknown)
    return sorted(paths), lacking


def _draw(path: Path, draw: Callable[[Words, str], Figure], lang: str, title: str, description: str) -> str:
    """Write a chart as SVG and PNG; the characters that the bundled font lacks."""
    # Altair would hold every cell against its schema, which takes longer than to draw it.
    with debug_mode(False):
        chart = draw(WORDS[lang], lang)
    svg, unknown = outline(_svg(chart), title, description)
    path.with_suffix(".svg").write_text(svg, encoding="utf-8")
    width, height = (
        float(re.sub("[^0-9.]", "", ET.fromstring(svg).get(side, "0"))) for side in ("width", "height")
    )
    dots = DPI * min(1.0, PAPER / max(width, height, 1.0))
    path.with_suffix(".png").write_bytes(vl_convert.svg_to_png(svg, ppi=dots))
    return "".join(sorted(unknown))


def _charts(
    comparison: Any, codebook: Codebook
) -> dict[str, tuple[pd.DataFrame, Callable[[Words, str], Figure]]]:
    """The charts by name: their data, and what draws them in a language."""
    found = compared(comparison)
    order = [str(city) for city in comparison.city_order]
    coverage, similarity = found["coverage"], found["similarity"]
    overall = similarity[(similarity["category"] == "all") & similarity["similarity"].notna()]
    pairs = most_similar(overall, PAIRS)
    dated = coverage[coverage["year"].notna()]
    years = dated if dated["year"].nunique() > 1 else dated.iloc[:0]
    adoption = most_adopted(found["themes"], found["adoption"])
    changes = found["changes"]
    counts = changes.groupby(["city", "year_from", "year_to", "change"], sort=True).size().rename("measures")
    return {
        "coverage": (coverage, lambda words, lang: coverage_chart(coverage, order, codebook, words, lang)),
        "years": (years, lambda words, lang: years_chart(years, codebook, words, lang)),
        "similarity": (overall, lambda words, _: similarity_chart(overall, order, words)),
        "pairs": (pairs, lambda words, _: pairs_chart(pairs, words)),
        "adoption": (adoption, lambda words, _: adoption_chart(adoption, words)),
        "changes": (
            counts.reset_index(),
            lambda words, lang: changes_chart(counts.reset_index(), order, words, lang),
        ),
    }


def _svg(chart: Figure) -> str:
    config = {
        "font": FAMILY,
        "background": "white",
        "view": {"stroke": None},
        "axis": {"grid": False, "ticks": False, "domain": False, "labelColor": INK, "labelLimit": 260},
        "title": {
            "anchor": "start",
            "fontWeight": "normal",
            "fontSize": 15,
            "subtitleFontSize": 10,
            "subtitleColor": GREY_INK,
            "offset": 14,
        },
        "legend": {"titleFontWeight": "normal", "labelColor": INK},
    }
    version = ".".join(alt.SCHEMA_VERSION.split(".")[:2])
    return vl_convert.vegalite_to_svg(chart.to_dict(validate=False), vl_version=version, config=config)
