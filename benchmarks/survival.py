"""What a run, a workspace and the fetcher survive: docs/survival.md.

    python benchmarks/survival.py kills --points 0 --runs 30 --together 4   # kill_points.py, kept
    python benchmarks/survival.py faults                                    # the tests of faults and attacks, kept
    python benchmarks/survival.py page                                      # write docs/survival.md

Faults and attacks are tests with the markers ``fault`` and ``attack``; what each got is what the test asserted, or
the message itself. Results are kept in evaluation/survival.json.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "evaluation" / "survival.json"
HERE = {**os.environ, "PYTHONPATH": str(ROOT / "src")}  # this tree, whatever is installed
TESTS = "survival workspace sources operations discover word sandbox serving embedding".split()


def kills(given: list[str]) -> dict:
    """kill_points.py with the options given."""
    command = [sys.executable, str(ROOT / "benchmarks/kill_points.py"), *given]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, env=HERE).stdout)


def faults(given: list[str]) -> list[dict]:
    """Each test of a fault or an attack: kind, what was tried, what it got, whether the test passed."""
    with tempfile.TemporaryDirectory(prefix="planmine-faults-") as name:
        junit = Path(name, "junit.xml")
        files = [str(ROOT / f"tests/unit/test_{test}.py") for test in TESTS]
        command = [sys.executable, "-m", "pytest", "-q", "-m", "fault or attack", f"--junitxml={junit}"]
        subprocess.run([*command, *files, *given], cwd=ROOT, env=HERE, stdout=sys.stderr)
        cases = ElementTree.parse(junit).getroot().iter("testcase")
        return [found for case in cases for found in _found(case)]


def _found(case: ElementTree.Element) -> list[dict]:
    said = defaultdict(list)
    for one in case.iter("property"):
        said[one.get("name")].append(one.get("value", ""))
    parameter = re.search(r"\[(.*)\]$", case.get("name", ""))
    passed = all(case.find(kind) is None for kind in ("failure", "error", "skipped"))
    got = [_lasting(text) for text in said["got"]]
    facts = {"case": parameter[1] if parameter else "", "got": "; ".join(got), "passed": passed}
    return [
        {"kind": kind, "what": what, **facts} for kind in ("fault", "attack") for what in said.get(kind, [])
    ]


def _lasting(text: str) -> str:
    """A message without what differs from run to run."""
    return re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1", text).partition("\n")[0]


def page(kept: dict) -> str:
    lines = [
        "# What it survives",
        "",
        "Written by `python benchmarks/survival.py page` from `evaluation/survival.json`; the script says how.",
        "",
    ]
    if found := kept.get("kills"):
        lines += ["## Killed runs, runs at once", "", *_kills(found), ""]
    for kind, title in (("fault", "Faults"), ("attack", "Attacks")):
        rows = [row for row in kept.get("faults", []) if row["kind"] == kind]
        if rows:
            failed = sum(not row["passed"] for row in rows)
            lines += [f"## {title}", "", f"{len(rows)} cases, {failed} of which failed.", ""]
            lines += ["| what | got |", "|---|---|", *map(_row, rows), ""]
    return "\n".join(lines)


def _row(row: dict) -> str:
    words = (
        row["case"].encode("latin-1", "backslashreplace").decode("unicode_escape")
    )  # as pytest writes them
    case = f": `{words}`".replace("\n", " / ") if words not in ("", "None") else ""
    verdict = row["got"] if row["passed"] else f"**FAILED** ({row['got']})"
    return f"| {row['what']}{case} | {verdict} |".replace("\\x00", "")


def _kills(found: dict) -> list[str]:
    stepped = found["steps"]
    lines = [
        "| | tried | finished by the next run, and equal to an undisturbed one |",
        "|---|---|---|",
        f"| killed before a step of a run ({stepped['steps']:,} steps touch the workspace) | {stepped['points']:,} "
        f"steps | {stepped['points'] - len(stepped['wrong']):,} |",
    ]
    if timed := found.get("times"):
        lines.append(
            f"| killed at random times, two workers, both processors busy | {timed['kills']:,} kills in "
            f"{timed['runs']:,} runs | {timed['runs'] - len(timed['wrong']):,} runs |"
        )
    if at_once := found.get("together"):
        lines.append(
            f"| started at the same moment in one workspace, read {at_once['looks']:,} times meanwhile | "
            f"{at_once['runs']} runs | {at_once['runs'] if not at_once['wrong'] else 'no'} |"
        )
    wrong = {where: what for part in found.values() for where, what in part["wrong"].items()}
    listed = [f"- {where}: {'; '.join(what)}" for where, what in wrong.items()]
    return [
        *lines,
        "",
        "Equal: every table to the byte, no document twice, no file left over, every stored file as its hash says "
        "(`planmine check`), and right after the kill `reports/latest` either absent or whole.",
        "",
        *(["Not equal:", *listed] if listed else ["None was not equal."]),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", choices=("kills", "faults", "page"))
    options, given = parser.parse_known_args()
    kept = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {}
    if options.part == "page":
        (ROOT / "docs" / "survival.md").write_text(page(kept), encoding="utf-8")
        return
    found = {"kills": kills, "faults": faults}[options.part](given)
    kept = (
        json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {}
    )  # the other part may have ended
    if options.part == "faults" and given:  # some tests only, as in `faults -k hostile`
        rows = {(row["kind"], row["what"], row["case"]): row for row in [*kept.get("faults", []), *found]}
        found = list(rows.values())
    text = json.dumps({**kept, options.part: found}, ensure_ascii=False, indent=1, sort_keys=True)
    KEPT.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
