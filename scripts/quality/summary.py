"""What a report tells of quality, from docs/quality.md: ``python scripts/quality/summary.py``.

Writes src/planmine/report/quality.json: the coder's revision, the table of accuracy, and the agreement of coders on
status and main category. ``scripts/quality`` calls it after each measurement.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "quality.md"
OUT = ROOT / "src" / "planmine" / "report" / "quality.json"


def summary(page: str) -> dict[str, Any]:
    """Rows of the page's tables as lists of text, the header first."""
    coder = re.search(r"coder `(\w+)`", page)
    agreement = page.partition("\n## Coders\n")[2]
    first = page.partition("\n## ")[0]
    return {
        "coder": coder[1] if coder else "",
        "accuracy": _rows(first),
        "agreement": {
            name: _rows(part)[1:3]
            for name, part in re.findall(r"### ([^\n]+)\n(.*?)(?=\n### |\Z)", agreement, re.DOTALL)
        },
    }


def _rows(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("|") and not line.startswith("|---")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def write() -> None:
    """Rewrite the summary."""
    found = summary(PAGE.read_text(encoding="utf-8"))
    OUT.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
