"""Equal and nearly equal plans."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from planmine.corpus import near_duplicates, unique
from planmine.corpus.duplicates import NEAR, normalise
from planmine.records import Plan

WORDS = "清扫 道路 新建 公厕 改造 路灯 绿化 补植 行道树 整治 占道 经营 管网 疏浚 垃圾 分类 转运 公园 巡查 执法".split()


def text(seed: int, words: int = 600) -> str:
    """A text of its own for each seed."""
    chance = random.Random(seed)
    return "".join(f"{chance.choice(WORDS)}{chance.randint(1, 9999)}" for _ in range(words))


def changed(body: str, every: int) -> str:
    return "".join("某" if place % every == 0 else c for place, c in enumerate(body))


def plan(source: str, body: str, plan_id: str) -> Plan:
    return Plan(plan_id=plan_id, title=None, text=body, start=0, end=len(body), source=source, sha256="0")


def test_exact_and_near_are_told_apart() -> None:
    body = text(1)
    wide = body.replace("1", "１") + "。\n"  # the same but for width and white space
    found = near_duplicates({"a": body, "b": wide, "c": changed(body, 200), "d": text(2)})
    assert [(p.plan_a, p.plan_b, p.kind) for p in found] == [
        ("a", "b", "exact"),
        ("a", "c", "near"),
        ("b", "c", "near"),
    ]
    assert found[0].similarity == 1.0
    assert NEAR <= found[1].similarity < 1.0
    assert found[1].similarity == found[2].similarity


def test_similarity_is_the_share_of_common_grams() -> None:
    a, b = text(3), changed(text(3), 300)
    grams = [{t[i : i + 5] for i in range(len(t) - 4)} for t in (a, b)]
    expected = len(grams[0] & grams[1]) / len(grams[0] | grams[1])
    (found,) = near_duplicates({"a": a, "b": b})
    assert abs(found.similarity - expected) < 1e-6


def test_unlike_short_and_blank_texts() -> None:
    assert near_duplicates({str(n): text(n) for n in range(30)}) == []
    assert near_duplicates({"a": "短文", "b": "短文", "c": "文", "d": "", "e": "  "}) == near_duplicates(
        {"a": "短文", "b": "短文"}
    )
    assert near_duplicates({}) == []


def test_order_does_not_matter_and_all_near_pairs_of_many_are_found() -> None:
    bodies = {f"{n:02}": text(n) for n in range(20)} | {f"{n:02}x": changed(text(n), 250) for n in range(20)}
    found = near_duplicates(bodies)
    assert [(p.plan_a, p.plan_b) for p in found] == [(f"{n:02}", f"{n:02}x") for n in range(20)]
    assert near_duplicates(dict(reversed(bodies.items()))) == found


@given(st.text(), st.text())
def test_normalised_texts_are_the_same_whatever_stands_between_the_words(a: str, b: str) -> None:
    assert normalise(a + " ，\n**" + b) == normalise(a) + normalise(b) or b[:1] >= "\u0300"


def test_unique_keeps_the_first_by_source_and_tells_of_the_others() -> None:
    plans = [plan("b.txt", "同一份。", "1"), plan("a.txt", "同一份。", "1"), plan("c.txt", "另一份。", "2")]
    kept, failures = unique(plans)
    assert [p.source for p in kept] == ["a.txt", "c.txt"]
    assert [(f.file, f.stage) for f in failures] == [("b.txt", "corpus")]
    assert "a.txt" in failures[0].reason
    assert unique(list(reversed(plans))) == (kept, failures)
