"""What is measured: each function reads test units and gives figures; nothing is printed or written here."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from planmine import pipeline
from planmine.codebook import load_codebook
from planmine.coding.labels import CodedPlan, check_reference, read_coded, read_references, read_source
from planmine.coding.strength import read_strength
from planmine.corpus import discover, read
from planmine.evaluation import (
    GoldUnit,
    agreement,
    align,
    calibration,
    chances,
    confusion,
    evaluate,
    intervals,
    per_class,
    resamples,
    score_codes,
    score_units,
)
from planmine.targets import read_targets

ROOT = Path(__file__).resolve().parents[2]
LABELLED = ROOT / "corpus" / "labelled"


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
        "confusion": [[a, b, n] for (a, b), n in confusion(pairs).most_common(12)],
        "chances": chances(pairs),
    }


def units_of_reports(source: Path) -> dict[str, Any]:
    """Units of windows of real reports (``references/units.jsonl``) against those of the program."""
    gold, spans, texts = [], {}, {}
    for line in (LABELLED / "references" / "units.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        name = f"{row['file']}#{row['window']}"
        low, high = spans.get(name, (row["start"], row["end"]))
        spans[name] = (min(low, row["start"]), max(high, row["end"]))
        path = source / row["file"]
        if path not in texts:
            texts[path] = read_source(path)
        check_reference(path, texts[path], row)
        gold.append(
            GoldUnit(
                file=name,
                group=row["file"].split("/")[0],
                start=row["start"],
                end=row["end"],
                kind=row["kind"],
                status=None,
                labels=(),
                targets=None,
            )
        )
    found = []
    for name, (low, high) in spans.items():
        file = discover([source / name.split("#")[0]])[0][0]
        units = [u for plan in read(file)[0] for u in pipeline.units_of(plan)]
        found += [(name, u) for u in units if low <= u.start and u.end <= high]
    return {
        "windows": len(spans),
        "measures": sum(g.kind == "measure" for g in gold),
        **score_units(gold, found),
    }


def places(source: Path) -> dict[str, Any]:
    """How many files of the source get the right city and year, by their path but for the known exceptions."""
    known = json.loads((ROOT / "evaluation" / "report-exceptions.json").read_text(encoding="utf-8"))["files"]
    files = [f for f in discover([source])[0] if f.path.suffix == ".md" and f.path.stem.isdigit()]
    right = {"city": 0, "year": 0}
    flagged = 0
    for file in files:
        name = f"{file.path.parent.name}/{file.path.name}"
        plans = read(file)[0]
        truth = {"city": file.path.parent.name, "year": int(file.path.stem), **known.get(name, {})}
        right["city"] += bool(plans) and plans[0].city == truth["city"]
        right["year"] += bool(plans) and plans[0].year_to == truth["year"]
        flagged += name in known and bool(plans[0].warnings)
    return {"files": len(files), **right, "exceptions": len(known), "flagged": flagged}


def coders() -> dict[str, list[dict[str, Any]]]:
    """Agreement of the two coders of each test, by status, main category and each category."""
    found = {}
    for name, file in (
        ("work reports", LABELLED / "references" / "test.jsonl"),
        ("bureau plans", LABELLED / "plans-test" / "coders.jsonl"),
    ):
        rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        group = [row["file"].split("/")[0] for row in rows]
        status = [(r["first_status"], r["second_status"]) for r in rows]
        category = [(r["first_labels"][0], r["second_labels"][0]) for r in rows]
        lines = [agreed("status", group, status), agreed("main category", group, category)]
        for code in load_codebook().categories:
            one = [(str(a == code), str(b == code)) for a, b in category]
            if sum("True" in pair for pair in one) >= 5:
                lines.append(agreed(code, group, one))
        found[name] = lines
    return found


def agreed(what: str, group: list[str], codes: list[tuple[str, str]], draws: int = 200) -> dict[str, Any]:
    """Agreement and Krippendorff's alpha of pairs of codes, its interval by a bootstrap over groups."""
    alphas = [
        agreement([a for a, _ in drawn], [b for _, b in drawn])["alpha"]
        for drawn in resamples(codes, group, draws=draws)
    ]
    low, high = np.percentile(alphas, [2.5, 97.5])
    found = agreement([a for a, _ in codes], [b for _, b in codes])
    return {"what": what, "units": len(codes), **found, "low": float(low), "high": float(high)}


def strength(source: Path) -> dict[str, float]:
    """Agreement of two coders on strength of commitment, and of the program with each."""
    rows = [json.loads(x) for x in (LABELLED / "strength.jsonl").read_text(encoding="utf-8").splitlines()]
    codebook = load_codebook()
    texts = {p.name: p.text for p in read_coded(LABELLED / "plans", codebook)}
    first, second, own = [], [], []
    for row in rows:
        text = texts.get(row["file"]) or read_source(source / row["file"])
        unit = text[row["start"] : row["end"]]
        first.append(str(row["first"]))
        second.append(str(row["second"]))
        own.append(str(read_strength(unit, len(read_targets(unit)))))
    two, one, other = agreement(first, second), agreement(own, first), agreement(own, second)
    return {
        "units": len(rows),
        "agreement": two["agreement"],
        "alpha": two["alpha"],
        "program_first": one["agreement"],
        "program_second": other["agreement"],
    }
