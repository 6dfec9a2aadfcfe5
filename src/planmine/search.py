"""``planmine search`` and ``planmine show``: measures of the last report of a workspace, by words and by sense.

Two rankings are joined. By words: TF-IDF over pairs of characters, which needs no segmentation of Chinese. By
sense: the cosine of the run's encoder. They are fused by reciprocal rank (Cormack, Clarke and Buettcher, SIGIR
2009, with their k of 60), which needs no weights between scores of different kinds.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from planmine.embedding import Encoder, load_encoder

Mode = Literal["both", "lexical", "semantic"]
RANK = 60  # the constant of reciprocal rank fusion
POOL = 1000  # ranks of each kind that are fused
COLUMNS = "measure_id city year category status strength agencies targets heading_path start end text plan_id probability".split()  # fmt: skip
# What a terminal would obey, and marks that turn the direction of writing.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class SearchError(ValueError):
    """There is no report to search, or no such measure; the message says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What a measure must be; None asks nothing. ``agency`` is a part of an agency's name."""

    city: str | None = None
    year: int | None = None
    category: str | None = None
    status: str | None = None
    agency: str | None = None
    strength: int | None = None
    figures: bool | None = None

    def of(self, measures: pd.DataFrame) -> np.ndarray:
        """Which rows pass, as booleans (n,)."""
        keep = np.ones(len(measures), dtype=bool)
        for name in ("city", "year", "category", "status", "strength"):
            wanted = getattr(self, name)
            if wanted is not None:
                keep &= measures[name].eq(wanted).fillna(False).to_numpy(dtype=bool)
        if self.agency is not None:
            keep &= np.array([any(self.agency in name for name in names) for names in measures["agencies"]])
        if self.figures is not None:
            keep &= np.array([(len(targets) > 0) == self.figures for targets in measures["targets"]])
        return keep


def latest(workspace: str | Path) -> Path:
    """The folder of the last report. Raises SearchError where there is none."""
    folder = Path(workspace) / "reports" / "latest"
    if not (folder / "manifest.json").is_file():
        raise SearchError(
            f"{workspace} has no report: make one with `planmine run PLANS --workspace {workspace}`"
        )
    return folder.resolve()


def _measures(folder: Path) -> pd.DataFrame:
    """Table measures, with whole numbers as such where some are unknown."""
    table = pd.read_parquet(folder / "tables" / "measures.parquet")
    return table.astype({"year": "Int64", "strength": "Int64"})


def search(
    query: str,
    workspace: str | Path,
    *,
    filters: Filters = Filters(),
    mode: Mode = "both",
    limit: int = 20,
) -> pd.DataFrame:
    """The ``limit`` measures of the last report that fit ``query`` best, best first, with their ``score``.

    Columns: COLUMNS and score (the sum of reciprocal ranks; of ``mode`` lexical and semantic the cosine). Only
    measures that share a pair of characters with the query have a lexical rank. Raises SearchError.
    """
    if not query.strip():
        raise SearchError("the query is empty: give words to look for")
    folder = latest(workspace)
    measures = _measures(folder)
    rows = np.flatnonzero(filters.of(measures))
    if not len(rows):
        return measures.iloc[:0][COLUMNS].assign(score=[])
    texts = [measures["text"].iat[row] for row in rows]
    scores = np.zeros(len(rows))
    for kind in ("lexical", "semantic"):
        if mode not in ("both", kind):
            continue
        own = (
            _lexical(query, texts)
            if kind == "lexical"
            else _semantic(query, measures, folder, workspace)[rows]
        )
        if mode == kind:
            scores = own
        else:
            best = np.argsort(-own, kind="stable")[:POOL]
            best = best[own[best] > 0]
            scores[best] += 1 / (RANK + 1 + np.arange(len(best)))
    order = np.argsort(-scores, kind="stable")[:limit]
    order = order[scores[order] > 0]
    return measures.iloc[rows[order]][COLUMNS].assign(score=scores[order].round(4)).reset_index(drop=True)


def _lexical(query: str, texts: Sequence[str]) -> np.ndarray:
    """Cosines (n,) of TF-IDF vectors over pairs of characters within words."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    words = " ".join(re.findall(r"\w+", query))
    counter = TfidfVectorizer(analyzer="char", ngram_range=(2, 2), sublinear_tf=True, dtype=np.float32)
    try:
        table = counter.fit_transform(texts)
    except ValueError:  # no text has two characters
        return np.zeros(len(texts))
    grams = {
        gram for word in words.split() for gram in (word[k : k + 2] for k in range(max(len(word) - 1, 1)))
    }
    asked = counter.transform([words])
    across = [column for gram, column in counter.vocabulary_.items() if gram not in grams]
    asked = asked.toarray()[0]
    asked[across] = 0  # a pair that a space parts is no word of the query
    return np.asarray(table @ asked).ravel()


def _semantic(query: str, measures: pd.DataFrame, folder: Path, workspace: str | Path) -> np.ndarray:
    """Cosines (n,) of the query with all measures, by the encoder of the run."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    encoder = load_encoder(manifest.get("settings", {}).get("encoder"))
    vectors = _vectors(encoder, measures["text"].tolist(), Path(workspace) / "vectors")
    return vectors.astype(np.float32) @ encoder.encode([query])[0]


def _vectors(encoder: Encoder, texts: list[str], place: Path) -> np.ndarray:
    """Vectors (n, d) float16 of ``texts``, kept in the workspace under a key of encoder and texts."""
    digest = hashlib.sha256(encoder.revision.encode())
    for text in texts:
        digest.update(text.encode(errors="replace") + b"\0")
    path = place / f"{digest.hexdigest()[:32]}.npy"
    if path.is_file():
        try:
            return np.load(path)
        except (OSError, ValueError):  # damaged: make it again
            path.unlink()
    vectors = encoder.encode(texts).astype(np.float16)
    place.mkdir(parents=True, exist_ok=True)
    scratch = path.with_suffix(".writing.npy")
    np.save(scratch, vectors)
    scratch.replace(path)
    return vectors


def show(measure_id: str, workspace: str | Path, *, around: int = 200) -> dict[str, Any]:
    """A measure of the last report in place: its row, its plan, and ``around`` characters before and after it.

    Keys: those of table measures, and plan (the row of table plans), before, after, counterparts (matches in
    other cities: measure_id, city, year, text, relation, probability). Raises SearchError.
    """
    folder = latest(workspace)
    tables, measures = folder / "tables", _measures(folder)
    own = measures[measures["measure_id"] == measure_id]
    if own.empty:
        raise SearchError(f"no measure {measure_id} in {folder}: `planmine search` prints the ids")
    row = _plain(own.iloc[0].to_dict())
    plans = pd.read_parquet(tables / "plans.parquet")
    plan = _plain(plans[plans["plan_id"] == row["plan_id"]].iloc[0].to_dict())
    texts = pd.read_parquet(tables / "texts.parquet", filters=[("plan_id", "==", row["plan_id"])])
    text = texts["text"].iat[0] if len(texts) else row["text"]
    start = row["start"] - plan["start"] if len(texts) else 0
    end = start + len(row["text"])
    matches = pd.read_parquet(tables / "matches.parquet")
    matches = matches[(matches["measure_a"] == measure_id) | (matches["measure_b"] == measure_id)]
    text_of = measures.set_index("measure_id")["text"]
    counterparts = []
    for match in matches.sort_values("probability", ascending=False).to_dict("records"):
        side = "b" if match["measure_a"] == measure_id else "a"
        other = match[f"measure_{side}"]
        found = {"measure_id": other, "city": match[f"city_{side}"], "year": match[f"year_{side}"]}
        counterparts.append(
            _plain(
                found
                | {"text": text_of[other], "relation": match["relation"], "probability": match["probability"]}
            )
        )
    return row | {
        "plan": plan,
        "before": text[max(0, start - around) : start],
        "after": text[end : end + around],
        "counterparts": counterparts,
    }


def found_text(found: pd.DataFrame) -> str:
    """The lines that ``planmine search`` prints."""
    lines = []
    for row in found.to_dict("records"):
        year = "–" if pd.isna(row["year"]) else row["year"]
        lines.append(f"{row['measure_id']}  {row['city'] or '–'} {year}  {row['category']}  {row['status']}")
        lines.append(f"    {safe(row['text'].strip())}")
    return "\n".join(lines)


def shown_text(found: dict[str, Any], *, bold: bool) -> str:
    """The lines that ``planmine show`` prints; the measure between 【】, or bold on a terminal."""
    plan = found["plan"]
    head = [plan.get("title"), plan.get("city"), plan.get("year_from"), plan.get("agency")]
    left, right = ("\x1b[1m", "\x1b[0m") if bold else ("【", "】")
    place = f"{plan['source']} [{found['start']}, {found['end']})"
    lines = [
        " · ".join(safe(str(part)) for part in head if part),
        safe(place) + (f"  {safe(plan['url'])}" if plan.get("url") else ""),
        safe(" › ".join(found["heading_path"])),
        "",
        f"{safe(found['before'])}{left}{safe(found['text'])}{right}{safe(found['after'])}",
        "",
        f"{found['status']}  {found['category']} ({found['probability']:.2f})"
        + (f"  strength {found['strength']}" if found["strength"] else ""),
    ]
    for target in found["targets"]:
        value = (
            "(left out)"
            if target["value"] is None
            else f"{target['comparator']} {target['value']:g} {target['unit']}"
        )
        lines.append(safe(f"figure: {target['indicator']} {value} {target['deadline'] or ''}".rstrip()))
    if found["agencies"]:
        lines.append(safe(f"agencies: {'、'.join(found['agencies'])}"))
    for other in found["counterparts"]:
        lines.append(
            safe(
                f"{other['relation']} {other['probability']:.2f}  {other['measure_id']}  {other['city']} {other['year']}  {other['text'].strip()}"
            )
        )
    return "\n".join(lines)


def safe(text: str) -> str:
    """Text for a terminal: control characters and marks of direction as U+FFFD."""
    return _CONTROL.sub("\ufffd", text)


def to_json(found: Any) -> str:
    """A frame as a list of objects, or one object, as JSON."""
    rows = [_plain(row) for row in found.to_dict("records")] if isinstance(found, pd.DataFrame) else found
    return json.dumps(rows, ensure_ascii=False, indent=1)


def _plain(value: Any) -> Any:
    """numpy's and pandas' values as Python's own."""
    if isinstance(value, dict):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if value is pd.NA or value is None or value != value else value
