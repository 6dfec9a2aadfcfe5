"""Metrics against hand-coded plans: units, status, category, figures, calibration, agreement.

A gold file is JSON Lines, one row a unit: file, start, end, kind (heading | measure) and for measures
status, category, labels (accepted, the main one first), targets and, where there is one, second_coder
(the other coder's main category). Offsets are those of the decoded file.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from planmine.records import UNSURE, Measure, Plan, Unit

Draw = dict[str, float]
T = TypeVar("T")


class GoldError(ValueError):
    """The gold file or its texts cannot be used; the message names the file and the remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldUnit:
    """One hand-coded unit; ``group`` is what a bootstrap resamples (a city, else a plan)."""

    file: str
    group: str
    start: int
    end: int
    kind: str
    status: str | None
    labels: tuple[str, ...]
    targets: tuple[dict[str, Any], ...] | None
    second_coder: str | None = None

    @property
    def category(self) -> str | None:
        return self.labels[0] if self.labels else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A gold measure and what was read at the same place; None where the unit was not found."""

    gold: GoldUnit
    read: Measure | None


def read_gold(paths: Iterable[Path]) -> list[GoldUnit]:
    """Gold units of JSON Lines files. Raises GoldError where a row lacks what it must have."""
    units = []
    for path in paths:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
                units.append(
                    GoldUnit(
                        file=row["file"],
                        group=str(row.get("group") or f"{row['file']}#{row.get('plan', 0)}"),
                        start=row["start"],
                        end=row["end"],
                        kind=row["kind"],
                        status=row.get("status"),
                        labels=tuple(row.get("labels") or ([row["category"]] if row.get("category") else [])),
                        targets=tuple(row["targets"]) if row.get("targets") is not None else None,
                        second_coder=row.get("second_coder"),
                    )
                )
            except (json.JSONDecodeError, KeyError, TypeError) as error:
                raise GoldError(
                    f"{path}:{number}: no gold unit ({error!r}); see docs/coding-guide.md"
                ) from error
    if not units:
        raise GoldError(f"no gold units in {', '.join(map(str, paths)) or 'no file'}")
    return units


def gold_files(path: Path) -> list[Path]:
    """The gold files of a path: itself, or the ``*.jsonl`` of a folder."""
    if path.is_dir():
        return sorted(path.glob("*.jsonl"))
    if path.is_file():
        return [path]
    raise GoldError(f"{path}: no such file or folder")


def align(gold: Sequence[GoldUnit], measures: Iterable[tuple[str, Measure]]) -> list[Pair]:
    """Each gold measure with the read measure of exactly its span; ``measures`` come with their file."""
    at = {(file, m.start, m.end): m for file, m in measures}
    return [Pair(gold=g, read=at.get((g.file, g.start, g.end))) for g in gold if g.kind == "measure"]


def score_units(gold: Sequence[GoldUnit], units: Iterable[tuple[str, Unit]]) -> dict[str, float]:
    """Precision, recall and F1 of measures by exact span, and of boundaries of all units, headings included."""
    scores = {}
    read = list(units)
    for name, kinds in (("units", ("measure",)), ("units_and_headings", ("measure", "heading"))):
        wanted = {(g.file, g.start, g.end) for g in gold if g.kind in kinds}
        got = {(file, u.start, u.end) for file, u in read if u.kind in kinds}
        hit = len(wanted & got)
        scores[f"{name}_precision"] = hit / len(got) if got else 0.0
        scores[f"{name}_recall"] = hit / len(wanted) if wanted else 0.0
        scores[f"{name}_f1"] = 2 * hit / (len(wanted) + len(got)) if wanted or got else 0.0
    scores["boundary_similarity"] = _boundary_similarity(gold, read)
    return scores


def _boundary_similarity(gold: Sequence[GoldUnit], read: Sequence[tuple[str, Unit]], near: int = 2) -> float:
    """Boundary similarity B (Fournier 2013, ACL) over ends of units: a near miss of <= ``near`` counts half."""
    ends_gold: dict[str, set[int]] = defaultdict(set)
    ends_read: dict[str, set[int]] = defaultdict(set)
    for g in gold:
        ends_gold[g.file].add(g.end)
    for file, unit in read:
        ends_read[file].add(unit.end)
    full, half, edits = 0, 0, 0
    for file, wanted in ends_gold.items():
        both = wanted & ends_read[file]
        missing, extra = sorted(wanted - both), sorted(ends_read[file] - both)
        close = 0
        for end in missing:
            match = next((e for e in extra if abs(e - end) <= near), None)
            if match is not None:
                extra.remove(match)
                close += 1
        full += len(both)
        half += close
        edits += len(missing) - close + len(extra)
    total = full + half + edits
    return (full + half * (1 - 1 / (near + 1))) / total if total else 1.0


def score_codes(pairs: Sequence[Pair]) -> Draw:
    """Accuracy of status and main category, accepted accuracy, macro-F1, and label overlap.

    Over all gold measures; a unit that was not found counts as wrong. Categories are scored on units that
    are not context in the gold, as the coders' own agreement is.
    """
    if not pairs:
        return {}
    active = [p for p in pairs if p.gold.status != "context"]
    hits = [p.read is not None and p.read.status == p.gold.status for p in pairs]
    main = [p.read is not None and p.read.category == p.gold.category for p in active]
    accepted = [p.read is not None and p.read.category in p.gold.labels for p in active]
    overlap = [
        len(set(p.gold.labels) & set(p.read.labels)) / len(set(p.gold.labels) | set(p.read.labels))
        for p in active
        if p.read is not None
    ]
    coded = [hit for p, hit in zip(active, main, strict=True) if p.read and p.read.category != UNSURE]
    table = per_class(active)
    large = [row["f1"] for row in table.values() if row["support"] >= 20]
    return {
        "status": float(np.mean(hits)),
        "category": float(np.mean(main)) if main else float("nan"),
        "accepted": float(np.mean(accepted)) if accepted else float("nan"),
        "category_macro_f1": float(np.mean(large)) if large else float("nan"),
        "labels_jaccard": float(np.mean(overlap)) if overlap else float("nan"),
        "coded": len(coded) / len(active) if active else float("nan"),
        "category_of_coded": float(np.mean(coded)) if coded else float("nan"),
    }


def per_class(pairs: Sequence[Pair]) -> dict[str, dict[str, float]]:
    """Precision, recall, F1 and support of each main category."""
    gold = Counter(str(p.gold.category) for p in pairs)
    read = Counter(p.read.category for p in pairs if p.read)
    hits = Counter(str(p.gold.category) for p in pairs if p.read and p.read.category == p.gold.category)
    return {
        name: {
            "precision": hits[name] / read[name] if read[name] else 0.0,
            "recall": hits[name] / n,
            "f1": 2 * hits[name] / (n + read[name]),
            "support": n,
        }
        for name, n in sorted(gold.items(), key=lambda item: (-item[1], item[0]))
    }


def confusion(pairs: Sequence[Pair]) -> Counter[tuple[str, str]]:
    """How often a category (first) was read as another (second); right ones left out."""
    return Counter(
        (str(p.gold.category), p.read.category)
        for p in pairs
        if p.read and p.gold.status != "context" and p.read.category != p.gold.category
    )


def expected_calibration_error(probability: np.ndarray, hit: np.ndarray, bins: int = 10) -> float:
    """Mean gap of probability (n,) and hits (n,) over equal-width bins, by their size (Naeini et al. 2015)."""
    place = np.minimum((probability * bins).astype(int), bins - 1)
    return float(
        sum(
            (place == b).mean() * abs(probability[place == b].mean() - hit[place == b].mean())
            for b in np.unique(place)
        )
    )


def chances(pairs: Sequence[Pair]) -> list[tuple[float, bool]]:
    """Probability of the main category and whether it is right, of each measure found that is not context."""
    return [
        (p.read.probability, p.read.category == p.gold.category)
        for p in pairs
        if p.read and p.gold.status != "context"
    ]


def calibration(pairs: Sequence[Pair], bins: int = 10) -> dict[str, float]:
    """Expected calibration error (Naeini et al. 2015; equal-width bins) and Brier score of the main category."""
    if not (known := chances(pairs)):
        return {}
    p, hit = np.array([k[0] for k in known]), np.array([k[1] for k in known], dtype=float)
    return {"ece": expected_calibration_error(p, hit, bins), "brier": float(np.mean((p - hit) ** 2))}


def score_figures(pairs: Sequence[Pair]) -> Draw:
    """Precision, recall and F1 of figures: value, unit and redaction agree within the same unit."""
    coded = [p for p in pairs if p.gold.targets is not None]
    wanted = got = hit = right = 0
    for pair in coded:
        gold = Counter(_figure(t) for t in pair.gold.targets or ())
        read_targets = pair.read.targets if pair.read else ()
        read = Counter(_figure(asdict(t)) for t in read_targets)
        wanted += sum(gold.values())
        got += sum(read.values())
        hit += sum((gold & read).values())
        comparators = Counter((*_figure(t), t["comparator"]) for t in pair.gold.targets or ())
        right += sum(
            (comparators & Counter((*_figure(asdict(t)), t.comparator) for t in read_targets)).values()
        )
    if not coded:
        return {}
    return {
        "figures_precision": hit / got if got else 0.0,
        "figures_recall": hit / wanted if wanted else 0.0,
        "figures_f1": 2 * hit / (wanted + got) if wanted + got else 1.0,
        "figures_comparator": right / hit if hit else 1.0,
    }


def _figure(target: dict[str, Any]) -> tuple[float | None, str, bool]:
    value = target.get("value")
    unit = str(target.get("unit") or "").replace(" ", "")
    return (None if value is None else round(float(value), 6), unit, bool(target.get("redacted")))


def agreement(first: Sequence[str], second: Sequence[str]) -> dict[str, float]:
    """Observed agreement and Krippendorff's alpha (nominal) of two coders over the same units."""
    from nltk.metrics.agreement import AnnotationTask

    codes = [
        (coder, i, code)
        for coder, all_codes in (("a", first), ("b", second))
        for i, code in enumerate(all_codes)
    ]
    alpha = AnnotationTask(data=codes).alpha() if len({*first, *second}) > 1 else 1.0
    return {
        "agreement": float(np.mean([a == b for a, b in zip(first, second, strict=True)])),
        "alpha": float(alpha),
    }


def resamples(items: Sequence[T], groups: Sequence[str], *, draws: int, seed: int = 7) -> Iterator[list[T]]:
    """Bootstrap samples of ``items`` by whole groups (``groups``: each item's), drawn with replacement."""
    members: dict[str, list[T]] = defaultdict(list)
    for group, item in zip(groups, items, strict=True):
        members[group].append(item)
    names, rng = sorted(members), np.random.default_rng(seed)
    for _ in range(draws):
        yield [item for i in rng.integers(0, len(names), len(names)) for item in members[names[i]]]


def intervals(
    pairs: Sequence[Pair], score: Callable[[Sequence[Pair]], Draw], *, draws: int = 500, seed: int = 7
) -> dict[str, tuple[float, float]]:
    """95 % percentile intervals of a score by a bootstrap over groups (cities, else plans)."""
    found: dict[str, list[float]] = defaultdict(list)
    for drawn in resamples(pairs, [pair.gold.group for pair in pairs], draws=draws, seed=seed):
        for name, value in score(drawn).items():
            found[name].append(value)
    return {
        name: (float(np.nanpercentile(values, 2.5)), float(np.nanpercentile(values, 97.5)))
        for name, values in found.items()
    }


def evaluate(
    gold: Sequence[GoldUnit], text: Path, *, abstain: float = 0.0, draws: int = 500
) -> dict[str, Any]:
    """Read the texts of the gold in ``text`` and score every stage. Raises GoldError for a missing text.

    With ``abstain`` the measures left unsure count as wrong in ``category``; ``coded`` is the share of the others
    and ``category_of_coded`` how many of those are right.
    """
    from planmine.corpus import discover, read
    from planmine.pipeline import measures_of, units_of

    found: list[tuple[str, Plan]] = []
    for name in sorted({g.file for g in gold}):
        path = text / name
        if not path.is_file():
            raise GoldError(
                f"{path}: the gold names this text, and it is missing; give its folder with --text"
            )
        for file in discover([path])[0]:
            plans, failures = read(file)
            if failures:
                raise GoldError(f"{path}: {failures[0].reason}")
            found.extend((name, plan) for plan in plans)
    spans = _coded_spans(gold)
    units = [(name, u) for name, plan in found for u in units_of(plan) if _inside(u, spans[name])]
    read_measures = [
        (name, m)
        for (name, _), (_, ms) in zip(
            found, measures_of((plan for _, plan in found), abstain=abstain), strict=True
        )
        for m in ms
    ]
    pairs = align(gold, read_measures)
    scores = {**score_units(gold, units), **score_codes(pairs), **calibration(pairs), **score_figures(pairs)}
    second = [
        (g.category, g.second_coder) for g in gold if g.second_coder and g.status != "context" and g.category
    ]
    return {
        "gold": {"units": len(gold), "measures": len(pairs), "groups": len({g.group for g in gold})},
        "scores": {name: round(value, 4) for name, value in scores.items()},
        "intervals": {
            name: [round(low, 4), round(high, 4)]
            for name, (low, high) in {
                **intervals(pairs, score_codes, draws=draws),
                **intervals(pairs, score_figures, draws=draws),
            }.items()
        },
        "per_class": per_class([p for p in pairs if p.gold.status != "context"]),
        "confusion": [[a, b, n] for (a, b), n in confusion(pairs).most_common(12)],
        "chances": chances(pairs),
        "coders": agreement(*map(list, zip(*second, strict=True))) if second else None,
    }


def _coded_spans(gold: Sequence[GoldUnit]) -> dict[str, list[tuple[int, int]]]:
    """Where a file was coded: from the first to the last coded unit of each group."""
    reach: dict[tuple[str, str], list[int]] = defaultdict(list)
    for g in gold:
        reach[g.file, g.group] += [g.start, g.end]
    spans: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for (file, _), offsets in reach.items():
        spans[file].append((min(offsets), max(offsets)))
    return spans


def _inside(unit: Unit, spans: Sequence[tuple[int, int]]) -> bool:
    return any(low <= unit.start and unit.end <= high for low, high in spans)


def report_text(found: dict[str, Any]) -> str:
    """The result of ``evaluate`` as a table to read, 95 % intervals where there are any."""
    lines = ["gold       " + ", ".join(f"{n:,} {what}" for what, n in found["gold"].items())]
    for name, value in found["scores"].items():
        low, high = found["intervals"].get(name, (None, None))
        span = f"  [{low:.3f}, {high:.3f}]" if low is not None else ""
        lines.append(f"{name:<32}{value:>7.3f}{span}")
    if found["coders"]:
        lines.append(
            f"two coders on the main category: agreement {found['coders']['agreement']:.3f}, "
            f"Krippendorff's alpha {found['coders']['alpha']:.3f}"
        )
    lines.append(f"{'category':<22}{'precision':>10}{'recall':>8}{'f1':>7}{'n':>6}")
    for name, row in found["per_class"].items():
        lines.append(
            f"{name:<22}{row['precision']:>10.2f}{row['recall']:>8.2f}{row['f1']:>7.2f}{row['support']:>6}"
        )
    return "\n".join(lines)
