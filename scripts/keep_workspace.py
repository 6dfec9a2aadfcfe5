"""Keep a workspace as this release writes it: tests/data/workspace-FORMAT.zip, once before a format changes.

    python scripts/keep_workspace.py

Two plans of invented cities, a run, one of them revised, a second run. Reports are kept without their pages, which no
later release reads.
"""

from __future__ import annotations

import json
import tempfile
import zipfile
from pathlib import Path

from planmine import report as reports
from planmine.report.dictionary import compared
from planmine.report.tables import write_tables
from planmine.run import run
from planmine.workspace import FORMAT

ROOT = Path(__file__).resolve().parents[1]
PLANS = {
    "云屏市2024年城管工作计划.txt": "云屏市城市管理局2024年工作计划\n1.年内建成公共厕所20座。\n2.整治占道经营，规范夜市摊点管理。\n",
    "临湖市2024年环卫工作计划.txt": "临湖市环境卫生管理处2024年工作计划\n1.新建公厕12座。\n2.垃圾分类覆盖小区达到60%以上。\n",
}


def plain(folder: Path, *, tables: dict, comparison: object, manifest: dict, **_: object) -> None:
    """A report's tables and manifest."""
    write_tables(folder / "tables", {**tables, **compared(comparison)})
    (folder / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False), encoding="utf-8")


def main() -> None:
    reports.write_report = plain
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        plans, workspace = folder / "plans", folder / "ws"
        plans.mkdir()
        rows = "".join(f"{file},{file[:3]},2024,yes\n" for file in PLANS)
        (plans / "manifest.csv").write_text(f"file,city,year,invented\n{rows}", encoding="utf-8")
        for turn in ("", "3.加强中转站除臭。\n"):
            for number, (file, text) in enumerate(PLANS.items()):
                (plans / file).write_text(text + (turn if number == 0 else ""), encoding="utf-8")
            run([plans], workspace, name="second" if turn else "first")
        kept = ROOT / "tests" / "data" / f"workspace-{FORMAT}.zip"
        with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as out:
            for path in sorted(folder.rglob("*")):
                inside = path.relative_to(folder)
                if path.is_file() and "latest" not in inside.parts and not path.name.startswith(".lock"):
                    out.write(path, inside)
        print(f"{kept.relative_to(ROOT)}: {kept.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
