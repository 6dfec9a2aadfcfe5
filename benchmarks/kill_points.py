"""Kill runs, finish them, and compare with an undisturbed one.

    python benchmarks/kill_points.py                                      # a few steps, JSON on stdout
    python benchmarks/kill_points.py --points 0 --runs 30 --together 4    # every step, real runs, runs at once

`python benchmarks/survival.py kills` runs the second and keeps it for docs/survival.md.

Steps: a process is killed (SIGKILL, by itself) just before a file of the workspace is opened for writing, renamed,
removed or linked, or before or after a transaction of the ledger is committed. One run goes before, so that the
killed one finds documents, a report and a pointer. The page and its figures are left out there, since they take
seconds and no step of the workspace. Times: `planmine run` as it is, with two workers, killed after a random
time while another program keeps both processors busy; each is killed up to three times before it may end.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

from planmine import pipeline, reading
from planmine import report as reports
from planmine.report.dictionary import compared
from planmine.report.tables import write_tables
from planmine.run import run
from planmine.workspace import Workspace
from planmine.workspace.checking import check
from planmine.workspace.ledger import Ledger

ROOT = Path(__file__).resolve().parents[1]
PLANS = 9
LINES = (
    "新建公厕{a}座，改造老旧公厕{b}座。",
    "推进生活垃圾分类，覆盖小区达到{c}%以上。",
    "整治占道经营，规范夜市摊点管理。",
    "修剪行道树{b}株，补植绿地{a}公顷。",
    "开展违法建设拆除行动，拆除{c}处。",
)


def write_plans(folder: Path, count: int, revised: bool = False) -> None:
    """``count`` small plans of invented cities, with their manifest; ``revised``: the first has a line more."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = ["file,city,year,invented"]
    for number in range(count):
        city = f"{'甲乙丙丁戊己庚辛壬癸'[number % 10]}屏市"
        lines = [
            line.format(a=number + 3, b=number * 7 + 10, c=number + 60) for line in LINES[: 3 + number % 3]
        ]
        if revised and number == 0:
            lines.append("加强中转站除臭。")
        text = "\n".join(f"{place}.{line}" for place, line in enumerate(lines, 1))
        (folder / f"{number}.txt").write_text(f"{city}城市管理局2024年工作计划\n{text}\n", encoding="utf-8")
        rows.append(f"{number}.txt,{city},2024,yes")
    (folder / "manifest.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")


def digest(workspace: Path) -> str:
    """One hash of all tables of the latest report."""
    found = hashlib.sha256()
    folder = workspace / "reports/latest/tables"
    for file in sorted((*folder.glob("*.csv"), *folder.glob("*.parquet"))):
        found.update(file.name.encode() + file.read_bytes())
    return found.hexdigest()


def problems(workspace: Path, expected: str, least: int) -> list[str]:
    """What is not as an undisturbed run would have left it."""
    found = []
    if digest(workspace) != expected:
        found.append("the tables differ")
    place = Workspace(workspace)
    found += [f"damaged: {problem.file}" for problem in check(place).problems]
    if double := place.ledger.rows("SELECT key FROM documents GROUP BY key HAVING count(*) > 1"):
        found.append(f"{len(double)} documents are there twice")
    complete = {
        row["run_id"] for row in place.ledger.rows("SELECT run_id FROM runs WHERE state = 'complete'")
    }
    folders = {path.name for path in (workspace / "reports").iterdir() if not path.is_symlink()}
    if folders != complete or not least <= len(complete) <= least + 2:
        found.append(f"reports {sorted(folders)}, runs {sorted(complete)}")
    found += [f"left over: {path.name}" for path in workspace.rglob(".writing-*")]
    return found


def whole(workspace: Path) -> list[str]:
    """What a reader would find wrong right after the kill: a pointer to a report that is not complete."""
    latest = workspace / "reports/latest"
    files = [
        latest / "manifest.json",
        *(latest / "tables" / f"{t}.parquet" for t in ("plans", "measures", "matches")),
    ]
    return [f"half a report: {file.name} is missing" for file in files if not file.exists()]


# ---- steps: a process that kills itself before its k-th step ----


def plain_report(folder: Path, *, tables: dict, comparison: object, manifest: dict, **_: object) -> Path:
    write_tables(folder / "tables", {**tables, **compared(comparison)})
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (folder / "index.html").write_text("<!doctype html>", encoding="utf-8")
    return folder / "index.html"


def forked(work: object) -> int:
    """Run ``work`` in a forked process; how it ended (negative: the signal)."""
    child = os.fork()
    if child == 0:
        try:
            work()  # type: ignore[operator]
        except BaseException as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def counting(workspace: Path, last: int, tell: int | None = None) -> None:
    """In a forked process: kill it before step ``last`` in the workspace (0: never, tell the count)."""
    steps = 0
    root = str(workspace.resolve())

    def step() -> None:
        nonlocal steps
        steps += 1
        if steps == last:
            os.kill(os.getpid(), signal.SIGKILL)

    def heard(event: str, values: tuple) -> None:
        if event == "open" and isinstance(values[1], str) and not set(values[1]) & set("wax+"):
            return
        names = ("open", "os.rename", "os.remove", "os.rmdir", "os.symlink", "os.mkdir", "shutil.rmtree")
        if event in names and str(values[0]).startswith(root):
            step()

    sys.addaudithook(heard)
    transaction = Ledger.transaction

    @contextmanager
    def watched(self: Ledger):  # type: ignore[no-untyped-def]
        with transaction(self) as change:
            yield change
            step()
        step()

    Ledger.transaction = watched  # type: ignore[method-assign]
    if tell is not None:
        counting.told = lambda: os.write(tell, str(steps).encode())  # type: ignore[attr-defined]


def steps(points: int | None, folder: Path, at: list[int] | None = None) -> dict:
    """Kill a second run at steps of it: all, ``points`` of them spread evenly, or those of ``at``."""
    reports.write_report = plain_report
    reading.BATCH_FILES = 2
    pipeline.default_coder()  # loaded once, before the forks
    importlib.import_module("planmine.comparison.expectation")
    plans, before = folder / "plans", folder / "before"
    write_plans(plans, PLANS - 4)
    forked(lambda: run([plans], before))
    write_plans(plans, PLANS, revised=True)
    out, told = os.pipe()
    calm = folder / "calm"
    shutil.copytree(before, calm, symlinks=True)

    def undisturbed() -> None:
        counting(calm, 0, told)
        run([plans], calm)
        counting.told()  # type: ignore[attr-defined]

    assert forked(undisturbed) == 0
    total = int(os.read(out, 20))
    expected = digest(calm)
    chosen = list(range(1, total + 1))
    if points is not None and points < total:
        chosen = sorted({1 + round(k * (total - 1) / (points - 1)) for k in range(points)})
    chosen = at or chosen
    wrong: dict[str, list[str]] = {}
    for point in chosen:
        work = folder / "work"
        shutil.rmtree(work, ignore_errors=True)
        shutil.copytree(before, work, symlinks=True)

        def killed(point: int = point, work: Path = work) -> None:
            counting(work, point)
            run([plans], work)

        ended = forked(killed)
        found = [] if ended == -signal.SIGKILL else [f"ended with {ended} and was not killed"]
        found += whole(work)
        if forked(lambda work=work: run([plans], work)) != 0:
            found.append("the next run failed")
        found += problems(work, expected, 2)
        if found:
            wrong[f"step {point}"] = found
    return {"steps": total, "points": len(chosen), "wrong": wrong}


# ---- times: real runs under load ----


def times(count: int, folder: Path, seed: int = 7) -> dict:
    """Kill real runs after random times, up to three times each, with both processors busy."""
    chance = random.Random(seed)
    plans = folder / "many"
    write_plans(plans, 60)
    code = "from planmine import reading; reading.BATCH_FILES = 6; from planmine.cli import app; app()"

    def command(workspace: Path) -> subprocess.Popen:
        words = [sys.executable, "-c", code, "run", str(plans), "--workspace", str(workspace)]
        return subprocess.Popen(
            [*words, "--workers", "2"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    calm = folder / "calm-times"
    started = time.monotonic()
    command(calm).wait()
    length = time.monotonic() - started
    expected = digest(calm)
    load = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2)]
    kills, wrong, seen = 0, {}, Counter()
    try:
        for number in range(count):
            work = folder / "work-times"
            shutil.rmtree(work, ignore_errors=True)
            for _ in range(chance.randint(1, 3)):
                process = command(work)
                try:
                    process.wait(timeout=chance.uniform(0.2, 1.4 * length))
                    break
                except subprocess.TimeoutExpired:
                    process.kill()  # the parent only: its workers must end by themselves
                    process.wait()
                    kills += 1
                    seen["a report was there" if (work / "reports/latest").exists() else "no report yet"] += 1
            found = whole(work) if (work / "reports/latest").exists() else []
            if command(work).wait() != 0:
                found.append("the next run failed")
            found += problems(work, expected, 1)
            if found:
                wrong[f"run {number}"] = found
    finally:
        for process in load:
            process.kill()
            process.wait()
    return {
        "runs": count,
        "kills": kills,
        "seconds_undisturbed": round(length, 1),
        "seen": dict(seen),
        "wrong": wrong,
    }


# ---- several runs at once ----


def together(count: int, folder: Path) -> dict:
    """Start runs of one workspace at the same moment, each to wait for the others, and read it all the while."""
    plans, calm, work = folder / "plans-together", folder / "calm-together", folder / "work-together"
    write_plans(plans, PLANS)
    forked(lambda: run([plans], calm))
    expected = digest(calm)
    started = []
    for _ in range(count):
        child = os.fork()
        if child == 0:
            try:
                run([plans], work, wait=600.0)
            except BaseException as error:
                print(f"{type(error).__name__}: {error}", file=sys.stderr)
                os._exit(1)
            os._exit(0)
        started.append(child)
    looks, found, running = 0, [], set(started)
    while running:
        for child in list(running):
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                running.remove(child)
                found += ["a run failed"] if status else []
        if (work / "reports/latest").exists():
            looks += 1
            found += whole(work) + (["half a table"] if digest(work) != expected else [])
        time.sleep(0.05)
    found += problems(work, expected, count)
    return {"runs": count, "looks": looks, "wrong": {"together": sorted(set(found))} if found else {}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--points", type=int, default=6, help="steps to be killed at, 0 for all")
    parser.add_argument("--at", type=int, nargs="+", help="these steps and no others")
    parser.add_argument("--runs", type=int, default=0, help="real runs to be killed at random times")
    parser.add_argument("--together", type=int, default=0, help="runs of one workspace at the same moment")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="planmine-kill-") as name:
        folder = Path(name)
        found = {"steps": steps(options.points or None, folder, options.at)}
        if options.together:
            found["together"] = together(options.together, folder)
        if options.runs:
            found["times"] = times(options.runs, folder)
    print(json.dumps(found, ensure_ascii=False, indent=1))
    sys.exit(any(part["wrong"] for part in found.values()))


if __name__ == "__main__":
    main()
