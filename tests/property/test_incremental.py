"""Whatever the order and the batches in which plans arrive, the tables are those of one run over all of them."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planmine import reading, run

LINES = [
    "新建公厕12座。",
    "整治占道经营。",
    "垃圾分类覆盖小区达到60%以上。",
    "修剪行道树300株。",
    "拆除违建20处。",
]


pytestmark = pytest.mark.usefixtures("tables_only")


def tables(workspace: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in (workspace / "reports/latest/tables").iterdir()}


def write(folder: Path, city: int, lines: list[int], year: int = 2024) -> None:
    text = "\n".join(f"{n}.{LINES[line]}" for n, line in enumerate(lines, 1))
    name = "甲乙丙丁戊己"[city] + "屏市"
    (folder / f"{city}.txt").write_text(f"{name}城市管理局{year}年工作计划\n{text}\n", encoding="utf-8")
    rows = "".join(
        f"{n}.txt,{'甲乙丙丁戊己'[n]}屏市,{year},yes\n" for n in range(6) if (folder / f"{n}.txt").exists()
    )
    (folder / "manifest.csv").write_text("file,city,year,invented\n" + rows, encoding="utf-8")


some_lines = st.lists(st.integers(0, len(LINES) - 1), min_size=1, max_size=5)
arrivals = st.lists(st.tuples(st.integers(0, 5), some_lines, st.booleans()), min_size=2, max_size=7)


@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(arrivals=arrivals, batch=st.integers(1, 4))
def test_incremental_runs_give_the_tables_of_a_full_run(
    arrivals: list[tuple[int, list[int], bool]], batch: int
) -> None:
    """A file arrives, or comes in another version; after some of them there is a run."""
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "BATCH_FILES", batch)
        folder, grown, fresh = Path(name, "plans"), Path(name, "grown"), Path(name, "fresh")
        folder.mkdir()
        for city, lines, run_now in arrivals:
            write(folder, city, lines)
            if run_now:
                run.run([folder], grown)
        run.run([folder], grown)
        moved = Path(name, "elsewhere")
        shutil.copytree(folder, moved)
        run.run([moved], fresh)
        assert tables(grown) == tables(fresh)
