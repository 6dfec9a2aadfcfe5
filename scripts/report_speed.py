"""Measure the report in headless Chromium and write docs/report-speed.md: ``python scripts/report_speed.py``.

Invented corpora of 5, 40 and 200 cities, 1,000 measures a city over two years, with every table filled. First paint
is the browser's own figure (first contentful paint); an interaction is timed from the event to the frame after the
page has answered. The median of RUNS; what is drawn later (data on the way) is told apart.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import sys
import tempfile
import time
from itertools import combinations
from pathlib import Path
from runpy import run_path
from statistics import median
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
from playwright.sync_api import Browser, Page, sync_playwright

from planmine.codebook import load_codebook
from planmine.report.findings import find
from planmine.report.methods import parts as methods_of
from planmine.report.payload import page_data
from planmine.report.site import write_site

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "docs" / "report-speed.md"
SIZES, YEARS, PER = (5, 40, 200), (2023, 2024), 500
MATCHES = 10  # of a measure, as the nearest neighbours of real plans give
RUNS = 3
WORLD = run_path(str(ROOT / "tests" / "report_world.py"))
QUIET = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync"
THINGS = "公厕 绿道 路灯 停车泊位 排水管道 分类投放点 背街小巷 户外广告 渣土车 口袋公园 桥梁 窨井盖 农贸市场 共享单车 执法队员 热线工单".split()
ACTS = "新建 改造 清洗 巡查 培训 整治 增设 更换 疏通 复绿 检测 公示 考核 抽查 推广 建立".split()
HOW = "按季度通报结果 并接入数字平台 实行挂图作战 落实属地责任 邀请市民代表参加 做到一处一档 与街道联动 纳入年度考核".split()


def corpus(cities: int) -> dict[str, Any]:
    """What ``write_report`` is given: tables of ``cities`` invented cities, and their comparison."""
    given = WORLD["world"](2, 1, odd=False)
    codebook, dice, draw = load_codebook(), random.Random(cities), np.random.default_rng(cities)
    codes = list(codebook.categories)
    names = [f"{a}{b}{c}市" for a in "甲乙丙丁戊己庚" for b in "川原溪湖岭" for c in "东南西北中前"][:cities]
    plans, rows, texts = [], [], []
    for city in names:
        for year in YEARS:
            plan_id, at = f"{len(plans):016x}", 0
            parts = []
            for k in range(PER):
                said = "，".join(
                    f"{dice.choice(ACTS)}{dice.choice(THINGS)}{dice.randint(1, 900)}处，{dice.choice(HOW)}"
                    for _ in range(3)
                )
                text = said + "。"
                target = {"indicator": "处数", "value": float(k), "unit": "处", "comparator": ">=", "deadline": f"{year}年底", "redacted": False, "start": at, "end": at + 4}  # fmt: skip
                code = codes[int(draw.integers(len(codes)))]
                rows.append([f"{plan_id}:{at}", plan_id, city, None, year, k, at, at + len(text), text, [f"{city}{year}年工作计划", f"{k // 50 + 1}、重点任务"], "planned" if k % 4 else "completed", code, 0.9, [code], ["市城管局"] if k % 5 == 0 else [], [target] if k % 3 == 0 else [], None, 2])  # fmt: skip
                parts.append(text)
                at += len(text)
            source = f"{city}/{year}.md"
            plans.append([plan_id, f"{city}{year}年工作计划", city, None, None, "city", year, year, "市城管局", "plan", None, source, 0, at, "0" * 64, at, "zh"])  # fmt: skip
            texts.append([plan_id, "".join(parts)])
    measures = pd.DataFrame(rows, columns=list(given["tables"]["measures"].columns))
    tables = given["tables"] | {
        "plans": pd.DataFrame(plans, columns=list(given["tables"]["plans"].columns)),
        "measures": measures.astype({"year": "Int64", "strength": "Int64"}),
        "texts": pd.DataFrame(texts, columns=["plan_id", "text"]),
    }
    return given | {"tables": tables, "comparison": _compared(measures, names, codes, draw)}


def _compared(measures: pd.DataFrame, names: list[str], codes: list[str], draw: np.random.Generator) -> Any:
    """A comparison of the corpus: counts that are true, likeness that is drawn."""
    ids = {city: rows.to_numpy() for city, rows in measures.groupby("city")["measure_id"]}
    counts = (
        measures.groupby(["city", "year", "category"])
        .size()
        .reindex(
            pd.MultiIndex.from_product([names, YEARS, codes], names=["city", "year", "category"]),
            fill_value=0,
        )
    )
    coverage = counts.rename("measures").reset_index()
    share = coverage["measures"] / PER
    coverage = coverage.assign(planned=coverage["measures"], completed=0, share=share, share_low=share / 2, share_high=share * 1.5, with_target=0)  # fmt: skip
    each = min(PER, MATCHES * len(measures) // max(1, len(names) * (len(names) - 1) // 2))
    matches, similarity = [], []
    for a, b in combinations(names, 2):
        sides = [draw.choice(ids[city], each, replace=False) for city in (a, b)]
        pair = {
            "measure_a": sides[0],
            "measure_b": sides[1],
            "city_a": a,
            "city_b": b,
            "year_a": 2023,
            "year_b": 2024,
        }
        pair |= {
            "category": codes[0],
            "cosine": 0.8,
            "probability": 0.4 + 0.5 * draw.random(each),
            "relation": "same_action",
        }
        matches.append(pd.DataFrame(pair))
        for code in ("all", *codes):
            value = float(draw.random() ** 2)
            similarity.append([a, b, code, value, value * 0.8, value * 1.2, 0.7, 0.01, value, value, 1000, 1000, value, 0.2, value - 0.2])  # fmt: skip
    wide = "city_a city_b category similarity low high profile_similarity reuse_share a_covered_by_b b_covered_by_a measures_a measures_b with_formulae expected beyond"
    return SimpleNamespace(
        settings=SimpleNamespace(count_threshold=0.5),
        coverage=coverage,
        similarity=pd.DataFrame(similarity, columns=wide.split()),
        matches=pd.concat(matches, ignore_index=True),
        city_order=names,
        left_out=0,
        **WORLD["whole_tables"](measures, names),
    )


# What a reader does: name, where it starts, the script that does it, and what has to be there afterwards.
ACTIONS = (
    ("coverage opens", "#/overview", "location.hash = '#/coverage'", "html[data-shown=coverage] .coverage"),
    ("coverage: another year", "#/coverage", "pick('select', '2024')", ".coverage"),
    ("a cell opens its measures", "#/coverage", "document.querySelector('.coverage .cell a').click()", "html[data-shown=measures] li[data-measure]"),
    ("the matrix opens", "#/coverage", "location.hash = '#/likeness'", "html[data-shown=likeness] .chart"),
    ("the matrix: another category", "#/likeness", "pick('select', 'traffic')", "html[data-shown=likeness] .chart"),
    ("a pair opens", "#/likeness", "document.querySelector('.table tbody a').click()", "html[data-shown=pair] li[data-relation]"),
    ("themes open", "#/coverage", "location.hash = '#/themes'", "html[data-shown=themes] .table"),
    ("change opens", "#/coverage", "location.hash = '#/change'", "html[data-shown=change] li[data-change]"),
    ("search: two words, all measures", "#/measures", "type('公厕 绿道')", "#view li mark"),
    ("a facet is set", "#/measures", "pick('[data-facet=category]', 'traffic')", "#view .summary"),
    ("a measure in its plan", "#/measures", "document.querySelector('#view li[data-measure] a').click()", "html[data-shown=plan] #here"),
)  # fmt: skip
TIMED = """async ([act, wanted]) => {
  const pick = (selector, value) => { const s = document.querySelector('#view ' + selector); s.value = value; s.dispatchEvent(new Event('change', { bubbles: true })); };
  const type = (value) => { const i = document.querySelector('#query'); i.value = value; i.dispatchEvent(new Event('input', { bubbles: true })); };
  const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const wait = /type|data-facet/.test(act) ? 120 : 0; // the rest that the page takes after a key
  if (/hash|click/.test(act)) delete document.documentElement.dataset.shown;
  if (wait) document.querySelector('#view .summary').textContent = '';
  const start = performance.now();
  ACT;
  await frame();
  const first = performance.now() - start;
  while (!document.querySelector(wanted) || (wait && !document.querySelector('#view .summary').textContent)) await frame();
  return [first, performance.now() - start - wait];
}"""


def write(folder: Path, *, tables: Any, comparison: Any, codebook: Any, manifest: Any) -> Path:
    """The site alone, without tables and figures; its page."""
    folder.mkdir()
    found = find(tables, comparison)
    return write_site(
        folder,
        parts=page_data(tables, comparison, codebook),
        codebook=codebook,
        manifest=manifest,
        findings=found,
        methods=methods_of(found, codebook, manifest),
        files=[],
    )


def busy(browser: Browser) -> float:
    """Processor time, in milliseconds, of the processes that draw pages: what no other work of the machine adds to."""
    found = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    return 1000 * sum(process["cpuTime"] for process in found if process["type"] == "renderer")


def open_page(browser: Browser, index: Path, place: str) -> Page:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(120_000)
    page.goto(index.as_uri() + place)
    page.wait_for_selector("html[data-ready=yes][data-shown]")
    page.wait_for_timeout(300)
    return page


def measure(browser: Browser, index: Path) -> dict[str, float]:
    """Milliseconds by what is done: the medians of RUNS."""
    found: dict[str, list[float]] = {}
    for _ in range(RUNS):
        page = open_page(browser, index, "")
        paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
        found.setdefault("first paint", []).append(paint)
        page.close()
        for name, place, act, wanted in ACTIONS:
            page = open_page(browser, index, place)
            before = busy(browser)
            answer, done = page.evaluate(TIMED.replace("ACT", act), [act, wanted])
            found.setdefault(name, []).append(done)
            found.setdefault(f"{name} (answer)", []).append(answer)
            found.setdefault(f"{name} (processor)", []).append(busy(browser) - before)
            page.close()
    return {name: median(values) for name, values in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cities", type=int, nargs="*", default=SIZES)
    sizes = parser.parse_args().cities
    results: dict[int, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as tools:
        for cities in sizes:
            arguments = corpus(cities)
            folder = Path(scratch, str(cities))
            began = time.perf_counter()
            index = write(folder, **arguments)
            wrote = time.perf_counter() - began
            site = [index, *(folder / "site").iterdir()]
            browser = tools.chromium.launch(executable_path="/usr/bin/chromium", args=QUIET.split())
            results[cities] = {
                "measures": len(arguments["tables"]["measures"]),
                "matches": len(arguments["comparison"].matches),
                "page": index.stat().st_size,
                "site": sum(path.stat().st_size for path in site),
                "files": len(site),
                "wrote": wrote,
                "load": os.getloadavg()[0],
                **measure(browser, index),
            }
            browser.close()
            print(cities, {k: round(v, 1) for k, v in results[cities].items()}, file=sys.stderr)
    OUT.write_text(text(results), encoding="utf-8")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{OUT.relative_to(ROOT)} written; {peak:,.0f} MB at most", file=sys.stderr)


def text(results: dict[int, dict[str, Any]]) -> str:
    """The page of documentation."""
    head = "| | " + " | ".join(f"{n} cities" for n in results) + " |\n|---|" + "---|" * len(results)

    def row(name: str, write: Any) -> str:
        return f"| {name} | " + " | ".join(write(found) for found in results.values()) + " |"

    mega = lambda key: lambda found: f"{found[key] / 1e6:.1f} MB"  # noqa: E731
    size = [
        row("measures", lambda found: f"{found['measures']:,}"),
        row("matches", lambda found: f"{found['matches']:,}"),
        row("index.html", mega("page")),
        row("index.html and site/", mega("site")),
        row("files of the site", lambda found: f"{found['files']:,}"),
        row("seconds to write the site", lambda found: f"{found['wrote']:.0f}"),
    ]
    spent = [row("first paint", lambda found: f"{found['first paint']:.0f}")]
    for name, *_ in ACTIONS:
        spent.append(
            row(name, lambda found, name=name: f"{found[name + ' (answer)']:.0f} / {found[name]:.0f}")
        )
    spent.append(row("load of the machine when it began", lambda found: f"{found['load']:.1f}"))
    return "\n".join(
        [
            "# Size and speed of the report",
            "",
            "Written by `python scripts/report_speed.py`, in headless Chromium without a graphics card, opened from disk.",
            f"Invented corpora with {PER * len(YEARS):,} measures a city, all tables filled, {MATCHES} matches a measure at most.",
            "",
            "## Size",
            "",
            head,
            *size,
            "",
            "## Time",
            "",
            f"Milliseconds, medians of {RUNS}: processor time of the page's process / until the first frame after the event / until everything asked for is drawn, "
            "its data read, unpacked and drawn for the first time. Each is measured on a page that was opened for it. "
            f"The load is the mean number of processes that wanted one of {os.cpu_count()} cores: above that number they waited.",
            "",
            head,
            *spent,
            "",
        ]
    )


if __name__ == "__main__":
    main()
