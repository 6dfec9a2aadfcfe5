"""The sample corpus is what it says: invented, marked, built from its sources, its facts in its texts.

Plain file reading only: nothing of planmine's own readers is used here.
"""

from __future__ import annotations

import csv
import html
import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docx
import pypdfium2
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "corpus" / "sample"
SOURCES = ROOT / "corpus" / "sample-source"
MARK = "声明：本文为示例文本，城市、机构与数字均为虚构，文字由语言模型撰写"
FACTS: dict[str, Any] = yaml.safe_load((SAMPLE / "facts.yaml").read_text(encoding="utf-8"))
CODEBOOK = yaml.safe_load((ROOT / "src" / "planmine" / "codebook.yaml").read_text(encoding="utf-8"))
PLACES = ROOT / "src" / "planmine" / "data" / "places.csv"
DOC_TYPES = {"plan", "summary", "mixed", "essay"}


def front_matter(path: Path) -> tuple[dict[str, Any], str]:
    match = re.match(r"---\n(.*?)\n---\n(.*)", path.read_text(encoding="utf-8"), re.DOTALL)
    assert match is not None, f"{path.name} has no front matter"
    return {"file": path.name} | yaml.safe_load(match[1]), match[2]


def documents() -> dict[tuple[str, int], tuple[dict[str, Any], str]]:
    """(file, year) -> front matter and body, of all texts as they were written."""
    out = {}
    for path in sorted([*SOURCES.glob("*-20??.md"), *SAMPLE.glob("*.md")]):
        meta, body = front_matter(path)
        out[str(meta["file"]), int(meta["year"])] = meta, body
    plain = {"city": "青岚市", "year": 2023, "sample": True, "doc_type": "plan"}
    out["qinglan-2023.txt", 2023] = plain, (SAMPLE / "qinglan-2023.txt").read_text(encoding="utf-8")
    return out


DOCUMENTS = documents()
CITIES = sorted({meta["city"] for meta, _ in DOCUMENTS.values()})
BUILT = sorted({str(front_matter(path)[0]["file"]) for path in SOURCES.glob("*-20??.md")})


def text_of(entry: dict[str, Any]) -> str:
    """The text that a fact points at: by file and year, or by file alone where that is one document."""
    texts = [body for (file, year), (_, body) in DOCUMENTS.items() if file == entry["file"]]
    if "year" in entry:
        return DOCUMENTS[entry["file"], entry["year"]][1]
    return "\n".join(texts)


def quotations(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if "quote" in node:
            yield node
        for value in node.values():
            yield from quotations(value)
    elif isinstance(node, list):
        for value in node:
            yield from quotations(value)


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


def test_twelve_cities_with_a_document_in_each_year() -> None:
    assert len(CITIES) == 12
    assert Counter(meta["city"] for meta, _ in DOCUMENTS.values()) == dict.fromkeys(CITIES, 2)
    for city in CITIES:
        assert {year for (_, year), (meta, _) in DOCUMENTS.items() if meta["city"] == city} == {2023, 2024}


@pytest.mark.parametrize("key", DOCUMENTS, ids=lambda key: f"{key[0]}:{key[1]}")
def test_each_document_is_long_marked_and_of_a_known_type(key: tuple[str, int]) -> None:
    meta, body = DOCUMENTS[key]
    assert len(re.findall(r"[\u4e00-\u9fff]", body)) >= 1200
    assert meta["sample"] is True
    assert meta["doc_type"] in DOC_TYPES
    if "title" in meta:
        heading = next(line for line in body.splitlines() if line.strip() and line != MARK)
        assert meta["title"] in heading or heading.removeprefix("# ").endswith(meta["title"])


def test_all_formats_and_encodings_are_there() -> None:
    suffixes = {path.suffix for path in SAMPLE.iterdir()}
    assert suffixes >= {".txt", ".md", ".html", ".docx", ".doc", ".pdf", ".csv", ".jsonl"}
    assert (SAMPLE / "danping-2023.txt").read_bytes().startswith(b"\xef\xbb\xbf")
    assert (SAMPLE / "shuoyuan-2023.txt").read_bytes()[:2] in (b"\xff\xfe", b"\xfe\xff")
    with pytest.raises(UnicodeDecodeError):
        (SAMPLE / "baiyu-2023.txt").read_text(encoding="utf-8")
    assert sum(path.stat().st_size for path in SAMPLE.iterdir()) < 3_000_000


def test_invented_places_are_not_in_the_gazetteer() -> None:
    if not PLACES.exists():
        pytest.skip(f"{PLACES.name} is not there")
    with PLACES.open(encoding="utf-8-sig") as handle:
        rows = list(csv.DictReader(handle))
    known = {row["name"] for row in rows} | {row["short"] for row in rows}
    assert len(known) > 2000
    assert not {name for city in CITIES for name in (city, city[:-1])} & known
    generic = {"城区", "老城区"}  # real names, and the plain words for the urban area
    full = {row["name"] for row in rows if len(row["name"]) > 2} - generic
    for key, (_, body) in DOCUMENTS.items():
        assert not [name for name in full if name in body], key


def test_manifest_names_every_file_once_and_says_invented() -> None:
    rows = list(csv.DictReader(io.StringIO((SAMPLE / "manifest.csv").read_text(encoding="utf-8"))))
    files = [row["file"] for row in rows]
    assert sorted(files) == sorted({file for file, _ in DOCUMENTS})
    for row in rows:
        assert (SAMPLE / row["file"]).is_file()
        years = {year for file, year in DOCUMENTS if file == row["file"]}
        assert row["year"] == (str(years.pop()) if len(years) == 1 else "")
        assert row["city"] in CITIES and row["city_code"] == "" and row["agency"] and row["invented"] == "yes"


def test_every_quotation_stands_once_in_its_document() -> None:
    found = list(quotations(FACTS))
    assert len(found) > 200
    for entry in found:
        assert text_of(entry).count(entry["quote"]) == 1, entry
        if "city" in entry and "year" in entry:
            assert DOCUMENTS[entry["file"], entry["year"]][0]["city"] == entry["city"], entry


def test_shared_actions_cover_the_fields_in_different_words() -> None:
    actions = FACTS["shared_actions"]
    assert len(actions) >= 12 and len({action["id"] for action in actions}) == len(actions)
    assert {action["category"] for action in actions} == set(CODEBOOK["categories"]) - {"other"}
    copied = "".join(passage["text"] for passage in FACTS["copied_passages"])
    for action in actions:
        measures = action["measures"]
        assert 2 <= len({measure["city"] for measure in measures}) <= 5
        own = [measure["quote"] for measure in measures if measure["quote"] not in copied]
        assert len(own) == len(set(own)), action["id"]


def test_hard_negatives_set_two_actions_against_each_other() -> None:
    assert len(FACTS["hard_negatives"]) >= 6
    matches = [{measure["quote"] for measure in action["measures"]} for action in FACTS["shared_actions"]]
    for entry in FACTS["hard_negatives"]:
        first, second = entry["measures"]
        assert first["city"] != second["city"] and len(set(entry["actions"])) == 2
        assert not any({first["quote"], second["quote"]} <= match for match in matches)


def test_copied_passages_are_equal_and_the_copier_is_later() -> None:
    assert len(FACTS["copied_passages"]) >= 3
    for passage in FACTS["copied_passages"]:
        source, copy = passage["from"], passage["to"]
        assert len(passage["text"]) >= 60
        assert source["city"] != copy["city"] and source["year"] < copy["year"]
        holders = {key for key, (_, body) in DOCUMENTS.items() if passage["text"] in body}
        assert holders == {(source["file"], source["year"]), (copy["file"], copy["year"])}


def test_nothing_else_is_copied_from_city_to_city() -> None:
    width = 30  # longer than a title two bureaus would share
    holders: dict[str, set[str]] = {}
    for meta, body in DOCUMENTS.values():
        text = squeezed(body.replace(MARK, ""))
        for passage in FACTS["copied_passages"]:
            text = text.replace(passage["text"], "")
        for i in range(len(text) - width + 1):
            holders.setdefault(text[i : i + width], set()).add(meta["city"])
    assert not [text for text, cities in holders.items() if len(cities) > 1]


def test_first_movers_agree_with_the_shared_actions() -> None:
    actions = {action["id"]: action["measures"] for action in FACTS["shared_actions"]}
    assert len(FACTS["first_movers"]) >= 4
    for entry in FACTS["first_movers"]:
        first_year: dict[str, int] = {}
        for measure in sorted(actions[entry["action"]], key=lambda measure: -measure["year"]):
            first_year[measure["city"]] = measure["year"]
        assert first_year == {entry["first"]: entry["year"]} | entry["followers"]
        assert min(entry["followers"].values()) > entry["year"]


def test_changes_and_promises_hold_their_figures() -> None:
    changes = FACTS["changes"]
    least = {"kept": 4, "raised": 3, "lowered": 2, "dropped": 4, "new": 4}
    assert all(len(changes[kind]) >= number for kind, number in least.items())
    assert all(change["after"] > change["before"] for change in changes["raised"])
    assert all(change["after"] < change["before"] for change in changes["lowered"])
    assert (200, 300) in {(change["before"], change["after"]) for change in changes["raised"]}
    for change in [*changes["raised"], *changes["lowered"]]:
        assert says(change["from"]["quote"], change["before"]) and says(
            change["to"]["quote"], change["after"]
        )
    assert len(FACTS["promises"]) >= 5
    for promise in FACTS["promises"]:
        assert promise["met"] == (promise["result"] >= promise["planned"])
        assert says(promise["promise"]["quote"], promise["planned"])
        assert says(promise["outcome"]["quote"], promise["result"])


def says(quote: str, value: float) -> bool:
    """Whether the figure stands in the quotation, as written or in 万."""
    return f"{value:g}" in quote or f"{value / 10_000:g}万" in quote


def test_lacks_have_no_word_of_the_field_and_most_peers_have_it() -> None:
    evidence = FACTS["category_evidence"]
    assert len({(lack["city"], lack["category"]) for lack in FACTS["lacks"]}) == len(FACTS["lacks"]) >= 3
    for lack in FACTS["lacks"]:
        body = "".join(body for meta, body in DOCUMENTS.values() if meta["city"] == lack["city"])
        assert not [word for word in lack["absent"] if word in body], lack
        peers = {entry["city"] for entry in evidence[lack["category"]]}
        assert lack["city"] not in peers and len(peers) == lack["peers_with"] > (len(CITIES) - 1) / 2


def test_coverage_counts_are_those_of_its_units() -> None:
    assert len(FACTS["coverage"]) >= 3
    for entry in FACTS["coverage"]:
        body = text_of(entry)
        positions = [body.index(unit["start"]) for unit in entry["units"]]
        assert all(body.count(unit["start"]) == 1 for unit in entry["units"])
        assert positions == sorted(positions), entry["file"]
        counts = Counter((unit["category"], unit["status"]) for unit in entry["units"])
        stated = {(c, s): number for c, row in entry["counts"].items() for s, number in row.items()}
        assert counts == stated and entry["total"] == len(entry["units"])
        for unit in entry["units"]:
            labels = unit.get("labels", [unit["category"]])
            assert labels[0] == unit["category"] and set(labels) <= set(CODEBOOK["categories"])
            assert unit["status"] in CODEBOOK["statuses"]


def visible_html(data: bytes) -> str:
    charset = re.search(rb'charset="([\w-]+)"', data)
    assert charset is not None
    page = data.decode({"gb2312": "gb18030"}.get(charset[1].decode(), charset[1].decode()))
    return html.unescape(re.sub(r"<[^>]+>", "\n", page))


def visible_pdf(path: Path) -> str:
    document = pypdfium2.PdfDocument(path)
    pages = [document[i].get_textpage().get_text_range() for i in range(len(document))]
    return re.sub(r"— \d+ —", "", "\n".join(pages))


@pytest.mark.parametrize("file", BUILT)
def test_built_files_hold_their_sources(file: str) -> None:
    """Same text as the source: nothing stale. scripts/build_sample.py builds them anew."""
    sources = [(meta, body.strip()) for (name, _), (meta, body) in DOCUMENTS.items() if name == file]
    meta, body = sources[0]
    path = SAMPLE / file
    if path.suffix == ".txt":
        text = path.read_bytes().decode(meta.get("encoding", "utf-8")).replace("\r\n", "\n")
        assert text.strip() == body and MARK in text
    elif path.suffix == ".docx":
        document = docx.Document(str(path))
        assert [p.text for p in document.paragraphs] == [line for line in body.split("\n") if line.strip()]
        assert document.sections[0].footer.paragraphs[0].text == MARK
    elif path.suffix == ".doc":  # Word 97 keeps its text as UTF-16
        data = path.read_bytes()
        assert all(line.encode("utf-16-le") in data for line in [*body.split("\n"), MARK])
    elif path.suffix == ".pdf":
        assert squeezed(visible_pdf(path)) == squeezed(MARK + body)
    elif path.suffix == ".html":
        text = visible_html(path.read_bytes())
        lines = [line.strip() for line in text.split("\n") if line.strip()]
        assert "\n".join(body.split("\n")) in "\n".join(line for line in lines if line in body.split("\n"))
        assert MARK in lines and "当前位置：" in lines
    else:
        rows: list[dict[str, Any]]
        if path.suffix == ".jsonl":
            rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        else:
            rows = list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"))))
        assert [row["text"].strip() for row in rows] == [body for _, body in sources]
        assert [str(row["year"]) for row in rows] == [str(meta["year"]) for meta, _ in sources]
        assert all(str(row["sample"]).lower() == "true" for row in rows)


def test_nothing_stray_lies_in_the_sample() -> None:
    allowed = {file for file, _ in DOCUMENTS} | {"facts.yaml", "manifest.csv"}
    assert {path.name for path in SAMPLE.iterdir()} == allowed
