"""The site: ``index.html``, which opens from disk, and the parts it loads from ``site/`` when they are asked for.

A page that was opened from disk may fetch nothing, but it may run scripts; so the parts of the data are scripts
that hand over a packed text, and the libraries are scripts too.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from planmine.codebook import Codebook
from planmine.report import scale
from planmine.report.charts import percent
from planmine.report.dictionary import CODES
from planmine.report.findings import NAMED, Findings
from planmine.report.making import Making, digest_of
from planmine.report.methods import Part
from planmine.report.payload import as_json, pack

TEMPLATES = Path(__file__).parent / "templates"
LIBRARIES = Path(__file__).parent / "lib"
# One script, in the order its parts build on each other.
SCRIPTS = tuple(
    f"{name}.js"
    for name in "words data table charts coverage likeness pair themes change measures plan page".split()
)


def write_site(
    making: Making,
    *,
    parts: Mapping[str, Any],
    codebook: Codebook,
    manifest: Mapping[str, Any],
    findings: Findings,
    methods: Sequence[Part],
    files: Sequence[str],
) -> Path:
    """Write ``index.html`` and ``site/``; the path of the page.

    ``parts``: what ``page_data`` gives; ``files``: names of the run's other files, relative to the page. What
    comes from plans reaches the page escaped by Jinja or as data that the script writes with ``textContent``. The
    Content-Security-Policy admits this one script and style by their hashes, and scripts that this one adds.
    """
    folder, place = making.folder, making.folder / "site"
    for library in sorted(LIBRARIES.glob("*.js")):
        (place / f"lib-{library.name}").write_bytes(library.read_bytes())
    (place / "LICENCES.txt").write_bytes((LIBRARIES / "LICENCES.txt").read_bytes())
    for name, part in parts.items():
        if name != "core":
            data = as_json(part)
            making.make([f"site/{name}.js"], [name, digest_of(data)], lambda: _write_part(place, name, data))  # noqa: B023
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
    text = environment.get_template("page.html.j2").render(
        policy=(
            f"default-src 'none'; script-src '{_hash(script)}' 'strict-dynamic'; style-src '{_hash(style)}'; "
            "img-src data:; base-uri 'none'; form-action 'none'"
        ),
        style=Markup(style),
        script=Markup(script),
        data=Markup(pack(as_json(parts["core"]))),
        found=findings,
        named=NAMED,
        scale=scale,
        change_names=CODES["change"],
        outcome_names=CODES["outcome"],
        methods=methods,
        files=sorted(files),
        manifest=manifest,
    )
    index = folder / "index.html"
    index.write_text(text, encoding="utf-8")
    return index


def _write_part(place: Path, name: str, data: bytes) -> None:
    (place / f"{name}.js").write_text(f'planmine("{name}","{pack(data)}")', encoding="ascii")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
