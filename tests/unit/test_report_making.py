"""A report takes over from the one before what would be made of the very same things, and nothing else."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path
from runpy import run_path
from typing import Any

import pytest

from planmine.report import Earlier, figures, making, site, stata, workbook, write_report
from planmine.run import run
from planmine.workspace import Workspace
from planmine.workspace.checking import check

world = run_path(str(Path(__file__).parents[1] / "report_world.py"))["world"]
OF_A_RUN = set(run_path(str(Path(__file__).parents[2] / "benchmarks/scale.py"))["OF_A_RUN"])


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".run"
    }


def as_noted(folder: Path) -> Earlier:
    return Earlier(
        folder, {name: hashlib.sha256(data).hexdigest() for name, data in contents(folder).items()}
    )


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("first")
    write_report(folder, **world(3, whole=True))
    return folder


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are made, and not taken over."""
    names: list[str] = []

    def told(module: Any, function: str, name: Callable[..., str]) -> None:
        real = getattr(module, function)

        def wrapped(*given: Any) -> Any:
            names.append(name(*given))
            return real(*given)

        monkeypatch.setattr(module, function, wrapped)

    told(figures, "_draw", lambda path, *_: path.name)
    told(stata, "write_stata", lambda _, name, *__: f"{name}.dta")
    told(site, "_write_part", lambda _, name, __: f"{name}.js")
    told(workbook, "write_workbook", lambda path, _: path.name)
    return names


def test_nothing_is_made_again_of_the_same_things(first: Path, tmp_path: Path, made: list[str]) -> None:
    write_report(tmp_path, **world(3, whole=True), earlier=as_noted(first))
    assert made == []
    assert contents(tmp_path) == contents(first)


def test_after_one_more_city_all_is_as_in_a_report_made_anew(
    first: Path, tmp_path: Path, made: list[str]
) -> None:
    write_report(tmp_path / "anew", **world(4, whole=True))
    everything = len(made)
    made.clear()
    write_report(tmp_path / "grown", **world(4, whole=True), earlier=as_noted(first))
    assert contents(tmp_path / "grown") == contents(tmp_path / "anew")
    assert 0 < len(made) < everything


def test_a_file_that_was_changed_on_disk_is_made_again(first: Path, tmp_path: Path, made: list[str]) -> None:
    before = tmp_path / "before"
    shutil.copytree(first, before)
    noted = as_noted(before)
    (before / "site/coverage.js").write_text('planmine("coverage","AAAA")', encoding="ascii")
    (before / "figures/pairs-zh.png").unlink()
    write_report(tmp_path / "after", **world(3, whole=True), earlier=noted)
    assert sorted(made) == ["coverage.js", "pairs-zh"]
    assert contents(tmp_path / "after") == contents(first)


def test_keys_that_were_changed_on_disk_are_not_believed(
    first: Path, tmp_path: Path, made: list[str]
) -> None:
    before = tmp_path / "before"
    shutil.copytree(first, before)
    noted = as_noted(before)
    keys = before / making.KEYS
    keys.write_text(keys.read_text(encoding="utf-8") + " ", encoding="utf-8")
    write_report(tmp_path / "after", **world(3, whole=True), earlier=noted)
    assert {"coverage.js", "pairs-zh", "planmine.xlsx", "plans.dta"} <= set(made)
    assert contents(tmp_path / "after") == contents(first)


def test_another_version_of_the_report_makes_all_again(
    first: Path, tmp_path: Path, made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "recipe", lambda: "another")
    write_report(tmp_path, **world(3, whole=True), earlier=as_noted(first))
    assert {"coverage.js", "pairs-zh", "planmine.xlsx", "plans.dta"} <= set(made)


def test_every_file_and_library_of_the_report_is_in_its_recipe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "report"
    shutil.copytree(making._PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(making, "_PACKAGE", package)
    anew = making.recipe.__wrapped__
    known = {anew()}
    for name in ("templates/page.js", "charts.py", "dictionary.yaml", "lib/LICENCES.txt", "fonts/OFL.txt"):
        with (package / name).open("a", encoding="utf-8") as file:
            file.write("\n")
        known.add(anew())
    monkeypatch.setattr(making, "version", lambda name: "99")
    known.add(anew())
    assert len(known) == 7


def test_a_run_with_one_plan_more_gives_the_report_of_a_full_run(
    write_plans: Callable[[Path], Path], tmp_path: Path
) -> None:
    plans = write_plans(tmp_path / "plans")
    run([plans], tmp_path / "grown")
    place = Workspace(tmp_path / "grown")
    before = contents(place.latest.resolve())
    earlier = place.latest.resolve()
    (plans / "远山市2024.txt").write_text(
        "远山市城市管理局2024年工作计划\n1.新建公厕9座。\n", encoding="utf-8"
    )
    with (plans / "manifest.csv").open("a", encoding="utf-8") as file:
        file.write("远山市2024.txt,远山市,2024,yes\n")
    run([plans], tmp_path / "grown")
    run([plans], tmp_path / "fresh")
    grown, fresh = (contents((tmp_path / name / "reports/latest").resolve()) for name in ("grown", "fresh"))
    assert set(grown) == set(fresh)
    assert {name for name in grown if grown[name] != fresh[name]} <= OF_A_RUN
    assert contents(earlier) == before and not check(place).problems
