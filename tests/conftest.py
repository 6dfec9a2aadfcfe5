"""What several tests share: two small plans of invented cities, and one Prefect server for all flows."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

PLANS = {
    "云屏市2024.txt": "云屏市城市管理局2024年工作计划\n1.年内建成公共厕所20座。\n2.整治占道经营，规范夜市摊点管理。\n",
    "临湖市2024.txt": "临湖市环境卫生管理处2024年工作计划\n1.新建公厕12座。\n2.垃圾分类覆盖小区达到60%以上。\n",
}


def _write_plans(place: Path) -> Path:
    place.mkdir()
    for name, text in PLANS.items():
        (place / name).write_text(text, encoding="utf-8")
    rows = "".join(f"{name},{name[:3]},2024,yes\n" for name in PLANS)
    (place / "manifest.csv").write_text("file,city,year,invented\n" + rows, encoding="utf-8")
    return place


@pytest.fixture(scope="session")
def write_plans() -> Callable[[Path], Path]:
    """Writes two plans and their manifest into a new folder."""
    return _write_plans


@pytest.fixture
def plans(tmp_path: Path) -> Path:
    """A folder with two plans and their manifest."""
    return _write_plans(tmp_path / "plans")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """What a test is marked as goes into the JUnit file: benchmarks/survival.py makes a page of it."""
    for kind in ("fault", "attack"):
        for marker in item.iter_markers(kind):
            item.user_properties.append((kind, marker.args[0]))
            item.user_properties += [("got", said) for said in marker.args[1:]]


@pytest.fixture
def got(request: pytest.FixtureRequest) -> Callable[[object], None]:
    """Notes what an attack got, word for word."""
    return lambda said: request.node.user_properties.append(("got", str(said)))


@pytest.fixture(scope="module")
def tables_only() -> Iterator[None]:
    """Reports without their page and figures, which take seconds: for tests of what comes before them."""
    from planmine import report as reports
    from planmine.report.dictionary import compared
    from planmine.report.tables import write_tables

    def plain(folder: Path, *, tables: dict, comparison: object, manifest: dict, **_: object) -> None:
        write_tables(folder / "tables", {**tables, **compared(comparison)})
        (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
        (folder / "index.html").write_text("<!doctype html>", encoding="utf-8")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reports, "write_report", plain)
        yield


@pytest.fixture(scope="session")
def prefect(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A Prefect server on loopback for the whole session: starting one takes many seconds."""
    home = tmp_path_factory.mktemp("prefect")
    os.environ["PREFECT_RESULTS_LOCAL_STORAGE_PATH"] = str(home / "results")
    os.environ["DO_NOT_TRACK"] = "1"
    os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] = "false"
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=180):
        yield
