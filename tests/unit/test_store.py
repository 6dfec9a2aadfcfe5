"""The workspace: what is half written is never seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from planmine.records import Failure, Plan
from planmine.workspace import Document, Workspace, key_of


def document() -> Document:
    plan = Plan(
        plan_id="p",
        title="甲",
        text="扫街。",
        start=0,
        end=3,
        source="a.txt",
        sha256="0" * 64,
        warnings=("注意",),
    )
    return Document.of([(plan, [])], [Failure(file="b.txt", stage="corpus", reason="空", remedy="删")])


def test_a_document_comes_back_as_it_was(tmp_path: Path) -> None:
    place = Workspace(tmp_path)
    place.put("ab12", document())
    back = place.get("ab12")
    assert (back.plans, back.failures, back.notices) == (
        document().plans,
        document().failures,
        document().notices,
    )
    assert back.measures.schema == document().measures.schema
    place.drop("ab12")
    assert not place.has("ab12")


def test_a_report_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    place = Workspace(tmp_path)
    with place.new_report("one") as folder:
        (folder / "index.html").write_text("1", encoding="utf-8")
        assert not place.latest.exists()
    with pytest.raises(RuntimeError), place.new_report("two") as folder:
        (folder / "index.html").write_text("2", encoding="utf-8")
        raise RuntimeError
    assert (place.latest / "index.html").read_text(encoding="utf-8") == "1"
    assert sorted(p.name for p in (tmp_path / "reports").iterdir()) == ["latest", "one"]


def test_keys_depend_on_every_part() -> None:
    one = key_of(file="a", sha256="1", manifest={"city": "甲"})
    assert one == key_of(manifest={"city": "甲"}, sha256="1", file="a")
    assert (
        len({one, key_of(file="b", sha256="1", manifest={}), key_of(file="a", sha256="2", manifest={})}) == 3
    )
