"""The workbook, the Stata files and the citations of a report, read back by other programs than wrote them."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path
from runpy import run_path
from xml.etree import ElementTree as ET

import pandas as pd
import pytest
import yaml

from planmine.codebook import load_codebook
from planmine.report.citation import Citation
from planmine.report.dictionary import CODES, LABELS, TABLES, compared
from planmine.report.stata import write_stata
from planmine.report.workbook import CELL, write_workbook

world = run_path(str(Path(__file__).parents[1] / "report_world.py"))["world"]
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    arguments = world(3, whole=True)
    return {**arguments["tables"], **compared(arguments["comparison"])}


def test_every_column_has_a_label_in_both_languages() -> None:
    for name, (zh, en, columns) in TABLES.items():
        assert zh and en
        for column in columns:
            assert column in LABELS, (name, column)
    assert all(len(f"{zh} {en}") <= 80 for zh, en in LABELS.values())


def test_the_workbook_has_a_sheet_a_table_with_frozen_headers_and_filters(
    tables: dict[str, pd.DataFrame], tmp_path: Path
) -> None:
    with zipfile.ZipFile(write_workbook(tmp_path / "a.xlsx", tables)) as book:
        names = [
            sheet.get("name") for sheet in ET.fromstring(book.read("xl/workbook.xml")).iter(f"{SHEET}sheet")
        ]
        assert names == [f"{TABLES[name][0]} {name}"[:24] for name in TABLES]
        for number, name in enumerate(TABLES, 1):
            sheet = ET.fromstring(book.read(f"xl/worksheets/sheet{number}.xml"))
            [pane] = sheet.iter(f"{SHEET}pane")
            assert (pane.get("state"), pane.get("ySplit")) == ("frozen", "1")
            assert len(list(sheet.iter(f"{SHEET}autoFilter"))) == 1
            rows = list(sheet.iter(f"{SHEET}row"))
            assert len(rows) == len(tables[name]) + 1
            assert len(list(rows[0])) == len(tables[name].columns)
            assert not list(sheet.iter(f"{SHEET}f")), "a formula"
        sheet = ET.fromstring(book.read(f"xl/worksheets/sheet{list(TABLES).index('plans') + 1}.xml"))
        said = [text.text for text in sheet.iter(f"{SHEET}t")]
        assert '=cmd|"/c calc"!A1' in said and "javascript:window.hacked=1" in said
        assert not list(sheet.iter(f"{SHEET}hyperlink"))
    write_workbook(tmp_path / "b.xlsx", tables)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def write_all(folder: Path, tables: dict[str, pd.DataFrame]) -> list[Path]:
    for name in TABLES:
        write_stata(folder, name, tables[name], load_codebook())
    return sorted(folder.glob("*.dta"))


def test_cells_of_the_workbook_hold_what_the_table_holds(tmp_path: Path) -> None:
    given = ["a", "", None, '&<>"', "\x01\ufffe", "_x0041_", "\t", " x \n", "=1+1", "长" * (CELL + 1)]
    written = [
        "a",
        "",
        None,
        '&<>"',
        "_x0001__xFFFE_",
        "_x005F_x0041_",
        "\t",
        " x \n",
        "=1+1",
        "长" * CELL,
    ]
    table = pd.DataFrame(
        {
            "city": pd.Series(given, dtype=object),
            "year": pd.Series([2024, None] * 5, dtype="Int64"),
            "share": [0.1, float("nan"), None, -1e-9, 1e22, 0.0, 1.0, 2.0, 3.0, 4.0],
            "counted": [True, False] * 5,
            "labels": [["a", "<"], None] * 5,
        }
    )
    with zipfile.ZipFile(write_workbook(tmp_path / "a.xlsx", {"plans": table})) as book:
        sheet = ET.fromstring(book.read("xl/worksheets/sheet1.xml"))
    cells = {
        str(cell.get("r")): (cell.get("t"), "".join(cell.itertext())) for cell in sheet.iter(f"{SHEET}c")
    }
    column = lambda letter: [cells.get(f"{letter}{row}", (None, None)) for row in range(2, 12)]  # noqa: E731
    assert [text for _, text in column("A")] == written
    assert [text for _, text in column("B")] == ["2024", None] * 5
    numbers = [text for _, text in column("C")]
    assert numbers[1:3] == [None, None]
    assert [float(text) for text in numbers if text is not None] == [0.1, *table["share"][3:]]
    assert column("D") == [("b", "1"), ("b", "0")] * 5
    assert [text for _, text in column("E")] == ['["a", "<"]', None] * 5
    [size] = sheet.iter(f"{SHEET}dimension")
    assert size.get("ref") == "A1:E11"


def test_stata_files_have_labels_and_all_rows(tables: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    paths = write_all(tmp_path, tables)
    assert {path.stem for path in paths} == set(TABLES)
    for path in paths:
        table = tables[path.stem]
        with pd.read_stata(path, iterator=True) as reader:
            labels = reader.variable_labels()
            read = reader.read(convert_categoricals=False)
        assert len(read) == len(table) and [name.lstrip("_") for name in read] == list(table)
        assert labels["city"] == "城市 city" if "city" in labels else True
        assert all(labels.values())
    with pd.read_stata(tmp_path / "measures.dta", iterator=True) as reader:
        values = reader.value_labels()
        read = reader.read()
    assert set(values["status"].values()) <= {
        f"{code} {zh} {en}" for code, (zh, en) in CODES["status"].items()
    }
    assert read["text"].tolist() == tables["measures"]["text"].tolist()
    assert json.loads(read["heading_path"][3]) == tables["measures"]["heading_path"][3]
    assert read["year"].isna().sum() == tables["measures"]["year"].isna().sum() > 0
    assert read["category"].str.split().str[0].tolist() == tables["measures"]["category"].tolist()
    again = tmp_path / "again"
    again.mkdir()
    for path in write_all(again, tables):
        assert path.read_bytes() == (tmp_path / path.name).read_bytes()


def test_tables_that_a_comparison_lacks_are_there_and_empty() -> None:
    found = compared(world(2, odd=False)["comparison"])
    assert found["themes"].empty and list(found["themes"]) == TABLES["themes"][2]
    assert found["coverage"]["corrected"].isna().all()
    assert set(TABLES["similarity"][2]) <= set(found["similarity"])


def test_citations_name_version_day_and_hash() -> None:
    citation = Citation.of(world(1, odd=False)["manifest"])
    record = yaml.safe_load(citation.cff)
    assert record["cff-version"] == "1.2.0" and record["type"] == "dataset"
    assert {"message", "title", "authors"} <= set(record)  # what the format asks for
    assert str(record["date-released"]) == "2026-01-02" and record["version"] == "f" * 12
    assert citation.bibtex.count("{") == citation.bibtex.count("}")
    assert re.findall(r"@(\w+)\{", citation.bibtex) == ["software", "misc"]
    assert "[CP]. 2026." in citation.gbt7714 and "[DS]. (2026-01-02)." in citation.gbt7714
