"""The report: its files, that every number leads to its measures, and that hostile plans stay inert."""

from __future__ import annotations

import base64
import csv
import gzip
import hashlib
import json
import re
import time
from html.parser import HTMLParser
from pathlib import Path
from runpy import run_path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from planmine.report import ReportError, write_report
from planmine.report.dictionary import TABLES
from planmine.report.findings import find
from planmine.report.payload import web_address

FIGURES = ("coverage", "years", "similarity", "pairs", "adoption", "changes")
_WORLD = run_path(str(Path(__file__).parents[1] / "report_world.py"))
world, compared, HOSTILE = _WORLD["world"], _WORLD["compared"], _WORLD["HOSTILE"]


def unpack(packed: str) -> dict[str, Any]:
    return json.loads(gzip.decompress(base64.b64decode(packed)))


def page_data(index: Path) -> dict[str, Any]:
    """The data of the pages by part, and the chunks of measures joined under ``measures``."""
    packed = re.search(r'id="data">([^<]*)<', index.read_text(encoding="utf-8"))
    assert packed
    parts = {"core": unpack(packed[1])}
    for path in (index.parent / "site").glob("*.js"):
        if not path.name.startswith("lib-"):
            [(name, text)] = re.findall(
                r'^planmine\("([^"]+)","([^"]+)"\)$', path.read_text(encoding="ascii")
            )
            parts[name] = unpack(text)
            assert name == path.stem
    chunks = [parts[f"measures-{k}"] for k in range(sum(name.startswith("measures-") for name in parts))]
    names = [name for name in chunks[0] if name != "paths"] if chunks else []
    parts["measures"] = {name: [value for chunk in chunks for value in chunk[name]] for name in names}
    places = parts["core"]["plans"]["place"]
    parts["measures"]["place"] = [places[plan] for plan in parts["measures"].get("plan", [])]
    return parts


class Page(HTMLParser):
    """Tags, links and scripts of a page, read as a browser would."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.raw: dict[str, list[str]] = {"script": [], "style": []}
        self.text = ""
        self.open = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.open = tag
        if tag in self.raw:
            self.raw[tag].append("")

    def handle_data(self, data: str) -> None:
        if self.open in self.raw:
            self.raw[self.open][-1] += data
        else:
            self.text += data

    def handle_endtag(self, tag: str) -> None:
        self.open = ""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    arguments = world(whole=True)
    index = write_report(tmp_path_factory.mktemp("report"), **arguments)
    page = Page(index.read_text(encoding="utf-8"))
    return SimpleNamespace(index=index, folder=index.parent, page=page, data=page_data(index), **arguments)


def test_all_files_are_there_and_the_manifest_holds_their_hashes(report: SimpleNamespace) -> None:
    names = {
        path.relative_to(report.folder).as_posix() for path in report.folder.rglob("*") if path.is_file()
    }
    tables = list(TABLES)
    figures = [
        f"{name}-{lang}.{kind}" for name in FIGURES for lang in ("zh", "en") for kind in ("svg", "png")
    ]
    expected = {f"tables/{name}.{kind}" for name in tables for kind in ("csv", "parquet", "dta")}
    expected |= {"tables/texts.csv", "tables/texts.parquet", "tables/planmine.xlsx"}
    expected |= {f"figures/{name}" for name in [*figures, *(f"{name}.csv" for name in FIGURES)]}
    expected |= {"CITATION.cff", "citation.bib", "citation-gbt7714.txt"}
    site = {name for name in names if name.startswith("site/")}
    assert names == expected | site | {"index.html", "methods.md", "manifest.json", "made.json"}
    manifest = json.loads((report.folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["settings"] == report.manifest["settings"]
    assert set(manifest["files"]) == expected
    for name, digest in manifest["files"].items():
        assert hashlib.sha256((report.folder / name).read_bytes()).hexdigest() == digest


def test_the_same_input_gives_the_same_bytes(report: SimpleNamespace, tmp_path: Path) -> None:
    write_report(tmp_path, **world(whole=True))
    for path in report.folder.rglob("*"):
        if path.is_file():
            assert (tmp_path / path.relative_to(report.folder)).read_bytes() == path.read_bytes(), path


def test_csv_opens_in_excel_and_runs_no_formula(report: SimpleNamespace) -> None:
    raw = (report.folder / "tables" / "plans.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(raw.decode("utf-8-sig").splitlines()))
    assert [row["source"] for row in rows if "cmd" in row["source"]] == ['\'=cmd|"/c calc"!A1']
    assert rows[0]["title"] == report.tables["plans"]["title"][0]
    [target] = csv.DictReader(
        (report.folder / "tables" / "targets.csv").read_text(encoding="utf-8-sig").splitlines()
    )
    assert target["indicator"] == "'@处数"
    assert float(target["value"]) == -1.5  # a number is no formula


def test_tables_keep_their_values(report: SimpleNamespace) -> None:
    parquet = pd.read_parquet(report.folder / "tables" / "measures.parquet")
    given_table = report.tables["measures"]
    assert parquet["text"].tolist() == given_table["text"].tolist()
    assert [list(path) for path in parquet["heading_path"]] == given_table["heading_path"].tolist()
    assert [[t["value"] for t in targets] for targets in parquet["targets"]] == [
        [t["value"] for t in targets] for targets in given_table["targets"]
    ]
    rows = list(csv.DictReader((report.folder / "tables" / "measures.csv").open(encoding="utf-8-sig")))
    assert [json.loads(row["heading_path"]) for row in rows] == given_table["heading_path"].tolist()
    assert [row["year"] for row in rows] == ["" if pd.isna(y) else str(y) for y in given_table["year"]]


def test_every_cell_of_coverage_leads_to_exactly_its_measures(report: SimpleNamespace) -> None:
    measures, coverage = report.data["measures"], report.data["coverage"]
    behind: dict[tuple[Any, ...], list[int]] = {}
    for row, key in enumerate(zip(measures["place"], measures["year"], measures["category"], strict=True)):
        behind.setdefault(key, []).append(row)
    cells = list(
        zip(coverage["city"], coverage["year"], coverage["category"], coverage["measures"], strict=True)
    )
    assert {cell[0] for cell in cells} >= {"同名区 (110101)", "同名区 (220202)", "𠮷田市"}
    for cell in cells:
        assert len(behind.get(cell[:3], [])) == cell[3], cell
    assert sum(len(rows) for key, rows in behind.items() if key[0]) == sum(coverage["measures"])


def test_every_measure_leads_to_its_file_and_offsets(report: SimpleNamespace) -> None:
    table = report.tables["measures"].set_index("measure_id")
    sources = report.tables["plans"].set_index("plan_id")["source"]
    data, plans = report.data["measures"], report.data["core"]["plans"]
    assert len(data["text"]) == (table["status"] != "context").sum()
    for plan, start, end, text in zip(data["plan"], data["start"], data["end"], data["text"], strict=True):
        row = table.loc[f"{plans['id'][plan]}:{start}"]
        assert (row["text"], row["end"], sources[row["plan_id"]]) == (text, end, plans["source"][plan])
        body = report.data[f"text-{plans['text'][plan]}"][plans["id"][plan]]
        assert body[start - plans["start"][plan] : end - plans["start"][plan]] == text


def test_every_share_of_a_pair_leads_to_its_matches(report: SimpleNamespace) -> None:
    core, measures = report.data["core"], report.data["measures"]
    seen = 0
    for number, category in [("all", "all"), *enumerate(code for code, _, _ in core["categories"])]:
        similarity = report.data[f"similarity-{number}"]
        for i, a in enumerate(similarity["city_a"]):
            b = similarity["city_b"][i]
            matches = report.data[f"city-{core['order'].index(a)}"]["matches"]
            pairs = zip(matches["a"], matches["b"], strict=True)
            own = {x for x, y in pairs if (measures["place"][x], measures["place"][y]) == (a, b)}
            own = {x for x in own if category in ("all", measures["category"][x])}
            n = similarity["measures_a"][i]
            assert len(own) == round((similarity["a_covered_by_b"][i] or 0) * n), (a, b, category)
            seen += len(own) if category == "all" else 0
    assert seen == len(report.comparison.matches)


def test_the_overview_counts_what_the_tables_hold(report: SimpleNamespace) -> None:
    found = find(report.tables, report.comparison)
    assert (found.plans, found.failures, found.notices, found.left_out) == (13, 1, 1, 6)
    assert found.measures == len(report.data["measures"]["text"])
    assert sum(found.statuses.values()) == found.units == len(report.tables["measures"])
    assert found.same_text == 28
    [greening] = [gap for gap in found.gaps if gap.category == "greening" and "甲川市" in gap.cities]
    assert "少言市" not in greening.cities  # four measures are too few to speak of a gap
    assert found.pairs[0]["similarity"] == max(pair["similarity"] for pair in found.pairs)
    assert "少言市" not in {city for pair in found.pairs for city in (pair["city_a"], pair["city_b"])}
    assert all(gap.category != "other" for gap in found.gaps)


def test_hostile_plans_leave_no_markup(report: SimpleNamespace) -> None:
    tags = [tag for tag, _ in report.page.tags]
    assert "img" not in tags
    assert tags.count("script") == 2
    for path in (report.folder / "site").glob("*.js"):
        if not path.name.startswith("lib-"):
            assert re.fullmatch(r'planmine\("[\w-]+","[\w+/=]+"\)', path.read_text(encoding="ascii")), path
    for tag, attributes in report.page.tags:
        assert not [name for name in attributes if name.startswith("on")], tag
        for name in ("href", "src"):
            assert re.match(
                r"#|data:,$|https://example\.org/|tables/|figures/|methods\.md|manifest\.json|CITATION\.cff|citation|$",
                attributes.get(name) or "",
            )
    text = report.index.read_text(encoding="utf-8")
    assert "<img" not in text and "window.hacked" not in text  # plans are packed, or escaped
    assert HOSTILE in report.data["core"]["plans"]["title"]  # and kept as the words they are


def test_the_policy_admits_this_script_and_style_only(report: SimpleNamespace) -> None:
    [policy] = [
        a["content"] for tag, a in report.page.tags if a.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy and "default-src 'none'" in policy
    assert "unsafe" not in policy and "http" not in policy and "*" not in policy
    assert re.search(r"script-src 'sha256-[^']+' 'strict-dynamic';", policy)
    for text in (report.page.raw["script"][1], report.page.raw["style"][0]):
        assert base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() in policy


@pytest.mark.parametrize(
    ("source", "address"),
    [
        ("https://example.org/a?b=1", "https://example.org/a?b=1"),
        ("javascript:alert(1)", None),
        (" https://example.org", None),
        ('https://example.org/"onclick=', None),
        ("data:text/html,x", None),
        ("plans/a.txt", None),
        (None, None),
    ],
)
def test_only_web_addresses_become_links(source: str | None, address: str | None) -> None:
    assert web_address(source) == address


def test_both_languages_are_complete(report: SimpleNamespace) -> None:
    spans = [a.get("lang") for tag, a in report.page.tags if tag == "span" and a.get("class") == "t"]
    assert spans.count("zh") == spans.count("en") > 60
    zh, en = re.split(r"^  en: \{", report.page.raw["script"][1].split("let lang")[0], flags=re.MULTILINE)
    keys = [set(re.findall(r'(?:^|[\s,{])(\w+): (?=["(])', part)) for part in (zh, en)]
    assert keys[0] == keys[1]
    assert len(keys[0]) > 30


def test_a_character_that_the_font_lacks_is_told_in_a_notice(report: SimpleNamespace) -> None:
    notices = pd.read_parquet(report.folder / "tables" / "notices.parquet")
    assert "figures/coverage-zh.svg" in set(notices["file"][notices["notice"].str.contains("𠮷")])
    assert any("lacks 𠮷" in notice for notice in report.data["core"]["notices"]["notice"])


def test_methods_tell_limits_versions_and_citation(report: SimpleNamespace) -> None:
    text = (report.folder / "methods.md").read_text(encoding="utf-8")
    for words in (
        "没有按判定误差校正",
        "uncorrected",
        "相似不等于扩散",
        "Similarity is not diffusion",
        "语言模型",
        "language models",
    ):
        assert words in text
    for value in (
        report.manifest["result_sha256"],
        report.codebook.sha256,
        "pandas",
        "[CP]. 2026",
        "[DS].",
        "@software{planmine",
    ):
        assert value in text
    assert text.index("# 方法") < text.index("# Methods")


def test_a_comparison_of_other_measures_is_refused(tmp_path: Path) -> None:
    arguments = world(2, odd=False)
    arguments["comparison"].coverage.loc[0, "measures"] += 1
    with pytest.raises(
        ReportError, match=r"coverage of 甲(川|原)市, 2023, sanitation: .* comparison of these very measures"
    ):
        write_report(tmp_path / "a", **arguments)
    arguments = world(2, odd=False)
    arguments["comparison"].matches.loc[0, "measure_a"] = "gone:1"
    with pytest.raises(ReportError, match="gone:1"):
        write_report(tmp_path / "b", **arguments)
    arguments = world(2, odd=False)
    arguments["tables"]["plans"] = arguments["tables"]["plans"].iloc[1:]
    with pytest.raises(ReportError, match="no such plan"):
        write_report(tmp_path / "c", **arguments)


@pytest.mark.parametrize("cities", [0, 1])
def test_few_cities_still_give_a_report(tmp_path: Path, cities: int) -> None:
    arguments = world(1, odd=False)
    if cities == 0:
        for name in ("plans", "measures"):
            arguments["tables"][name]["city"] = None
        arguments["comparison"] = compared(
            arguments["tables"]["measures"], list(arguments["codebook"].categories)
        )
    index = write_report(tmp_path, **arguments)
    assert "没有发现两个城市之间相互对应的措施" in index.read_text(encoding="utf-8")
    assert len(page_data(index)["measures"]["text"]) == 48
    assert not (tmp_path / "figures" / "similarity-zh.svg").exists()
    assert (tmp_path / "figures" / "coverage-zh.svg").exists() == (cities == 1)


def test_26_cities_of_500_measures_take_under_25_seconds(tmp_path: Path) -> None:
    arguments = world(26, 250, odd=False)
    began = time.process_time()  # of this process: the machine may be busy with others
    index = write_report(tmp_path, **arguments)
    assert time.process_time() - began < 25
    assert index.stat().st_size < 300_000
    assert sum(path.stat().st_size for path in (tmp_path / "site").iterdir()) < 4_000_000
