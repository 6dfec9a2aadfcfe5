"""How a run is cited: CITATION.cff, BibTeX and GB/T 7714-2015, from what the run recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

AUTHORS = "The PlanMine authors"


@dataclass(frozen=True, slots=True)
class Citation:
    """What a citation needs: version, year and day of the run, and the first twelve digits of its result's hash."""

    version: str
    day: str
    year: str
    digest: str

    @classmethod
    def of(cls, manifest: Mapping[str, Any]) -> Citation:
        day = str(manifest.get("finished", ""))[:10]
        version = str(manifest.get("versions", {}).get("planmine", ""))
        return cls(version, day, day[:4] or "n.d.", str(manifest.get("result_sha256", ""))[:12])

    @property
    def gbt7714(self) -> str:
        """The software and the data set of the run, as GB/T 7714-2015 has them ([CP] and [DS])."""
        return (
            f"{AUTHORS}. PlanMine: 城市工作计划比较软件: {self.version}[CP]. {self.year}.\n"
            f"{AUTHORS}. 城市工作计划比较报告: {self.digest}[DS]. ({self.day})."
        )

    @property
    def bibtex(self) -> str:
        """Both again, as BibTeX."""
        return (
            f"@software{{planmine,\n  author  = {{{{{AUTHORS}}}}},\n"
            f"  title   = {{{{PlanMine}}: reading city work plans side by side}},\n"
            f"  version = {{{self.version}}},\n  year    = {{{self.year}}}\n}}\n\n"
            f"@misc{{planmine-{self.digest},\n  author = {{{{{AUTHORS}}}}},\n"
            f"  title  = {{Comparison of city work plans, results {self.digest}}},\n"
            f"  year   = {{{self.year}}},\n  note   = {{Made with PlanMine {self.version}, {self.day}}}\n}}"
        )

    @property
    def cff(self) -> str:
        """CITATION.cff, version 1.2.0, of the run's tables."""
        record = {
            "cff-version": "1.2.0",
            "message": "If you use these tables, please cite them as below, and the plans by their sources.",
            "type": "dataset",
            "title": f"Comparison of city work plans, results {self.digest}",
            "authors": [{"name": AUTHORS}],
            "version": self.digest,
            **({"date-released": self.day} if self.day else {}),
            "references": [
                {
                    "type": "software",
                    "title": "PlanMine",
                    "version": self.version,
                    "license": "Apache-2.0",
                    "authors": [{"name": AUTHORS}],
                }
            ],
        }
        return yaml.safe_dump(record, sort_keys=False, allow_unicode=True, width=200)


def write_citations(folder: Path, manifest: Mapping[str, Any]) -> list[Path]:
    """Write CITATION.cff, citation.bib and citation-gbt7714.txt into ``folder``; their paths."""
    citation = Citation.of(manifest)
    texts = {
        "CITATION.cff": citation.cff,
        "citation.bib": citation.bibtex + "\n",
        "citation-gbt7714.txt": citation.gbt7714 + "\n",
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in texts]
