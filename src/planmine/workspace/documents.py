"""What reading one source document gave, and a table of such documents: the content of a part.

A part is a Parquet file with one row a document: its key, its plans with their texts, its measures, and what
failed. A batch of documents is one part, so that ten thousand small files do not become ten thousand more.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from planmine.records import Failure, Measure, Plan

READING = 2  # raised when what is stored of a document changes, so that all are read again


def _struct(strings: str, *others: tuple[str, pa.DataType]) -> list[tuple[str, pa.DataType]]:
    kinds = dict(others)
    return [(name, kinds.get(name, pa.string())) for name in strings.split()]


_INT, _REAL, _TEXTS = pa.int64(), pa.float64(), pa.list_(pa.string())
_TARGET = pa.struct(
    _struct(
        "indicator value unit comparator start end canonical_value canonical_unit deadline baseline redacted",
        ("value", _REAL),
        ("start", _INT),
        ("end", _INT),
        ("canonical_value", _REAL),
        ("baseline", _REAL),
        ("redacted", pa.bool_()),
    )
)
MEASURES = pa.schema(
    _struct(
        "measure_id plan_id city city_code year ordinal start end text heading_path status category probability "
        "labels agencies targets title strength",
        *((name, _INT) for name in ("year", "ordinal", "start", "end", "strength")),
        *((name, _TEXTS) for name in ("heading_path", "labels", "agencies")),
        ("probability", _REAL),
        ("targets", pa.list_(_TARGET)),
    )
)
_PLAN = _struct(
    "plan_id title city city_code province level year_from year_to agency doc_type published source start end "
    "sha256 chars language url",
    *((name, _INT) for name in ("year_from", "year_to", "start", "end", "chars")),
)
PLAN_COLUMNS = [name for name, _ in _PLAN]
DOCUMENTS = pa.schema(
    [
        ("key", pa.string()),
        ("plans", pa.list_(pa.struct(_PLAN))),
        ("texts", pa.list_(pa.struct(_struct("plan_id text")))),
        ("failures", pa.list_(pa.struct(_struct("file stage reason remedy")))),
        ("notices", pa.list_(pa.struct(_struct("file plan_id notice")))),
        ("measures", pa.list_(pa.struct(list(MEASURES)))),
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What reading one source document gave: rows of ``plans``, ``texts`` and ``measures``, and what failed."""

    plans: list[dict[str, Any]]
    texts: list[dict[str, str]]
    measures: pa.Table
    failures: list[Failure]
    notices: list[dict[str, str]]

    @classmethod
    def of(cls, found: Sequence[tuple[Plan, list[Measure]]], failures: Sequence[Failure]) -> Document:
        rows = [measure.row() for _, measures in found for measure in measures]
        notices = [
            {"file": plan.source, "plan_id": plan.plan_id, "notice": warning}
            for plan, _ in found
            for warning in plan.warnings
        ]
        return cls(
            plans=[plan.row() for plan, _ in found],
            texts=[{"plan_id": plan.plan_id, "text": plan.body} for plan, _ in found],
            measures=pa.Table.from_pylist(rows, schema=MEASURES),
            failures=list(failures),
            notices=notices,
        )


def key_of(**parts: Any) -> str:
    """The key of a stored document: sha256 over everything that its reading depends on."""
    text = json.dumps({"reading": READING, **parts}, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def to_bytes(documents: Mapping[str, Document]) -> bytes:
    """Documents by key as the bytes of a part; the same documents give the same bytes."""
    rows = sorted(documents.items())
    ends = [0]
    for _, document in rows:
        ends.append(ends[-1] + document.measures.num_rows)
    kind = DOCUMENTS.field("measures").type.value_type
    measures = pa.concat_tables([MEASURES.empty_table(), *(document.measures for _, document in rows)])
    flat = pa.concat_arrays([pa.array([], kind), *measures.to_struct_array().cast(kind).chunks])
    columns = {
        "key": [key for key, _ in rows],
        "plans": [document.plans for _, document in rows],
        "texts": [document.texts for _, document in rows],
        "failures": [[asdict(failure) for failure in document.failures] for _, document in rows],
        "notices": [document.notices for _, document in rows],
    }
    arrays = [pa.array(column, DOCUMENTS.field(name).type) for name, column in columns.items()]
    nested = pa.ListArray.from_arrays(pa.array(ends, pa.int32()), flat)
    table = pa.Table.from_arrays([*arrays, nested], schema=DOCUMENTS)
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue()


def from_bytes(data: bytes, keys: Collection[str] | None = None) -> dict[str, Document]:
    """The documents of a part, or those under ``keys``, by key."""
    table = pq.read_table(io.BytesIO(data)).combine_chunks()
    if not table.num_rows:
        return {}
    measures = table["measures"].chunk(0)
    flat = pa.Table.from_struct_array(measures.values) if len(measures.values) else MEASURES.empty_table()
    ends = measures.offsets.to_pylist()
    found = {}
    for row, key in enumerate(table["key"].to_pylist()):
        if keys is not None and key not in keys:
            continue
        one = {name: table[name][row].as_py() for name in ("plans", "texts", "failures", "notices")}
        found[key] = Document(
            plans=one["plans"],
            texts=one["texts"],
            measures=flat.slice(ends[row], ends[row + 1] - ends[row]),
            failures=[Failure(**failure) for failure in one["failures"]],
            notices=one["notices"],
        )
    return found


def measure_ids(data: bytes) -> list[str]:
    """measure_id of every measure of a part, in its order: that of the rows of its vectors."""
    return _of_measures(data, "measure_id")


def measure_texts(data: bytes) -> list[str]:
    """The text of every measure of a part, in its order."""
    return _of_measures(data, "text")


def _of_measures(data: bytes, column: str) -> list[str]:
    nested = pq.read_table(io.BytesIO(data), columns=["measures"])["measures"]
    return [value for chunk in nested.chunks for value in chunk.flatten().field(column).to_pylist()]
