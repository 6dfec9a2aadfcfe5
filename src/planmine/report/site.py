"""``index.html``: one page that opens from disk, with everything inline and nothing fetched."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from planmine.codebook import Codebook
from planmine.report import scale
from planmine.report.charts import percent
from planmine.report.findings import NAMED, Findings
from planmine.report.methods import Part
from planmine.report.payload import SHOWN, pack, page_data, plain, web_address

TEMPLATES = Path(__file__).parent / "templates"
# One script, in the order its parts build on each other. The heatmaps are HTML tables and no Vega charts:
# a table's cells are links that a keyboard, a screen reader and a phone can use, and the page is a
# megabyte smaller. Altair draws the figures for papers.
SCRIPTS = ("words.js", "data.js", "grids.js", "evidence.js", "page.js")
STAGES = {
    "sources": "来源",
    "corpus": "读取",
    "segment": "切分",
    "coding": "编码",
    "embedding": "向量",
    "comparison": "比较",
    "report": "报告",
}
DOC_TYPES = {
    "plan": ("计划", "plan"),
    "summary": ("总结", "summary"),
    "mixed": ("总结与计划", "summary and plan"),
    "essay": ("文章", "essay"),
}


def page(
    *,
    tables: Mapping[str, pd.DataFrame],
    comparison: Any,
    codebook: Codebook,
    manifest: Mapping[str, Any],
    findings: Findings,
    methods: Sequence[Part],
    files: Sequence[str],
) -> str:
    """The page as text.

    ``files``: names of the run's other files, relative to the page, for the list of downloads. What comes
    from plans reaches the page escaped by Jinja or as data that the script writes with ``textContent``;
    the Content-Security-Policy admits this one script and style only, by their hashes.
    """
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["category"] = lambda code: (codebook.name(code, "zh"), codebook.name(code, "en"))
    environment.filters["percent"] = percent
    style = environment.get_template("style.css.j2").render(scale=scale)
    script = "\n".join((TEMPLATES / name).read_text(encoding="utf-8") for name in SCRIPTS)
    script = f'"use strict";\n(() => {{\n{script}\n}})();\n'
    data = page_data(dict(tables), comparison, codebook)
    return environment.get_template("page.html.j2").render(
        policy=(
            f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; img-src data:; "
            "base-uri 'none'; form-action 'none'"
        ),
        style=Markup(style),
        script=Markup(script),
        data=Markup(pack(data)),
        found=findings,
        named=NAMED,
        scale=scale,
        plans=_plans(tables["plans"], tables["measures"]),
        failures=_records(tables["failures"]),
        notices=_records(tables["notices"]),
        methods=methods,
        files=sorted(files),
        manifest=manifest,
        stages=STAGES,
        doc_types=DOC_TYPES,
    )


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [dict(zip(table.columns, plain(row), strict=True)) for row in table.itertuples(index=False)]


def _plans(plans: pd.DataFrame, measures: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of the table of plans, with the count of their measures and an address where they have one."""
    counts = measures[measures["status"].isin(SHOWN)].groupby("plan_id").size()
    rows = _records(plans)
    for row in rows:
        row["measures"] = int(counts.get(row["plan_id"], 0))
        row["address"] = web_address(row["source"])
    return rows
