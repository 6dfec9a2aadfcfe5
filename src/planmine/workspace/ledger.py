"""The ledger: a DuckDB file that says which documents are stored where, and which runs were made of them.

DuckDB admits one writing process, and while it writes nobody else, so a connection is opened for one
transaction and closed at once. A process that is killed in the midst leaves the ledger as it was before.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

FORMAT = 2  # of a workspace; migrate.py brings older ones here
_PATIENCE = 30.0  # seconds that a reader or writer waits for another's transaction

_KINDS = {"VARCHAR": pa.string(), "BIGINT": pa.int64(), "DOUBLE": pa.float64()}


def _columns(names: str, **kinds: str) -> dict[str, str]:
    return {name: kinds.get(name, "VARCHAR") for name in names.split()}


_COUNTS = dict.fromkeys(
    "number plans measures cities failures bytes status pid seconds_since".split(), "BIGINT"
)
TABLES: dict[str, dict[str, str]] = {
    "meta": _columns("name value"),
    # Where a document stands: a row of a part. The key says what its reading depended on.
    "documents": _columns("key part file sha256 plans measures failures", **_COUNTS),
    "parts": _columns("part sha256 bytes", **_COUNTS),
    "vectors": _columns("part encoder sha256"),
    # A run is running, complete, failed or interrupted; complete ones are snapshots.
    "runs": _columns(
        "number run_id name state command host pid started finished plans measures cities failures "
        "result_sha256 settings models seconds",
        **_COUNTS,
    ),
    "run_documents": _columns("number key", **_COUNTS),
    "run_files": _columns("number file sha256", **_COUNTS),
    # What the fetcher got of an address, and when (planmine.sources).
    "captures": _columns(
        "number address source fetched outcome status etag last_modified content_type bytes sha256 file "
        "text_sha256 archive final_address note",
        **_COUNTS,
    ),
    "passes": _columns("source fetched"),
}

_gate = threading.RLock()  # one connection a process: DuckDB refuses a reading one beside a writing one


class LedgerError(RuntimeError):
    """The ledger cannot be read; the message names the file and the remedy."""


class LedgerDamaged(LedgerError):
    """The file is no ledger (any more)."""


class Ledger:
    """``ledger.duckdb`` of a workspace."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection to change the ledger with: everything that is done becomes true at the end, or nothing."""
        with _gate:
            connection = self._connect(read_only=False)
            try:
                connection.begin()
                yield connection
                connection.commit()
            except duckdb.Error as error:
                raise self._unreadable(error) from error
            finally:
                connection.close()  # rolls back what was not committed

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """The answer to a query, a dict a row; none where there is no ledger yet."""
        if not self.path.exists():
            return []
        with _gate:
            connection = self._connect(read_only=True)
            try:
                return dicts(connection, query, values)
            except duckdb.Error as error:
                raise self._unreadable(error) from error
            finally:
                connection.close()

    def format(self) -> int | None:
        """The workspace's format, or None where there is no ledger."""
        found = self.rows("SELECT value FROM meta WHERE name = 'format'")
        return int(found[0]["value"]) if found else None

    def probe(self) -> int | None:
        """The format, after everything in the ledger was read once. Raises LedgerDamaged."""
        found = self.format()
        present = self.rows("SELECT table_name FROM duckdb_tables()") if found else []
        for table in (row["table_name"] for row in present):
            self.rows(f"SELECT sum(hash(whole)) FROM {table} AS whole")
        return found

    def create(self, written_by: str) -> None:
        """An empty ledger of the present format."""
        with self.transaction() as connection:
            for table, columns in TABLES.items():
                parts = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
                connection.execute(f"CREATE TABLE {table} ({parts})")
            insert(
                connection,
                "meta",
                [{"name": "format", "value": str(FORMAT)}, {"name": "written_by", "value": written_by}],
            )

    def _connect(self, *, read_only: bool) -> duckdb.DuckDBPyConnection:
        until = time.monotonic() + _PATIENCE
        while True:
            try:
                return duckdb.connect(str(self.path), read_only=read_only, config={"threads": 2})
            except duckdb.IOException as error:
                if "lock" not in str(error).lower():
                    raise self._unreadable(error) from error
                if time.monotonic() > until:
                    raise LedgerError(
                        f"{self.path} has been held by another program for {_PATIENCE:.0f} seconds "
                        "(is it open in a DuckDB shell?): close it there, and try again"
                    ) from error
                time.sleep(0.02)
            except duckdb.Error as error:
                raise self._unreadable(error) from error

    def _unreadable(self, error: Exception) -> LedgerError:
        reason = str(error).splitlines()[0]
        damage = not isinstance(error, duckdb.IOException) or "valid" in reason or "orrupt" in reason
        return (LedgerDamaged if damage else LedgerError)(
            f"{self.path} cannot be read or written ({reason}); check the disk and its rights. A damaged ledger "
            "is put aside by the next run, which reads the plans anew; reports are kept"
        )


def dicts(
    connection: duckdb.DuckDBPyConnection, query: str, values: Sequence[Any] = ()
) -> list[dict[str, Any]]:
    """The answer to a query, a dict a row."""
    answer = connection.execute(query, values)
    names = [column[0] for column in answer.description or ()]
    return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


def insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[dict[str, Any]]) -> None:
    """Add rows; columns that a row lacks are null."""
    if not rows:
        return
    columns = TABLES[table]
    schema = pa.schema([(name, _KINDS[kind]) for name, kind in columns.items()])
    new = pa.Table.from_pylist([{name: row.get(name) for name in columns} for row in rows], schema=schema)
    connection.register("new_rows", new)
    connection.execute(f"INSERT INTO {table} SELECT * FROM new_rows")
    connection.unregister("new_rows")
