"""The report: tables, figures, the page that a researcher opens, and the text on methods."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pandas as pd

from planmine.codebook import Codebook
from planmine.report.dictionary import compared
from planmine.report.payload import ReportError, page_data

__all__ = ["ReportError", "write_report"]


def write_report(
    folder: Path,
    *,
    tables: dict[str, pd.DataFrame],
    comparison: Any,
    codebook: Codebook,
    manifest: dict[str, Any],
) -> Path:
    """Write a run's report into ``folder``; the path of its ``index.html``.

    ``tables``: plans, measures, targets, failures (data dictionary), notices (file, plan_id, notice) and, so that
    measures can be read in place, texts (plan_id, text); ``comparison``: any object with the frames ``coverage``,
    ``similarity``, ``matches`` of the contract, ``city_order`` (list of names), ``left_out`` (measures with no
    known city) and any other table of ``dictionary.TABLES``. Writes index.html and site/, methods.md,
    manifest.json, citations, figures/ and tables/. Characters of a figure's labels that the bundled font lacks
    are told in a notice. Raises ReportError where the frames are not of the same measures.
    """
    from planmine.report.citation import write_citations
    from planmine.report.figures import write_figures  # altair and vl-convert take a second to import
    from planmine.report.findings import find
    from planmine.report.methods import markdown, parts
    from planmine.report.site import write_site
    from planmine.report.tables import write_tables
    from planmine.report.workbook import write_stata, write_workbook

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    figures, lacking = write_figures(folder / "figures", comparison, codebook)
    tables = {**tables, "notices": _with_lacking(tables["notices"], lacking)}
    every = {**tables, **compared(comparison)}
    written = [*figures, *write_tables(folder / "tables", every)]
    written += write_stata(folder / "tables", every, codebook)
    written += [
        write_workbook(folder / "tables" / "planmine.xlsx", every),
        *write_citations(folder, manifest),
    ]
    written.sort()
    names = [path.relative_to(folder).as_posix() for path in written]
    digests = {
        name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in zip(names, written, strict=True)
    }
    record = json.dumps({**manifest, "files": digests}, ensure_ascii=False, indent=2)
    (folder / "manifest.json").write_text(record + "\n", encoding="utf-8")
    findings = find(tables, comparison)
    methods = parts(findings, codebook, manifest)
    (folder / "methods.md").write_text(markdown(methods), encoding="utf-8")
    return write_site(
        folder,
        parts=page_data(tables, comparison, codebook),
        codebook=codebook,
        manifest=manifest,
        findings=findings,
        methods=methods,
        files=[*names, "methods.md", "manifest.json"],
    )


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
