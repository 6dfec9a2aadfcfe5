"""Stored documents to the frames that are compared and reported, and the manifest of a run."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa

from planmine import __version__
from planmine.records import Failure
from planmine.workspace import Workspace
from planmine.workspace.documents import PLAN_COLUMNS

if TYPE_CHECKING:
    from planmine.comparison import Sources

_LIBRARIES = (
    "numpy",
    "pandas",
    "pyarrow",
    "scikit-learn",
    "spacy",
    "jieba",
    "tokenizers",
    "prefect",
)


def collect(
    place: Workspace,
    keys: Sequence[str],
    failures: Sequence[Failure],
    near_duplicates: Callable[[dict[str, str]], list[Any]],
) -> dict[str, pd.DataFrame]:
    """Frames ``plans``, ``texts``, ``measures``, ``targets``, ``failures``, ``notices`` of stored documents.

    Sorted by source and offset, so that the order of files does not matter. A plan whose text was read
    before under another name counts once; the other is a failure row.
    """
    documents = place.documents(keys)
    plans = pd.DataFrame([row for d in documents for row in d.plans], columns=PLAN_COLUMNS)
    plans = plans.sort_values(["source", "start"], kind="stable", ignore_index=True)
    problems = [*failures, *(failure for d in documents for failure in d.failures)]
    double = plans.duplicated("plan_id")
    for row in plans[double].to_dict("records"):
        first = plans.loc[plans["plan_id"] == row["plan_id"], "source"].iloc[0]
        reason = f"the same text as {first}"
        problems.append(
            Failure(file=row["source"], stage="corpus", reason=reason, remedy="remove one of the two")
        )
    plans = plans[~double].reset_index(drop=True)
    measures = pa.concat_tables([d.measures for d in documents]).to_pandas() if documents else pd.DataFrame()
    if not measures.empty:
        order = {plan_id: i for i, plan_id in enumerate(plans["plan_id"])}
        measures = measures.drop_duplicates("measure_id")
        rank = measures["plan_id"].map(order)
        measures = measures.assign(_rank=rank).sort_values(["_rank", "start"], kind="stable")
        measures = measures.drop(columns="_rank").reset_index(drop=True)
        measures["year"] = measures["year"].astype("Int64")
        measures["strength"] = measures["strength"].astype("Int64")
    for name in ("year_from", "year_to"):
        plans[name] = plans[name].astype("Int64")
    notices = [n for d in documents for n in d.notices]
    source_of = dict(zip(plans["plan_id"], plans["source"], strict=True))
    if not measures.empty:
        bodies = measures.groupby("plan_id", sort=True)["text"].agg("".join).to_dict()
        for pair in near_duplicates(bodies):
            note = f"nearly the same text as {source_of[pair.plan_b]} ({pair.similarity:.0%})"
            notices.append({"file": source_of[pair.plan_a], "plan_id": pair.plan_a, "notice": note})
    columns = ["file", "stage", "reason", "remedy"]
    bodies_of = {row["plan_id"]: row["text"] for d in documents for row in d.texts}
    return {
        "plans": plans,
        "texts": plans[["plan_id"]].assign(text=plans["plan_id"].map(bodies_of)),
        "measures": measures,
        "targets": _targets(measures),
        "failures": pd.DataFrame([asdict(p) for p in problems], columns=columns)
        .drop_duplicates()
        .sort_values(columns, ignore_index=True),
        "notices": pd.DataFrame(notices, columns=["file", "plan_id", "notice"])
        .drop_duplicates()
        .sort_values(["file", "notice"], ignore_index=True),
    }


_TARGET_COLUMNS = (
    "measure_id city year category status indicator value unit canonical_value canonical_unit comparator "
    "deadline baseline redacted start end"
).split()


def _targets(measures: pd.DataFrame) -> pd.DataFrame:
    if measures.empty:
        return pd.DataFrame(columns=_TARGET_COLUMNS)
    shared = ["measure_id", "city", "year", "category", "status"]
    rows = [
        {**dict(zip(shared, values, strict=True)), **target}
        for *values, targets in measures[[*shared, "targets"]].itertuples(index=False, name=None)
        for target in targets
    ]
    return pd.DataFrame(rows, columns=_TARGET_COLUMNS)


def manifest_of(tables: Mapping[str, pd.DataFrame], **parts: Any) -> dict[str, Any]:
    """Versions, inputs and the hash of the result; ``parts`` are what the run was made with."""
    versions = {"planmine": __version__, "python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    plans = tables["plans"]
    inputs = {row.source: row.sha256 for row in plans.sort_values("source").itertuples()}
    result = hashlib.sha256()
    for name in ("plans", "measures"):
        result.update(tables[name].to_json(orient="records", force_ascii=False).encode())
    return {
        "format": 1,
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": versions,
        **parts,
        "inputs": inputs,
        "result_sha256": result.hexdigest(),
    }


def given_sources(tables: Mapping[str, pd.DataFrame], coded: str | None, previous: str | None) -> Sources:
    """What a run knows beside its measures. Raises ValueError where a file that was named cannot be used."""
    from planmine.comparison import Sources

    sample = earlier = None
    if coded is not None:
        sample = pd.read_csv(coded, dtype="string", encoding="utf-8-sig")
        if not {"measure_id", "category"} <= set(sample.columns):
            raise ValueError(f"{coded}: no columns measure_id and category; draw it with planmine sample")
    if previous is not None:
        file = Path(previous) / "tables" / "theme_measures.parquet"
        if not file.is_file():
            raise ValueError(f"{file}: missing; name the folder of an earlier report")
        earlier = pd.read_parquet(file)
    return Sources(plans=tables["plans"], failures=tables["failures"], coded=sample, previous=earlier)
