"""docs/quality.md and its pictures, from the figures in evaluation/*.json."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd

from planmine import __version__

SHOWN = (
    "units_f1 boundary_similarity status category accepted category_macro_f1 ece figures_f1 figures_comparator"
).split()
FAMILY_COLUMNS = "status category accepted macro_f1 ece".split()


def page(figures: dict[str, Any], families: dict[str, Any] | None) -> str:
    """The whole page as Markdown."""
    tests, units, places, strength = (figures[k] for k in ("tests", "units", "places", "strength"))
    lines = [
        "# Quality",
        "",
        f"Written by `python scripts/quality`, PlanMine {__version__}, coder `{figures['coder'][:12]}`. "
        "Intervals: 95 %, by a bootstrap over documents or cities.",
        "",
        "**Bureau plans**: our own writing, written apart from the training texts (`corpus/labelled/plans-test`). **Work "
        "reports**: real units of cities that no training unit is from (`corpus/labelled/references/test.jsonl`). Both "
        "were coded twice, apart, and then adjudicated. **Seed plans**: six real plans coded by others and kept outside "
        "the project. All codes are by language models that worked by the coding guide: the figures say how well the "
        "program reads as they do, not how well people would agree.",
        "",
        "Status is scored on all measures, the main category on those that are not context; a unit that was not found "
        "counts as wrong on bureau and seed plans. `accepted` counts any category that a coder accepted; `ece` is the "
        "expected calibration error of the main category.",
        "",
        *table(tests),
        "",
        f"**Units of real reports**: {units['measures']} measures in {units['windows']} windows of the same cities, marked by "
        f"reading: F1 {units['units_f1']:.3f}, with headings {units['units_and_headings_f1']:.3f}, boundary similarity "
        f"{units['boundary_similarity']:.3f}.",
        "",
        f"**City and year** of {places['files']:,} real reports: city right in {places['city']:,} "
        f"({places['city'] / places['files']:.2%}), year in {places['year']:,} ({places['year'] / places['files']:.2%}), by the "
        f"path of each file but for {places['exceptions']} whose path is wrong (`evaluation/report-exceptions.json`); of these "
        f"{places['flagged']} are flagged with a warning.",
        "",
        "## Families of coders",
        "",
    ]
    lines += family_table(families) if families else ["Not measured: run `python scripts/compare_coders.py`."]
    lines += [
        "",
        "## Abstention",
        "",
        "What `--abstain P` leaves unsure, and how many of the others are right.",
        "",
        *abstention(tests),
    ]
    lines += ["", "![Calibration](quality-calibration.png)", "", "## By category", ""]
    for name, result in tests.items():
        lines += [f"### {name}", "", *classes(result), ""]
        lines += [
            "Most often confused: " + ", ".join(f"{a} read as {b} {n}" for a, b, n in result["confusion"][:8])
        ]
        lines += [""]
    lines += ["## Coders", ""]
    for name, rows in figures["coders"].items():
        lines += [
            f"### {name}",
            "",
            "| what | units | agreement | Krippendorff's alpha | 95 % |",
            "|---|---|---|---|---|",
        ]
        lines += [
            f"| {r['what']} | {r['units']} | {r['agreement']:.3f} | {r['alpha']:.3f} | {r['low']:.3f}–{r['high']:.3f} |"
            for r in rows
        ]
        lines += [""]
    lines += [
        f"Strength of commitment, two coders on {strength['units']} planned measures: agreement "
        f"{strength['agreement']:.3f}, alpha {strength['alpha']:.3f}; the program agrees with the first on "
        f"{strength['program_first']:.3f} and with the second on {strength['program_second']:.3f}.",
        "",
    ]
    return "\n".join(lines)


def table(tests: dict[str, dict[str, Any]]) -> list[str]:
    """A row a metric, a column a test set, with intervals."""
    lines = [f"| | {' | '.join(tests)} |", "|---|" + "---|" * len(tests)]
    sizes = [f"{r['gold']['measures']:,} in {r['gold']['groups']} groups" for r in tests.values()]
    lines.append(f"| measures | {' | '.join(sizes)} |")
    for name in SHOWN:
        cells = []
        for result in tests.values():
            value = result["scores"].get(name)
            low, high = result["intervals"].get(name, (None, None))
            span = f" ({low:.3f}–{high:.3f})" if low is not None else ""
            cells.append("–" if value is None else f"{value:.3f}{span}")
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def family_table(families: dict[str, Any]) -> list[str]:
    """Held-out figures of each family, a genre beside the other."""
    sizes = ", ".join(f"{n:,} units of {genre} plans" for genre, n in families["units"].items())
    lines = [
        f"On {families['folds']} folds of the training units that cut no city or document apart ({sizes}); "
        "`python scripts/compare_coders.py`. Macro-F1 over categories with 20 units or more.",
        "",
    ]
    genres = list(families["units"])
    heads = [f"{genre}: {name}" for genre in genres for name in FAMILY_COLUMNS]
    lines += ["| family | " + " | ".join(heads) + " |", "|---|" + "---|" * len(heads)]
    for name, scores in families["families"].items():
        cells = [f"{scores[genre][column]:.3f}" for genre in genres for column in FAMILY_COLUMNS]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    if not any("shipped" in name for name in families["families"]):
        lines += [
            "",
            "The comparison was stopped before the shipped coder's turn: the script goes on where it was.",
        ]
    return lines


def classes(result: dict[str, Any]) -> list[str]:
    lines = ["| category | precision | recall | F1 | n |", "|---|---|---|---|---|"]
    for name, row in result["per_class"].items():
        lines.append(
            f"| {name} | {row['precision']:.2f} | {row['recall']:.2f} | {row['f1']:.2f} | {row['support']} |"
        )
    return lines


def abstention(tests: dict[str, dict[str, Any]]) -> list[str]:
    """Share coded and share right among the coded, at some thresholds."""
    lines = [
        "| P | " + " | ".join(f"{name}: coded, right" for name in tests) + " |",
        "|---|" + "---|" * len(tests),
    ]
    for limit in (0.0, 0.3, 0.5, 0.7, 0.9):
        cells = []
        for result in tests.values():
            kept = [hit for chance, hit in result["chances"] if chance >= limit]
            right = f"{sum(kept) / len(kept):.3f}" if kept else "–"
            cells.append(f"{len(kept) / max(len(result['chances']), 1):.3f}, {right}")
        lines.append(f"| {limit:.1f} | {' | '.join(cells)} |")
    return lines


def pictures(tests: dict[str, dict[str, Any]], folder: Path) -> None:
    """The reliability diagram: share right against probability said, by tenths."""
    rows = [
        {"test": name, "bin": min(int(chance * 10), 9), "chance": chance, "right": hit}
        for name, result in tests.items()
        for chance, hit in result["chances"]
    ]
    frame = (
        pd.DataFrame(rows)
        .groupby(["test", "bin"])
        .agg(said=("chance", "mean"), right=("right", "mean"), units=("right", "size"))
    )
    base = alt.Chart(frame.reset_index()[lambda f: f["units"] >= 5])
    scale = alt.Scale(domain=[0, 1])
    points = base.mark_line(point=alt.OverlayMarkDef(size=60)).encode(
        alt.X("said:Q", scale=scale, title="probability of the category"),
        alt.Y("right:Q", scale=scale, title="share that is right"),
        alt.Color("test:N", title=None),
        alt.Shape("test:N", title=None),
    )
    ideal = (
        alt.Chart(pd.DataFrame({"x": [0, 1]}))
        .mark_line(strokeDash=[4, 4], color="grey")
        .encode(alt.X("x:Q"), alt.Y("x:Q"))
    )
    chart = (ideal + points).properties(width=360, height=300)
    for suffix in ("svg", "png"):
        chart.save(folder / f"quality-calibration.{suffix}", **({"ppi": 150} if suffix == "png" else {}))
