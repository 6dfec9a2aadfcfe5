"""The notebooks run from a clean checkout, begin with a question, and end with a finding."""

from __future__ import annotations

from pathlib import Path
from runpy import run_path

import nbformat
import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
execute = run_path(str(ROOT / "scripts" / "run_notebooks.py"))["execute"]


def printed(notebook: nbformat.NotebookNode) -> str:
    """What the cells print."""
    outputs = (out for cell in notebook.cells if cell.cell_type == "code" for out in cell.outputs)
    return "".join(out["text"] for out in outputs if out.output_type == "stream")


def test_there_are_six_and_they_read_without_running() -> None:
    assert [path.name[:2] for path in NOTEBOOKS] == ["01", "02", "03", "04", "05", "06"]
    for path in NOTEBOOKS:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
        assert "**Question.**" in notebook.cells[0].source and "?" in notebook.cells[0].source
        assert "Finding: " in printed(notebook), path.name
        assert path.stat().st_size < 300_000


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "src"))
    assert "Finding: " in printed(execute(path))
