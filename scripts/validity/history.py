"""Known history in real reports: when five actions came up, by the themes and by the word itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from validity.reading import Tables, compared, vectors_of

FACTS = Path(__file__).with_name("history.yaml")
OTHERS = 2  # measures nearest to the term's that do not hold it, to each that does
FIRST = 5  # cities told as first


def history(tables: Tables) -> str:
    """Markdown: for each term its curve, its first cities, and the policy's year beside them."""
    measures = tables["measures"]
    measures = measures[
        measures["status"].ne("context") & measures["city"].notna() & measures["year"].notna()
    ]
    observed = measures.groupby("year")["city"].nunique()
    facts = yaml.safe_load(FACTS.read_text(encoding="utf-8"))
    vectors = vectors_of(measures)
    return "\n\n".join(_term(fact, measures, vectors, tables, observed) for fact in facts)


def _term(
    fact: dict, measures: pd.DataFrame, vectors: np.ndarray, tables: Tables, observed: pd.Series
) -> str:
    term = fact["term"]
    having = measures["text"].str.contains(term, regex=False).to_numpy()
    # those with the term, and as hard as can be the likest without it
    near = vectors @ vectors[having].mean(axis=0)
    near[having] = -2
    pool = having.copy()
    pool[np.argsort(-near)[: OTHERS * having.sum()]] = True
    comparison = compared({**tables, "measures": measures[pool]}, vectors[pool])
    members = comparison.theme_measures
    ids = set(measures.loc[having, "measure_id"])
    inside = members["measure_id"].isin(ids)
    share = inside.groupby(members["theme_id"]).mean()
    chosen = share.index[share > 0.5]
    found = members[members["theme_id"].isin(chosen)]
    with_term = measures[having].assign(theme_id="term")
    labels = comparison.themes.set_index("theme_id")["label"].reindex(chosen)
    size = found.groupby("theme_id").size().sort_values(ascending=False)
    right = found["measure_id"].isin(ids)
    lines = [
        f"## {term}",
        f"National policy: {fact['policy']}, {fact['source']}. Known: {fact['known_by']}.",
        f"{having.sum():,} measures hold the word. {len(chosen)} themes consist of it for the most part "
        f"(largest: {'; '.join(f'{labels[t]}, {n}' for t, n in size.head(3).items())}): "
        f"they hold {right.sum() / having.sum():.0%} of these measures, and {right.mean():.0%} of theirs have the word.",
        _curve(found, with_term, observed, fact["policy"]),
        _first(found, with_term, fact),
    ]
    return "\n\n".join(lines)


def _curve(found: pd.DataFrame, with_term: pd.DataFrame, observed: pd.Series, policy: int) -> str:
    by_theme = found.groupby("year")["city"].nunique()
    by_word = with_term.groupby("year")["city"].nunique()
    years = [y for y in observed.index if y >= min(by_theme.index.min(), by_word.index.min())]
    rows = [
        f"| {'**' if y == policy else ''}{y}{'** (policy)' if y == policy else ''} | {observed[y]} | {by_theme.get(y, 0)} "
        f"| {by_theme.get(y, 0) / observed[y]:.0%} | {by_word.get(y, 0)} | {by_word.get(y, 0) / observed[y]:.0%} |"
        for y in years
    ]
    before = [y for y in observed.index if policy - 4 <= y <= policy]
    after = [y for y in observed.index if policy < y <= policy + 4]
    told = [sum(by_theme.get(y, 0) for y in span) / observed[span].sum() for span in (before, after)]
    return "\n".join(
        [
            "| year | cities with a report | with a theme | share | with the word | share |",
            "|---|---|---|---|---|---|",
            *rows,
            "",
            f"Share of reports with a theme in the five years up to the policy {told[0]:.1%}, in the four after it {told[1]:.1%}.",
        ]
    )


def _first(found: pd.DataFrame, with_term: pd.DataFrame, fact: dict) -> str:
    lines = []
    for name, rows in (("themes", found), ("the word", with_term)):
        since = rows.groupby("city")["year"].min().sort_index().sort_values(kind="stable")
        lines.append(
            f"First by {name}: "
            + "、".join(f"{city} {year}" for city, year in since.head(FIRST).items())
            + "."
        )
    known = [city for city in fact["known_first"] if city in set(found["city"]) | set(with_term["city"])]
    if known:
        since = found.groupby("city")["year"].min()
        rank = since.rank(method="min")
        told = "、".join(
            f"{c} {since[c]} (rank {int(rank[c])} of {len(rank)})" if c in since else f"{c} no theme"
            for c in known
        )
        lines.append(f"Of the cities known to have begun, in the corpus: {told}.")
    early = found[found["year"] < fact["begun"]]
    lines.append(f"Measures in the themes before {fact['begun']}, the year it began: {len(early)}.")
    return "\n\n".join(lines)
