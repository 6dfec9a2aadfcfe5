"""The results of the benchmarks as a page: docs/speed.md."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from typing import Any

import numpy as np
from measured import ROOT, load

NAMES = {
    "planmine": "**PlanMine**, bundled encoder",
    "cosine": "sentence-transformers, cosine over all pairs",
    "bertopic": "BERTopic",
    "cntext": "cntext, cosine of word counts",
}


def table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(str(cell) for cell in line) + " |" for line in lines]


def share(value: float | None) -> str:
    return "-" if value is None else f"{value:.0%}"


def peers() -> list[str]:
    found = {name: load(name) for name in NAMES}
    ours = found["planmine"]
    if ours is None:
        return []
    rows = []
    for name, label in NAMES.items():
        result = found[name]
        if result is None:
            rows.append([label, "not run", *[""] * 6])
            continue
        rows.append(
            [
                label,
                f"{result['seconds']:.1f}",
                "1" if name == "planmine" else f"{result['seconds'] / ours['seconds']:.1f}",
                f"{result['start']:.1f}",
                f"{result['megabytes']:,}",
                f"{result['spearman']:.2f}",
                share(result.get("first")),
                share(result.get("beats")),
            ]
        )
    return [
        "## Beside what a user would take instead",
        "",
        f"How alike the cities of three planted corpora are ({ours['measures']:,} measures in all, 20 cities each), in one "
        "run, each in a process of its own on one thread; seconds are processor seconds. BERTopic and "
        "sentence-transformers use the same encoder, e5zh, from which the bundled one is distilled. `rank`: Spearman's "
        "correlation of the similarity of cities with the share of actions that they share; `first`: the other "
        f"wording of a measure comes first among all wordings and hard negatives of {ours['triples']} triples; `beats`: it "
        "comes before its own hard negative. PlanMine is given no codes here, and its time includes intervals, set "
        "phrases and verbatim reuse.",
        "",
        *table(["", "seconds", "times ours", "start", "MB", "rank", "first", "beats"], rows),
        "",
    ]


def growth() -> list[str]:
    rows = load("growth")
    if not rows:
        return []
    sizes, seconds = (np.log([row[name] for row in rows]) for name in ("measures", "seconds"))
    slope = np.polyfit(sizes[-3:], seconds[-3:], 1)[0] if len(rows) > 2 else float("nan")
    return [
        "## Growth",
        "",
        "`compare` on real measures, repeated, their vectors perturbed, in fifty cities; exact up to 10,000 measures, "
        f"through cells above. Seconds grow with the measures to the power of {slope:.2f} over the last three sizes. Memory: "
        "the highest of the process, and what the measures and vectors themselves took.",
        "",
        *table(
            ["measures", "processor seconds", "per 1,000", "MB", "of which input", "matches listed"],
            [
                [
                    f"{row['measures']:,}",
                    f"{row['seconds']:.1f}",
                    f"{1000 * row['seconds'] / row['measures']:.2f}",
                    f"{row['megabytes']:,}",
                    f"{row['before']:,}",
                    f"{row['matches']:,}",
                ]
                for row in rows
            ],
        ),
        "",
    ]


def search() -> list[str]:
    found = load("search")
    if not found:
        return []
    recalls = [name for name in found["rows"][0] if name.startswith("recall")]
    return [
        "## The cells",
        "",
        f"Share of nearest measures that the {found['cells']} cells find, of those that an exact search over "
        f"{found['measures']:,} measures finds at a cosine of at least so much, by the number of cells that a measure is filed in.",
        "",
        *table(
            ["filed in", "seconds", *recalls],
            [
                [
                    f"{row['filed']}{' (shipped)' if row['shipped'] else ''}",
                    row["seconds"],
                    *(row[name] for name in recalls),
                ]
                for row in found["rows"]
            ],
        ),
        "",
    ]


def archive() -> list[str]:
    found = load("archive")
    if not found:
        return []
    full, added = found["anew"], found["added"]
    spent = added["seconds"] / full["seconds"]
    stages = sorted({*full["stages"], *added["stages"]} - {"total"})
    other = ", ".join(found["other_tables"]) or "none"
    return [
        "## The archive, and one report more",
        "",
        f"{full['plans']:,} reports, {full['measures']:,} measures, {full['cities']} cities. One report added to a workspace that "
        f"holds all others takes {spent:.1%} of the processor seconds of a full run (after {added['start']:.0f} s of start-up). "
        f"Earlier measure_ids all kept: {'yes' if found['ids_kept'] else 'no'}. Tables that are not those of a full run, byte for byte: "
        f"{other}. The workspace takes {found['workspace_megabytes']:,} MB.",
        "",
        *table(
            ["stage", "full run, s", "one added, s"],
            [[name, full["stages"].get(name, 0), added["stages"].get(name, 0)] for name in stages]
            + [
                ["processor seconds", full["seconds"], added["seconds"]],
                ["highest MB", f"{full['megabytes']:,}", f"{added['megabytes']:,}"],
            ],
        ),
        "",
        *table(
            ["table", "rows", "MB (Parquet)"],
            [
                [name.removesuffix(".parquet"), f"{size['rows']:,}", size["megabytes"]]
                for name, size in found["sizes"].items()
            ],
        ),
        "",
    ]


def extraction() -> list[str]:
    found = load("extraction")
    if not found:
        return []
    return [
        "## Reading",
        "",
        f"{found['plans']} plans of {found['characters']:,} characters: {found['characters'] / found['seconds']:,.0f} characters and "
        f"{found['units'] / found['seconds']:,.0f} units a second on one core, segmentation and coding; where the time goes:",
        "",
        *table(["room or library", "share"], [[name, share(part)] for name, part in found["shares"].items()]),
        "",
    ]


def write() -> None:
    """Write docs/speed.md from the results that are there."""
    head = [
        "# Speed",
        "",
        f"Written by `make bench`. Python {platform.python_version()}, {platform.machine()}, one thread. Take the ratios, not the "
        "seconds.",
        "",
    ]
    parts = [*head, *peers(), *growth(), *search(), *archive(), *extraction()]
    (ROOT / "docs" / "speed.md").write_text("\n".join(parts).rstrip() + "\n", encoding="utf-8")
