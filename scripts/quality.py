"""Measure the reading and write docs/quality.md.

    python scripts/quality.py --source DIR [--gold FILE --text DIR]

DIR is the public source of the references (corpus/labelled/README.md). A gold file of one's own may be added.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from planmine import __version__, pipeline
from planmine.codebook import load_codebook
from planmine.coding.labels import CodedPlan, read_coded, read_references
from planmine.coding.strength import read_strength
from planmine.corpus import discover, read
from planmine.evaluation import (
    GoldUnit,
    agreement,
    align,
    calibration,
    evaluate,
    gold_files,
    intervals,
    per_class,
    read_gold,
    score_codes,
)
from planmine.targets import read_targets

ROOT = Path(__file__).resolve().parents[1]
LABELLED = ROOT / "corpus" / "labelled"
SHOWN = (
    "units_f1 boundary_similarity status category accepted category_macro_f1 ece figures_f1 figures_comparator"
).split()


def gold_of(
    plans: Sequence[CodedPlan], figures: dict[tuple[str, str], list[dict]] | None = None
) -> list[GoldUnit]:
    """Coded plans as gold units; a unit without a row in ``figures`` has none, where figures were coded."""
    return [
        GoldUnit(
            file=plan.name,
            group=plan.group,
            start=label.start,
            end=label.end,
            kind=label.kind,
            status=label.status,
            labels=label.labels,
            targets=None
            if figures is None or label.status is None
            else tuple(figures.get((plan.name, plan.text[label.start : label.end]), ())),
        )
        for plan in plans
        for label in plan.labels
    ]


def bureau() -> dict[str, Any]:
    """The bureau plans of our own writing that were written apart from the training texts."""
    folder = LABELLED / "plans-test"
    plans = read_coded(folder, load_codebook())
    rows = map(json.loads, (folder / "figures.jsonl").read_text(encoding="utf-8").splitlines())
    figures = {(row["file"], row["text"]): row["targets"] for row in rows}
    with tempfile.TemporaryDirectory() as place:
        for plan in plans:
            (Path(place) / plan.name).write_text(plan.text, encoding="utf-8")
        return evaluate(gold_of(plans, figures), Path(place))


def reports(source: Path) -> dict[str, Any]:
    """Real units of cities that no training unit is from. Units were sampled from this segmentation, so only
    codes are scored."""
    gold = gold_of(read_references([LABELLED / "references" / "test.jsonl"], source, load_codebook()))
    files = {str(source / name): name for name in {g.file for g in gold}}
    found = [(files[str(f.path)], plan) for f in discover(sorted(files))[0] for plan in read(f)[0]]
    measures = [
        (name, m)
        for (name, _), (_, ms) in zip(found, pipeline.measures_of(p for _, p in found), strict=True)
        for m in ms
    ]
    pairs = [pair for pair in align(gold, measures) if pair.read]
    return {
        "gold": {"units": len(gold), "measures": len(pairs), "groups": len({g.group for g in gold})},
        "scores": {**score_codes(pairs), **calibration(pairs)},
        "intervals": {k: list(v) for k, v in intervals(pairs, score_codes).items()},
        "per_class": per_class([p for p in pairs if p.gold.status != "context"]),
    }


def coders() -> list[str]:
    """Agreement of the two coders of the test references, with intervals by a bootstrap over cities."""
    rows = [
        json.loads(x)
        for x in (LABELLED / "references" / "test.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    lines = ["| what | units | agreement | Krippendorff's alpha | 95 % |", "|---|---|---|---|---|"]
    status = [(r["file"], r["first_status"], r["second_status"]) for r in rows]
    category = [(r["file"], r["first_labels"][0], r["second_labels"][0]) for r in rows]
    lines.append(_agreement_row("status", status))
    lines.append(_agreement_row("main category", category))
    for name in load_codebook().categories:
        one = [(f, str(a == name), str(b == name)) for f, a, b in category]
        if sum(a == "True" or b == "True" for _, a, b in one) >= 5:
            lines.append(_agreement_row(name, one))
    return lines


def _agreement_row(what: str, codes: list[tuple[str, str, str]], draws: int = 200) -> str:
    found = agreement([a for _, a, _ in codes], [b for _, _, b in codes])
    cities: dict[str, list[tuple[str, str]]] = {}
    for file, a, b in codes:
        cities.setdefault(file.split("/")[0], []).append((a, b))
    names, rng, alphas = sorted(cities), np.random.default_rng(7), []
    for _ in range(draws):
        drawn = [pair for i in rng.integers(0, len(names), len(names)) for pair in cities[names[i]]]
        alphas.append(agreement([a for a, _ in drawn], [b for _, b in drawn])["alpha"])
    low, high = np.percentile(alphas, [2.5, 97.5])
    return (
        f"| {what} | {len(codes)} | {found['agreement']:.3f} | {found['alpha']:.3f} | {low:.3f}–{high:.3f} |"
    )


def strength(source: Path) -> str:
    """Agreement of two coders on strength of commitment, and of the program with each."""
    rows = [json.loads(x) for x in (LABELLED / "strength.jsonl").read_text(encoding="utf-8").splitlines()]
    codebook = load_codebook()
    texts = {p.name: p.text for p in read_coded(LABELLED / "plans", codebook)}
    first, second, own = [], [], []
    for row in rows:
        text = texts.get(row["file"]) or (source / row["file"]).read_bytes().decode("utf-8-sig")
        unit = text[row["start"] : row["end"]]
        first.append(str(row["first"]))
        second.append(str(row["second"]))
        own.append(str(read_strength(unit, len(read_targets(unit)))))
    two, one, other = agreement(first, second), agreement(own, first), agreement(own, second)
    return (
        f"Two coders on {len(rows)} planned measures: agreement {two['agreement']:.3f}, alpha {two['alpha']:.3f}. "
        f"The program agrees with the first on {one['agreement']:.3f} and with the second on {other['agreement']:.3f}."
    )


def table(results: dict[str, dict[str, Any]]) -> list[str]:
    """A row a metric, a column a test set, with intervals."""
    lines = [f"| | {' | '.join(results)} |", "|---|" + "---|" * len(results)]
    sizes = [f"{r['gold']['measures']:,} in {r['gold']['groups']} groups" for r in results.values()]
    lines.append(f"| measures | {' | '.join(sizes)} |")
    for name in SHOWN:
        cells = []
        for result in results.values():
            value = result["scores"].get(name)
            low, high = result["intervals"].get(name, (None, None))
            span = f" ({low:.3f}–{high:.3f})" if low is not None else ""
            cells.append("–" if value is None else f"{value:.3f}{span}")
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def classes(result: dict[str, Any]) -> list[str]:
    lines = ["| category | precision | recall | F1 | n |", "|---|---|---|---|---|"]
    for name, row in result["per_class"].items():
        lines.append(
            f"| {name} | {row['precision']:.2f} | {row['recall']:.2f} | {row['f1']:.2f} | {row['support']} |"
        )
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--source", type=Path, required=True)
    parser.add_argument("--gold", type=Path)
    parser.add_argument("--text", type=Path)
    options = parser.parse_args()
    results = {"bureau plans": bureau(), "work reports": reports(options.source)}
    if options.gold:
        results["seed plans"] = evaluate(read_gold(gold_files(options.gold)), options.text)
    lines = [
        "# Quality",
        "",
        f"Written by `scripts/quality.py`, PlanMine {__version__}, coder `{pipeline.default_coder().revision[:12]}`. "
        "Intervals: 95 %, by a bootstrap over documents or cities.",
        "",
        "**Bureau plans**: our own writing, written apart from the training texts (`corpus/labelled/plans-test`), coded once. "
        "**Work reports**: real units of cities that no training unit is from (`corpus/labelled/references/test.jsonl`), coded "
        "twice and adjudicated; they were sampled from this segmentation, so it is not scored on them. **Seed plans**: six "
        "real plans coded by others and kept outside the project. All codes are by language models that worked by the "
        "coding guide: the figures say how well the program reads as they do.",
        "",
        "Status is scored on all measures, the main category on those that are not context; a unit that was not found counts "
        "as wrong on bureau and seed plans. `accepted` counts any category that the coder accepted.",
        "",
        *table(results),
        "",
        "## By category",
        "",
    ]
    for name, result in results.items():
        lines += [f"### {name}", "", *classes(result), ""]
    lines += ["## Coders", "", *coders(), "", strength(options.source), ""]
    (ROOT / "docs" / "quality.md").write_text("\n".join(lines), encoding="utf-8")
    print("\n".join(table(results)))


if __name__ == "__main__":
    main()
