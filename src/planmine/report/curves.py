"""Charts over the years for papers: shares of categories, adoption of themes, changes of measures."""

from __future__ import annotations

import altair as alt
import pandas as pd

from planmine.codebook import Codebook
from planmine.report.charts import GREY_INK, RULE, Figure, Words, printable
from planmine.report.dictionary import CODES
from planmine.report.scale import LIGHT, SMALL

THEMES = 12  # panels of the figure of adoption
# Okabe and Ito's colours, which the colour-blind tell apart; for dropped and new the two that differ in lightness too.
CHANGE_COLOURS = {"kept": "#0072b2", "strengthened": "#009e73", "weakened": "#e69f00", "dropped": "#d55e00", "new": "#cc79a7"}  # fmt: skip


def most_adopted(themes: pd.DataFrame, adoption: pd.DataFrame) -> pd.DataFrame:
    """The adoption of the THEMES themes of most cities, with their labels; empty where there is none."""
    if adoption.empty or themes.empty:
        return adoption.iloc[:0]
    top = themes.sort_values(["cities", "measures", "label"], ascending=[False, False, True]).head(THEMES)
    rows = adoption.merge(top[["theme_id", "label"]], on="theme_id")
    rank = {theme: k for k, theme in enumerate(top["theme_id"])}
    order = rows.assign(_rank=rows["theme_id"].map(rank)).sort_values(["_rank", "year"], kind="stable")
    return order.drop(columns="_rank").reset_index(drop=True)


def years_chart(coverage: pd.DataFrame, codebook: Codebook, words: Words, lang: str) -> Figure:
    """Small multiples: a panel a category, a thin line a city, the cities' median bold."""
    total = coverage.groupby(["city", "year"])["measures"].transform("sum")
    rows = coverage[total >= SMALL]
    middle = rows.groupby(["category", "year"], sort=False)["share"].median().reset_index()
    names = {code: printable(codebook.name(code, lang)) for code in coverage["category"].unique()}
    values = [
        {"panel": names[row.category], "year": str(row.year), "share": row.share, "city": printable(row.city)}
        for row in rows.itertuples()
    ]
    medians = [
        {"panel": names[row.category], "year": str(row.year), "share": row.share, "city": ""}
        for row in middle.itertuples()
    ]
    x = alt.X("year:O", title=None, axis=alt.Axis(labelAngle=0))
    y = alt.Y(
        "share:Q",
        title=words["share"],
        axis=alt.Axis(format=".1~%", tickCount=3, grid=True, gridColor="#e6e8eb"),
    )
    base = alt.Chart(alt.Data(values=values + medians)).encode(x=x, y=y, detail="city:N")
    layers = alt.layer(
        base.transform_filter(alt.datum.city != "").mark_line(color=RULE, strokeWidth=0.8),
        base.transform_filter(alt.datum.city == "").mark_line(color=LIGHT[4], strokeWidth=2.4),
    ).properties(width=150, height=90)
    title = alt.Title(words["years"], subtitle=words["years_note"])
    return _panels(layers, list(names.values()), title)


def adoption_chart(adoption: pd.DataFrame, words: Words) -> Figure:
    """Small multiples: a panel a theme, the adopters so far and the cities that have a plan."""
    labels = {row.theme_id: _short(row.label) for row in adoption.itertuples()}
    doubled = pd.Series(labels).duplicated(keep=False)
    names = {theme: f"{name} {theme}" if doubled[theme] else name for theme, name in labels.items()}
    values = [
        {"panel": names[row.theme_id], "year": str(row.year), "kind": kind, "cities": int(getattr(row, kind))}
        for row in adoption.itertuples()
        for kind in ("observed", "adopters")
        if not pd.isna(row.year)
    ]
    x = alt.X("year:O", title=None, axis=alt.Axis(labelAngle=0, labelOverlap=True))
    y = alt.Y(
        "cities:Q",
        title=words["adopters"],
        axis=alt.Axis(tickCount=3, tickMinStep=1, grid=True, gridColor="#e6e8eb"),
    )
    base = alt.Chart(alt.Data(values=values)).encode(x=x, y=y)
    kind = alt.datum.kind
    layers = alt.layer(
        base.transform_filter(kind == "observed").mark_line(
            color=GREY_INK,
            strokeDash=[4, 3],
            interpolate="step-after",
            point=alt.OverlayMarkDef(color=GREY_INK, size=12),
        ),
        base.transform_filter(kind == "adopters").mark_line(
            color=LIGHT[4],
            strokeWidth=2.2,
            interpolate="step-after",
            point=alt.OverlayMarkDef(color=LIGHT[4], size=24),
        ),
    ).properties(width=170, height=90)
    title = alt.Title(words["adoption"], subtitle=words["adoption_note"])
    return _panels(layers, list(dict.fromkeys(names.values())), title)


def changes_chart(counts: pd.DataFrame, order: list[str], words: Words, lang: str) -> Figure:
    """Stacked bars: a bar a city and pair of years, in the order of the cities."""
    rank = {city: k for k, city in enumerate(order)}
    side = 0 if lang == "zh" else 1
    names = {code: CODES["change"][code][side] for code in CHANGE_COLOURS}
    rows = counts.assign(_rank=counts["city"].map(lambda city: rank.get(city, len(rank))))
    rows = rows.sort_values(["_rank", "year_from", "year_to"], kind="stable")
    values = [
        {
            "row": f"{printable(row.city)} {row.year_from}\u2192{row.year_to}",
            "change": names.get(row.change, row.change),
            "place": list(CHANGE_COLOURS).index(row.change),
            "measures": int(row.measures),
        }
        for row in rows.itertuples()
    ]
    bars = (
        alt.Chart(alt.Data(values=values))
        .mark_bar(height=14)
        .encode(
            y=alt.Y("row:N", sort=list(dict.fromkeys(value["row"] for value in values)), title=None),
            x=alt.X(
                "measures:Q",
                title=words["count"],
                axis=alt.Axis(grid=True, gridColor="#e6e8eb", tickMinStep=1),
            ),
            color=alt.Color(
                "change:N",
                scale=alt.Scale(domain=list(names.values()), range=list(CHANGE_COLOURS.values())),
                legend=alt.Legend(title=None, orient="top"),
            ),
            order=alt.Order("place:Q"),
        )
    )
    title = alt.Title(words["changes"], subtitle=words["changes_note"])
    return alt.layer(bars).properties(
        width=460, height=alt.Step(max(6, min(20, 2400 // len(values)))), title=title
    )


def _panels(layers: Figure, order: list[str], title: alt.Title) -> Figure:
    header = alt.Header(title=None, labelFontSize=11, labelAnchor="start")
    facet = alt.Facet("panel:N", sort=order, header=header)
    return layers.facet(facet, columns=4, spacing=18).properties(title=title).resolve_axis(x="independent")


def _short(label: object) -> str:
    text = printable(label)
    return text if len(text) <= 16 else f"{text[:15]}…"
