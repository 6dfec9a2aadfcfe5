"""Plans to rows without a workspace: ``planmine extract`` and ``planmine.extract``."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from planmine.corpus import discover, read
from planmine.pipeline import measures_of, no_measures
from planmine.records import Failure, Plan
from planmine.segment import UnitKind


class ExtractError(ValueError):
    """Nothing was given that could be read, or the output cannot be written."""


def extract_rows(
    paths: Sequence[str | Path], *, unit: UnitKind = "quasi-sentence", abstain: float = 0.0
) -> tuple[Iterator[dict[str, Any]], list[Failure]]:
    """Rows of table ``measures`` with ``source`` and ``plan_title``, as they are read, and the failures.

    The list of failures grows while the rows are drawn. Raises ExtractError where no file is found.
    """
    files, failures = discover(paths)
    if not files and not failures:
        raise ExtractError(f"no files found in {', '.join(map(str, paths))}")

    def plans() -> Iterator[Plan]:
        for file in files:
            found, problems = read(file)
            failures.extend(problems)
            yield from found

    def rows() -> Iterator[dict[str, Any]]:
        for plan, measures in measures_of(plans(), unit=unit, abstain=abstain):
            if not measures:
                failures.append(no_measures(plan))
            for measure in measures:
                yield {**measure.row(), "source": plan.source, "plan_title": plan.title}

    return rows(), failures


def extract(
    paths: str | Path | Sequence[str | Path], *, unit: UnitKind = "quasi-sentence", abstain: float = 0.0
) -> pd.DataFrame:
    """All measures of the plans in files, folders or globs: one row a measure, columns of the data dictionary.

    A category whose probability is below ``abstain`` is left ``unsure``, with the best guess second in ``labels``.
    What could not be read is in ``frame.attrs["failures"]``, a list of dicts.
    """
    from dataclasses import asdict

    many = [paths] if isinstance(paths, str | Path) else list(paths)
    rows, failures = extract_rows(many, unit=unit, abstain=abstain)
    frame = pd.DataFrame(list(rows))
    frame.attrs["failures"] = [asdict(failure) for failure in failures]
    for name in ("year", "strength"):
        if name in frame:
            frame[name] = frame[name].astype("Int64")
    return frame


def write_rows(rows: Iterable[dict[str, Any]], format: str, out: Path | None) -> None:
    """Rows as JSON Lines, CSV (UTF-8 with BOM, lists as JSON) or Parquet, to a file or standard output."""
    if format == "jsonl":
        target = out.open("w", encoding="utf-8") if out else sys.stdout
        try:
            for row in rows:
                target.write(json.dumps(row, ensure_ascii=False) + "\n")
        finally:
            if out:
                target.close()
        return
    frame = pd.DataFrame(list(rows))
    if format == "csv":
        for name in ("heading_path", "labels", "agencies", "targets"):
            if name in frame:
                frame[name] = [json.dumps(value, ensure_ascii=False) for value in frame[name]]
        if out:
            frame.to_csv(out, index=False, encoding="utf-8-sig")
        else:
            frame.to_csv(sys.stdout, index=False)
        return
    assert out is not None
    frame.to_parquet(out, index=False)
