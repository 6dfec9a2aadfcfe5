"""``planmine search`` and ``show`` over the report of an invented corpus."""

from __future__ import annotations

import json
from pathlib import Path
from runpy import run_path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from planmine.cli import app
from planmine.report import write_report
from planmine.search import Filters, SearchError, safe, search, show

world = run_path(str(Path(__file__).parents[1] / "report_world.py"))["world"]
SAID = {
    3: "在120个小区增设智能分类投放设施，误投率下降。",
    5: "居民扔垃圾先分好，投放箱会自己称重。",
    7: "公园免费开放延长到晚上十点。",
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace whose report has three measures of plain sense among many of another."""
    arguments = world(3, odd=True)
    measures = arguments["tables"]["measures"]
    for row, text in SAID.items():
        measures.loc[row, "text"] = text
    folder = tmp_path_factory.mktemp("workspace")
    write_report(folder / "reports" / "latest", **arguments)
    return folder


def test_words_rank_what_has_them_first(place: Path) -> None:
    found = search("智能分类投放 设施", place, mode="lexical", limit=3)
    assert found["text"][0] == SAID[3]
    assert found["score"].is_monotonic_decreasing and (found["score"] > 0).all()


def test_sense_finds_what_is_said_in_other_words(place: Path) -> None:
    found = search("垃圾分类", place, mode="semantic", limit=3)
    assert SAID[5] in set(found["text"])
    assert SAID[7] not in set(found["text"])


def test_both_rankings_are_joined(place: Path) -> None:
    found = search("智能分类投放 设施", place, limit=5)
    assert found["text"][0] == SAID[3]
    again = search("智能分类投放 设施", place, limit=5)  # vectors come from the workspace now
    pd.testing.assert_frame_equal(found, again)
    [kept] = (place / "vectors").glob("*.npy")
    kept.write_bytes(b"damaged")
    pd.testing.assert_frame_equal(found, search("智能分类投放 设施", place, limit=5))


def test_filters_hold_for_every_row(place: Path) -> None:
    found = search(
        "清洗公厕", place, filters=Filters(city="甲川市", year=2024, status="planned", figures=True)
    )
    assert len(found) and set(found["city"]) == {"甲川市"} and set(found["year"]) == {2024}
    assert set(found["status"]) == {"planned"} and all(len(targets) for targets in found["targets"])
    found = search("清洗公厕", place, filters=Filters(agency="城管", category="sanitation"))
    assert len(found) and all("市城管局" in names for names in found["agencies"])
    assert search("清洗公厕", place, filters=Filters(city="无此市")).empty


def test_words_apart_are_no_pair_of_characters(place: Path) -> None:
    """类投 of 分类 投放 would be found in another text; with the space it is no word of the query."""
    assert search("园 免", place, mode="lexical").empty
    assert search("公园", place, mode="lexical")["text"].tolist() == [SAID[7]]


def test_a_measure_stands_in_its_place(place: Path) -> None:
    measures = pd.read_parquet(place / "reports/latest/tables/measures.parquet")
    own = measures.iloc[10]
    found = show(own["measure_id"], place, around=8)
    texts = pd.read_parquet(place / "reports/latest/tables/texts.parquet").set_index("plan_id")["text"]
    body = texts[own["plan_id"]]
    assert (
        found["before"] + found["text"] + found["after"]
        == body[own["start"] - 8 : own["start"] + len(own["text"]) + 8]
    )
    matches = pd.read_parquet(place / "reports/latest/tables/matches.parquet")
    expected = set(matches.loc[matches["measure_a"] == own["measure_id"], "measure_b"]) | set(
        matches.loc[matches["measure_b"] == own["measure_id"], "measure_a"]
    )
    assert {other["measure_id"] for other in found["counterparts"]} == expected != set()


def test_the_commands_print_text_or_json(place: Path) -> None:
    run = CliRunner().invoke
    found = run(app, ["search", "智能分类投放 设施", "--workspace", str(place), "--json", "--limit", "2"])
    rows = json.loads(found.stdout)
    assert found.exit_code == 0 and len(rows) == 2 and rows[0]["text"] == SAID[3]
    assert isinstance(rows[0]["year"], int) and isinstance(rows[0]["targets"], list)
    identity = rows[0]["measure_id"]
    plain = run(app, ["search", "智能分类投放 设施", "--workspace", str(place), "--city", "甲川市"])
    assert plain.stdout.splitlines()[0].startswith(identity)
    shown = run(app, ["show", identity, "--workspace", str(place)])
    assert shown.exit_code == 0 and "plans/甲川市-2023.txt" in shown.stdout
    assert (
        json.loads(run(app, ["show", identity, "--workspace", str(place), "--json"]).stdout)["text"]
        == SAID[3]
    )


def test_what_cannot_be_found_is_named_with_the_remedy(place: Path, tmp_path: Path) -> None:
    with pytest.raises(SearchError, match=r"planmine run PLANS --workspace"):
        search("公厕", tmp_path)
    with pytest.raises(SearchError, match=r"no measure nothing:1.*planmine search"):
        show("nothing:1", place)
    with pytest.raises(SearchError, match="empty"):
        search("  ", place)
    for command in (["search", "公厕"], ["show", "x:1"], ["open", "--no-browser"]):
        failed = CliRunner().invoke(app, [*command, "--workspace", str(tmp_path)])
        assert failed.exit_code == 2 and "planmine run" in failed.stderr


def test_a_plan_cannot_command_the_terminal(place: Path) -> None:
    assert safe("a\x1b[2Jb\u202ec\rd") == "a\ufffd[2Jb\ufffdc\ufffdd"
    found = CliRunner().invoke(app, ["search", "清洗公厕", "--workspace", str(place), "--city", "少言市"])
    assert "\u202e" not in found.stdout and "<script>" in found.stdout


def test_vectors_of_other_texts_are_not_taken(place: Path, tmp_path: Path) -> None:
    from planmine.embedding import load_encoder
    from planmine.search import _vectors

    encoder = load_encoder()
    one = _vectors(encoder, ["新建公厕", "绿道"], tmp_path)
    two = _vectors(encoder, ["绿道", "新建公厕"], tmp_path)
    assert len(list(tmp_path.glob("*.npy"))) == 2
    np.testing.assert_array_equal(one, two[::-1])
