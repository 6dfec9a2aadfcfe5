"""Flows that run by themselves: a site publishes a plan, the schedule finds it, the report has it, someone is told."""

from __future__ import annotations

import http.server
import json
import os
import runpy
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest

from planmine.workspace import Workspace

ROOT = Path(__file__).parents[2]
PLAN = """<html><body><article><h1>{city}城市管理局2024年工作计划</h1><p>一、重点任务</p><p>1.新建公厕{n}座。</p>
<p>2.整治占道经营，规范夜市摊点管理。</p><p>3.在住宅小区推行垃圾分类投放，参与率不低于七成。</p></article></body></html>"""


class Town:
    """A city's site and a webhook, on one loopback server."""

    def __init__(self) -> None:
        self.plans: dict[str, str] = {}
        self.messages: list[dict] = []
        self.statuses: list[int] = []
        town = self

        class Answering(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                links = "".join(f'<a href="{name}">{name} 工作计划</a>' for name in town.plans)
                page = links if self.path == "/list" else town.plans.get(self.path[1:])
                etag = f'"{hash(page)}"'
                status = 404 if page is None else 304 if self.headers.get("If-None-Match") == etag else 200
                town.statuses.append(status)
                body = page.encode() if page and status == 200 else b""
                self.send_response(status)
                self.send_header("ETag", etag)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:
                town.messages.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: object) -> None: ...

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        self.host = f"127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def publish(self, name: str, city: str, number: int) -> None:
        self.plans[name] = PLAN.format(city=city, n=number)

    def sources(self, folder: Path) -> Path:
        path = folder / "sources.yaml"
        path.write_text(
            f'user_agent: "PlanMine-test (+mailto:test@example.org)"\ndelay: 0\nallow: [127.0.0.1]\n'
            f"notify: ['json://{self.host}/hook']\nsources:\n  - page: http://{self.host}/list\n"
            f"    links: 工作计划\n    every: 0\n    revisit: 0\n",
            encoding="utf-8",
        )
        return path


@pytest.fixture
def town() -> Iterator[Town]:
    place = Town()
    yield place
    place.server.shutdown()
    place.server.server_close()


def sources_read(workspace: Path) -> list[str]:
    return sorted(pd.read_parquet(workspace / "reports/latest/tables/plans.parquet")["url"])


def wait_for(what: Callable[[], object], seconds: float, process: subprocess.Popen) -> None:
    until = time.monotonic() + seconds
    while not what():
        assert process.poll() is None, "the schedule ended by itself"
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.3)


def test_the_schedule_finds_a_new_plan_renews_the_report_and_tells(town: Town, tmp_path: Path) -> None:
    """`planmine schedule` as a user starts it, looking every eight seconds."""
    town.publish("a.html", "云屏市", 20)
    ws = tmp_path / "ws"
    command = [sys.executable, "-m", "planmine.cli", "schedule", "--workspace", str(ws), "--every", "8"]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--sources", str(town.sources(tmp_path))],
            stdout=log,
            stderr=log,
            env={name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")},
            start_new_session=True,
        )
    try:
        wait_for(lambda: len(town.messages) >= 1, 420, process)
        assert f"new: http://{town.host}/a.html" in town.messages[0]["message"]
        assert sources_read(ws) == [f"http://{town.host}/a.html"]
        town.statuses.clear()
        wait_for(lambda: town.statuses.count(304) >= 4, 240, process)  # the list and the plan, twice
        assert set(town.statuses) <= {304, 404} and len(town.messages) == 1  # 404: robots.txt
        town.publish("b.html", "临湖市", 12)
        wait_for(lambda: len(town.messages) >= 2, 240, process)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    assert (
        "b.html" in town.messages[1]["message"] and "plans new             1" in town.messages[1]["message"]
    )
    assert sources_read(ws) == [f"http://{town.host}/{name}" for name in ("a.html", "b.html")]
    runs = Workspace(ws).ledger.rows("SELECT state FROM runs")
    assert [run["state"] for run in runs] == ["complete", "complete"]


@pytest.fixture(scope="module")
def watch(prefect: None) -> dict:
    return runpy.run_path(str(ROOT / "flows/watch.py"), run_name="flows.watch")


@pytest.mark.usefixtures("tables_only")
def test_a_second_pass_fetches_nothing_and_changes_nothing(watch: dict, town: Town, tmp_path: Path) -> None:
    from prefect.artifacts import Artifact

    town.publish("a.html", "云屏市", 20)
    asked = (str(town.sources(tmp_path)), str(tmp_path / "ws"))
    first = watch["watch"](*asked)
    assert first.plans == 1 and len(town.messages) == 1
    shown = Artifact.get(key="watch-changes")
    assert shown is not None and "a.html" in str(shown.data)

    def stand() -> dict[str, int]:
        kept = ("parts", "vectors", "reports", "fetched", "archive")
        return {str(p): p.stat().st_mtime_ns for name in kept for p in (tmp_path / "ws" / name).rglob("*")}

    before = stand()
    town.statuses.clear()
    assert watch["watch"](*asked) is None
    assert town.statuses == [404, 304, 304] and stand() == before and len(town.messages) == 1
    town.publish("a.html", "云屏市", 2)
    assert watch["watch"](*asked).plans == 1
    assert (
        "revised" in town.messages[1]["message"] and "measures new          1" in town.messages[1]["message"]
    )


@pytest.mark.usefixtures("tables_only")
def test_new_plans_are_one_event_whatever_their_number_and_a_failure_is_told(
    watch: dict, town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[dict] = []
    inside = watch["ingest"].fn.__globals__
    monkeypatch.setitem(inside, "emit_event", lambda **told: events.append(told))
    for name in ("a.html", "b.html", "c.html"):
        town.publish(name, "云屏市", len(town.plans) + 3)
    asked = (str(town.sources(tmp_path)), str(tmp_path / "ws"))
    watch["ingest"](*asked)
    watch["ingest"](*asked)  # nothing new: no event
    assert [(event["event"], event["payload"]["counts"]) for event in events] == [
        ("planmine.plans.arrived", {"new": 3})
    ]

    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setitem(watch["watch"].fn.__globals__, "analyse", full)
    with pytest.raises(OSError, match="No space left"):
        watch["watch"](*asked)
    assert [message["title"] for message in town.messages] == ["PlanMine: a run failed"]
    assert "No space left" in town.messages[0]["message"]


def test_train_publishes_nothing_below_a_floor(prefect: None, tmp_path: Path) -> None:
    flow = runpy.run_path(str(ROOT / "flows/train.py"), run_name="flows.train")
    inside = flow["train"].fn.__globals__
    models, baseline = tmp_path / "models", tmp_path / "baseline.json"
    (models / "coder").mkdir(parents=True)
    (models / "coder/config.json").write_text("old", encoding="utf-8")
    baseline.write_text(json.dumps({"bureau plans": {"category": 0.9}}), encoding="utf-8")

    def made(source: str, out: str) -> None:
        Path(out).mkdir()
        (Path(out) / "config.json").write_text("new", encoding="utf-8")

    inside["train_coder"] = made
    inside["measure"] = lambda source, coder: {"bureau plans": {"category": 0.89}}
    with pytest.raises(RuntimeError, match=r"not published: bureau plans: category 0\.8900 is below"):
        flow["train"]("reports", str(models), str(baseline))
    assert (models / "coder/config.json").read_text(encoding="utf-8") == "old"
    inside["measure"] = lambda source, coder: {"bureau plans": {"category": 0.91}}
    assert flow["train"]("reports", str(models), str(baseline)) is True
    assert (models / "coder/config.json").read_text(encoding="utf-8") == "new"
    assert (models / ".coder-before/config.json").read_text(encoding="utf-8") == "old"


def test_the_deployments_name_flows_and_parameters_that_exist() -> None:
    import importlib.util
    import inspect

    import yaml

    sys.path.insert(0, str(ROOT / "flows"))
    try:
        for deployment in yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]:
            path, name = deployment["entrypoint"].split(":")
            spec = importlib.util.spec_from_file_location(f"deployed_{name}", ROOT / path)
            assert spec and spec.loader
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            flow = getattr(module, name)
            assert set(deployment["parameters"]) <= set(inspect.signature(flow.fn).parameters)
    finally:
        sys.path.remove(str(ROOT / "flows"))
