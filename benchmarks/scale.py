"""What a run costs, and what a run with one new plan costs: docs/scale.md.

    python benchmarks/scale.py incremental --source DIR --reports 1384     # reading and tables; no comparison
    python benchmarks/scale.py whole --source DIR --reports 100            # runs with their comparison and report
    python benchmarks/scale.py cluster --source DIR --reports 100          # two Dask workers against one process
    python benchmarks/scale.py page                                        # write docs/scale.md

DIR holds public work reports (``<city>/<year>.md``). Times are processor seconds of one process unless wall time is
said, so that other work on the machine does not count. Results are kept in evaluation/scale.json.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "evaluation" / "scale.json"


def sample(source: Path, count: int, folder: Path) -> list[Path]:
    """``count`` reports as links in a folder of their own, spread over cities and years."""
    files = sorted(source.glob("*/*.md"))
    step = len(files) / count
    chosen = [files[int(k * step)] for k in range(count)]
    for file in chosen:
        target = folder / file.parent.name / file.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, target)
    return chosen


# What names a run or its day. All else of a report depends on its plans only.
OF_A_RUN = (
    "index.html",
    "methods.md",
    "manifest.json",
    "CITATION.cff",
    "citation.bib",
    "citation-gbt7714.txt",
)


def files_of(workspace: Path) -> dict[str, str]:
    """The hash of every file of the last report but those that name their run."""
    from planmine.report.making import digest

    folder = (workspace / "reports/latest").resolve()
    files = (file for file in sorted(folder.rglob("*")) if file.is_file() and file.name != ".run")
    found = {file.relative_to(folder).as_posix(): digest(file) for file in files}
    return {name: sha256 for name, sha256 in found.items() if name not in OF_A_RUN}


def size_of(folder: Path) -> int:
    """Bytes of the files below a folder."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file() and not file.is_symlink())


def read_and_collect(plans: Path, workspace: Path) -> tuple[dict[str, float], str, dict[str, int]]:
    """A run up to its tables and vectors: seconds by step, a hash of all of it, and sizes."""
    from planmine.corpus import discover, near_duplicates
    from planmine.frames import collect
    from planmine.reading import Settings, batches, encoder_of, read_batch, unread
    from planmine.workspace import Workspace

    place, settings, clock = Workspace(workspace), Settings(), {}
    with place.writing("benchmark"):
        started = time.process_time()
        files, failures = discover([plans])
        keys, new = unread(place, files, settings)
        clock["find what is new"] = time.process_time() - started
        started = time.process_time()
        for group in batches(new):
            result = read_batch(place.files, group, settings)
            place.commit(result.part)
            keys += result.keys
        clock["read, code, embed"] = time.process_time() - started
        started = time.process_time()
        tables = collect(place, keys, failures, near_duplicates)
        clock["tables"] = time.process_time() - started
        started = time.process_time()
        encoder = encoder_of(None)
        ids = tables["measures"]["measure_id"].tolist()
        vectors = place.vectors(keys, ids, encoder.revision, encoder.encode)
        clock["vectors"] = time.process_time() - started
    digest = hashlib.sha256(vectors.tobytes())
    for name in ("plans", "measures", "targets", "failures", "notices"):
        digest.update(tables[name].to_json(orient="records", force_ascii=False).encode())
    chars = int(tables["plans"]["chars"].sum())
    return clock, digest.hexdigest(), {"plans": len(tables["plans"]), "measures": len(ids), "chars": chars}


def incremental(source: Path, count: int) -> dict:
    with tempfile.TemporaryDirectory(prefix="planmine-scale-") as name:
        plans, grown, fresh = Path(name, "plans"), Path(name, "grown"), Path(name, "fresh")
        last = sample(source, count, plans)[-1]
        late = plans / last.parent.name / last.name
        late.rename(Path(name, "late"))
        read_and_collect(plans, grown)
        Path(name, "late").rename(late)
        one, hash_one, sizes = read_and_collect(plans, grown)
        full, hash_full, _ = read_and_collect(plans, fresh)
        disk = {part: size_of(fresh / part) for part in ("parts", "vectors")}
        disk["ledger"] = (fresh / "ledger.duckdb").stat().st_size
    return {**sizes, "one_more": one, "full": full, "equal": hash_one == hash_full, "bytes": disk}


def whole(source: Path, count: int) -> dict:
    """Runs with all they do: of all reports but one, with that one more, and of all of them anew; and a run in which
    nothing is new."""
    time.perf_counter = time.process_time  # so that a run's seconds by stage are processor seconds
    with tempfile.TemporaryDirectory(prefix="planmine-scale-") as name:
        plans = Path(name, "plans")
        last = sample(source, count, plans)[-1]
        late = plans / last.parent.name / last.name
        late.rename(Path(name, "late"))
        found = {"reports": count, "all_but_one": timed_run(plans, Path(name, "grown"))}
        Path(name, "late").rename(late)
        return {**found, **one_more(plans, Path(name, "grown"), Path(name, "fresh"))}


def one_more(plans: Path, grown: Path, fresh: Path) -> dict:
    """A run in a workspace that lacks one report, and one of all of them in a new workspace: seconds, sizes, equality."""
    found: dict = {"one_more": timed_run(plans, grown)}
    found |= {
        "pages": len(files_of(grown)),
        "unchanged": timed_run(plans, grown),
        "full": timed_run(plans, fresh),
    }
    found["equal"] = files_of(grown) == files_of(fresh)
    size = size_of(fresh / "reports")
    found["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    rows = pd.read_parquet(fresh / "reports/latest/tables/plans.parquet", columns=["city", "chars"])
    measures = pd.read_parquet(fresh / "reports/latest/tables/measures.parquet", columns=["measure_id"])
    found |= {"plans": len(rows), "cities": rows["city"].nunique(), "chars": int(rows["chars"].sum())}
    found["bytes"] = {part: size_of(fresh / part) for part in ("parts", "vectors", "memory")}
    return {**found, "measures": len(measures), "bytes": {**found["bytes"], "report": size}}


def timed_run(plans: Path, workspace: Path) -> dict[str, float]:
    """Seconds of a run by stage, told as they come: a benchmark of an hour should show that it lives."""
    from planmine.run import run

    started = time.monotonic()
    seconds = {**run([plans], workspace).seconds, "wall": round(time.monotonic() - started, 2)}
    print(workspace.name, json.dumps(seconds), file=sys.stderr, flush=True)
    return seconds


def cluster(source: Path, count: int) -> dict:
    """The flow on threads of one process, and on a Dask cluster of two workers with its parts in S3 (moto)."""
    from moto.server import ThreadedMotoServer

    with tempfile.TemporaryDirectory(prefix="planmine-scale-") as name:
        plans = Path(name, "plans")
        sample(source, count, plans)
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
        server.start()
        try:
            host, port = server.get_host_and_port()
            keys = {
                "AWS_ACCESS_KEY_ID": "test",
                "AWS_SECRET_ACCESS_KEY": "test",
                "AWS_DEFAULT_REGION": "us-east-1",
            }
            environment = {**os.environ, **keys, "AWS_ENDPOINT_URL": f"http://{host}:{port}"}
            code = "import s3fs; s3fs.S3FileSystem().mkdir('planmine')"
            subprocess.run([sys.executable, "-c", code], check=True, env=environment)
            found: dict = {"reports": count}
            ways = {
                "one process": ["--runner", "threads", "--workers", "1"],
                "dask": ["--runner", "dask", "--workers", "2", "--store", "s3://planmine/store"],
            }
            for way, options in ways.items():
                workspace = Path(name, way.replace(" ", "-"))
                started = time.monotonic()
                subprocess.run(
                    [
                        sys.executable,
                        str(ROOT / "flows/analyse.py"),
                        str(plans),
                        "--workspace",
                        str(workspace),
                        *options,
                    ],
                    check=True,
                    env=environment,
                    stdout=subprocess.DEVNULL,
                )
                found[way] = {"wall": time.monotonic() - started}
            found["equal"] = files_of(Path(name, "one-process")) == files_of(Path(name, "dask"))
            return found
        finally:
            server.stop()


STAGES = "discover corpus coding embedding tables comparison report total".split()
COUNTIES, YEARS = 2844, 20  # county-level divisions of China, as the Ministry of Civil Affairs counts them


def page(kept: dict) -> str:
    lines = [
        "# What it costs",
        "",
        "Written by `python benchmarks/scale.py page` from `evaluation/scale.json`; the script says how each part is "
        "measured. Processor seconds are of one core, and do not count what else the machine did.",
        "",
    ]
    runs = sorted(kept.get("whole", {}).values(), key=lambda found: found["measures"])
    if found := kept.get("incremental"):
        lines += _reading(found)
    for found in reversed(runs):
        lines += _whole(found)
    if found := kept.get("cluster"):
        lines += _cluster(found)
    if runs:
        lines += _paper(kept.get("incremental") or _read_in(runs[-1]), runs)
    return "\n".join(lines)


def _reading(found: dict) -> list[str]:
    chars, measures = found["chars"] / 1e6, found["measures"] / 1e6
    full, one = found["full"], found["one_more"]
    read = full["read, code, embed"]
    ratio = sum(full.values()) / sum(one.values())
    size = sum(found["bytes"].values()) / found["measures"]
    return [
        f"## Reading ({found['plans']:,} public work reports, {chars:.1f} million characters, "
        f"{found['measures']:,} measures)",
        "",
        "| step | all plans, processor s | one plan more, processor s |",
        "|---|---|---|",
        *(f"| {step} | {full[step]:.1f} | {one[step]:.1f} |" for step in full),
        f"| together | {sum(full.values()):.1f} | {sum(one.values()):.1f} |",
        "",
        f"Reading, coding and embedding: **{read / chars:.1f} s a million characters, {read / measures:.0f} s a million "
        f"measures**. With one plan more {ratio:.0f} times less than anew; plans, measures, targets, failures, notices and "
        f"vectors {_same(found)}. {size:.0f} bytes a measure are stored ({_bytes(found['bytes'])}). What comes after "
        "(comparison and report) is in the next table.",
        "",
    ]


def _whole(found: dict) -> list[str]:
    """A table of costs by stage; where a benchmark was stopped before the run anew, its first run stands for that."""
    names = {"one_more": "one plan more", "unchanged": "nothing new"}
    anew = found.get("full", found["all_but_one"])
    more = {name: found[key] for key, name in names.items() if key in found} if "pages" in found else {}
    full = anew if more else found["all_but_one"]
    chars, measures = found["chars"] / 1e6, found["measures"] / 1e6
    lines = [
        f"## Whole runs with comparison and report ({found['plans']:,} reports of {found['cities']:,} cities, "
        f"{chars:.1f} million characters, {found['measures']:,} measures)",
        "",
        "| step | all plans, processor s | a million characters | a million measures |"
        + "".join(f" {name} |" for name in more),
        "|---|---|---|---|" + "---|" * len(more),
    ]
    for step in STAGES:
        row = f"| {step} | {full[step]:.1f} | {full[step] / chars:.1f} | {full[step] / measures:.0f} |"
        lines.append(row + "".join(f" {one.get(step, 0.0):.1f} |" for one in more.values()))
    lines += ["", f"On disk: {_bytes(found['bytes'])}.", ""]
    if "one_more" in found and not more:  # measured while pages were written by the first run only
        one, all_of_them = (run["total"] - run["report"] for run in (found["one_more"], anew))
        lines += [
            f"One plan more takes {one:.0f} s up to its tables, {one / all_of_them:.0%} of a run anew ({all_of_them:.0f} s); "
            "pages were written by the first run only."
            + (f" All {found['tables']} files of tables {_same(found)}." if "equal" in found else "")
            + (f" Most memory: {found['memory'] / 1e9:.1f} GB." if "memory" in found else ""),
            "",
        ]
    if more:
        shares = {name: seconds["total"] / full["total"] for name, seconds in more.items()}
        before = [seconds["total"] - seconds["report"] for seconds in (full, found["one_more"])]
        lines += [
            f"One plan more takes {shares['one plan more']:.0%} of a run anew ({before[1] / before[0]:.0%} up to its tables, "
            f"{found['one_more']['report'] / full['report']:.0%} of its report), and a run in which nothing is new "
            f"{shares['nothing new']:.0%}. All {found['pages']} files of the report but those that name their run (its "
            f"day and hash) {_same(found)}. Most memory: {found['memory'] / 1e9:.1f} GB.",
            "",
        ]
    return lines


def _cluster(found: dict) -> list[str]:
    return [
        f"## Two Dask workers, parts in S3 ({found['reports']:,} reports, wall time, on a busy machine of two cores)",
        "",
        "| engine | s |",
        "|---|---|",
        *(f"| {way} | {found[way]['wall']:.0f} |" for way in ("one process", "dask")),
        "",
        f"All tables {_same(found)}. The S3 server is moto on loopback; starting Prefect and the cluster is in the "
        "figures, and only reading is shared out.",
        "",
    ]


def _read_in(found: dict) -> dict:
    """What the reading of a whole run took, as ``incremental`` has it."""
    run = found.get("full", found["all_but_one"])
    seconds = sum(run[stage] for stage in ("corpus", "coding", "embedding"))
    return {**found, "full": {"read, code, embed": seconds}}


def _paper(read: dict, runs: list[dict]) -> list[str]:
    """All Chinese counties: reading grows with the measures, comparison with a power of them that was measured."""
    small, large = runs[0], runs[-1]
    plans = COUNTIES * YEARS
    measures = plans * read["measures"] / read["plans"]
    hours = read["full"]["read, code, embed"] * measures / read["measures"] / 3600
    before, seconds = (found.get("full", found["all_but_one"])["comparison"] for found in (small, large))
    size = large["measures"]
    power = np.log(seconds / before) / np.log(size / small["measures"]) if len(runs) > 1 else 1.0
    compare = seconds * (measures / size) ** power / 3600
    quadratic = seconds * (measures / size) ** 2 / 3600
    stored = sum(read["bytes"][part] for part in ("parts", "vectors")) / read["measures"] * measures / 1e9
    vectors = 256 * 4 * measures / 1e9
    held = max((found for found in runs if "memory" in found), key=lambda found: found["measures"])
    memory = held["memory"] * measures / held["measures"] / 1e9
    return [
        "## On paper: all Chinese counties over twenty years",
        "",
        f"{COUNTIES:,} counties and {YEARS} years are {plans:,} reports; with as many measures as the reports above, "
        f"{measures / 1e6:.1f} million measures, {measures / read['measures']:.0f} times those that were read here.",
        "",
        "| | estimate |",
        "|---|---|",
        f"| reading, coding, embedding (linear) | {hours:.1f} processor hours; {hours / 16:.1f} h on sixteen workers |",
        f"| comparison, by the measured power {power:.2f} from {small['measures']:,} to {size:,} measures | "
        f"{compare:,.0f} processor hours |",
        f"| comparison, if every pair of measures counts (power 2) | {quadratic:,.0f} processor hours |",
        f"| parts and vectors on disk | {stored:.0f} GB |",
        f"| vectors in memory (256 numbers of 4 bytes) | {vectors:.0f} GB |",
        f"| memory of a run, if it grows as the measures do | {memory:.0f} GB |",
        "",
        "**The first bottleneck** is the memory of the one process that holds all measures, and right after it the pairs "
        f"of cities ({COUNTIES * (COUNTIES - 1) // 2:,}) that it compares one after the other: reading is cut by more "
        "workers, these two are not. Until they are, compare by province or year, or on a machine with that memory. With "
        "each new plan part of the comparison and nearly all of the report are made anew, as the tables above show: most "
        "files of a report hold something of all its plans.",
        "",
    ]


def _same(found: dict) -> str:
    return "equal to the byte" if found["equal"] else "**NOT equal**"


def _bytes(sizes: dict[str, int]) -> str:
    return ", ".join(f"{name} {size / 1e6:.0f} MB" for name, size in sizes.items())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", choices=("incremental", "whole", "cluster", "page"))
    parser.add_argument("--source", type=Path)
    parser.add_argument("--reports", type=int, default=100)
    options = parser.parse_args()
    kept = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {}
    if options.part == "page":
        (ROOT / "docs" / "scale.md").write_text(page(kept), encoding="utf-8")
        return
    found = {"incremental": incremental, "whole": whole, "cluster": cluster}[options.part](
        options.source, options.reports
    )
    # Read again: another part may have ended meanwhile. Whole runs of several sizes stand beside each other.
    kept = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {}
    if options.part == "whole":
        kept["whole"] = {**kept.get("whole", {}), str(options.reports): found}
    else:
        kept[options.part] = found
    KEPT.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=1))
    sys.exit(0 if found["equal"] else 1)


if __name__ == "__main__":
    main()
