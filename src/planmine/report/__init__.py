"""The report: tables, figures, the page that a researcher opens, and the text on methods."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from planmine.codebook import Codebook
from planmine.report.dictionary import TABLES, compared
from planmine.report.making import Earlier, Making, digest
from planmine.report.payload import ReportError, page_data

__all__ = ["Earlier", "ReportError", "write_report"]


def write_report(
    folder: Path,
    *,
    tables: dict[str, pd.DataFrame],
    comparison: Any,
    codebook: Codebook,
    manifest: dict[str, Any],
    earlier: Earlier | None = None,
) -> Path:
    """Write a run's report into ``folder``; the path of its ``index.html``.

    ``tables``: plans, measures, targets, failures (data dictionary), notices (file, plan_id, notice) and, so that
    measures can be read in place, texts (plan_id, text); ``comparison``: any object with the frames ``coverage``,
    ``similarity``, ``matches`` of the contract, ``city_order`` (list of names), ``left_out`` (measures with no
    known city) and any other table of ``dictionary.TABLES``. Writes index.html and site/, methods.md,
    manifest.json, citations, figures/ and tables/. Characters of a figure's labels that the bundled font lacks
    are told in a notice. ``earlier``: the report before, whose files are taken over where they would be made of
    the same. Raises ReportError where the frames are not of the same measures.
    """
    from planmine.report.citation import write_citations
    from planmine.report.figures import write_figures  # altair and vl-convert take a second to import
    from planmine.report.findings import find
    from planmine.report.methods import markdown, parts
    from planmine.report.site import write_site

    folder = Path(folder)
    for below in ("figures", "tables", "site"):
        (folder / below).mkdir(parents=True, exist_ok=True)
    making = Making(folder, codebook.sha256, earlier)
    figures, lacking = write_figures(making, comparison, codebook)
    tables = {**tables, "notices": _with_lacking(tables["notices"], lacking)}
    every = {**tables, **compared(comparison)}
    written = [*figures, *_write_tables(making, every, codebook), *write_citations(folder, manifest)]
    written.sort()
    names = [path.relative_to(folder).as_posix() for path in written]
    digests = {name: digest(path) for name, path in zip(names, written, strict=True)}
    record = json.dumps({**manifest, "files": digests}, ensure_ascii=False, indent=2)
    (folder / "manifest.json").write_text(record + "\n", encoding="utf-8")
    findings = find(tables, comparison)
    methods = parts(findings, codebook, manifest)
    (folder / "methods.md").write_text(markdown(methods), encoding="utf-8")
    index = write_site(
        making,
        parts=page_data(tables, comparison, codebook),
        codebook=codebook,
        manifest=manifest,
        findings=findings,
        methods=methods,
        files=[*names, "methods.md", "manifest.json"],
    )
    making.write_keys()
    return index


def _write_tables(making: Making, tables: dict[str, pd.DataFrame], codebook: Codebook) -> list[Path]:
    """Every table in every form; the paths. Parquet has all of a table, so its hash is the key of the other forms."""
    from planmine.report.stata import write_stata
    from planmine.report.tables import flattened, write_csv, write_parquet
    from planmine.report.workbook import write_workbook

    folder = making.folder / "tables"
    flat = cache(lambda name: flattened(tables[name]))
    hashes, written = {}, []
    for name, table in tables.items():
        parquet, csv, dta = (folder / f"{name}.{kind}" for kind in ("parquet", "csv", "dta"))
        write_parquet(parquet, table)
        hashes[name] = of = (digest(parquet), *map(str, table.dtypes))
        making.make([f"tables/{csv.name}"], of, lambda: write_csv(csv, flat(name)))  # noqa: B023
        written += [parquet, csv]
        if name in TABLES and len(table):
            making.make([f"tables/{dta.name}"], of, lambda: write_stata(folder, name, flat(name), codebook))  # noqa: B023
            written.append(dta)
    book = folder / "planmine.xlsx"
    making.make(
        [f"tables/{book.name}"],
        hashes.items(),
        lambda: write_workbook(book, {name: flat(name) for name in tables}),
    )
    return [*written, book]


def _with_lacking(notices: pd.DataFrame, lacking: dict[str, set[str]]) -> pd.DataFrame:
    """The notices, and one for each figure with characters that the bundled font lacks."""
    rows = [
        {
            "file": f"figures/{name}",
            "plan_id": None,
            "notice": f"the bundled font lacks {' '.join(sorted(characters))}: they show as crossed boxes",
        }
        for name, characters in sorted(lacking.items())
    ]
    return (
        pd.concat([notices, pd.DataFrame(rows, columns=notices.columns)], ignore_index=True)
        if rows
        else notices
    )
