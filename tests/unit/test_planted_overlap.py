"""Cities whose shared actions are known: similarity follows them, set phrases do not move it, a copy is found."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

import planmine
from planmine.comparison import Comparison

sys.path.insert(0, str(Path(__file__).parents[1]))
import planted_overlap as planted

PHRASES = (
    "坚持以人民为中心的发展思想",
    "牢固树立新发展理念",
    "让每一条街巷都有新模样",
    "坚持稳中求进工作总基调",
    "把好事办到群众心坎上",
    "为建设宜居家园而努力奋斗",
)


def overall(comparison: Comparison) -> pd.DataFrame:
    table = comparison.similarity
    return table[table["category"] == "all"].reset_index(drop=True)


def test_the_list_has_sixty_actions_in_three_wordings() -> None:
    listed = planted.actions()
    assert len(listed) >= 60 and all(len(set(wordings)) == 3 for _, wordings in listed)
    every = [wording for _, wordings in listed for wording in wordings]
    assert len(set(every)) == len(every)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_similarity_follows_the_planted_overlap(seed: int) -> None:
    frame, shared = planted.corpus(seed)
    assert shared.min() < 0.1 and shared.max() > 0.7
    alike = overall(planmine.compare(frame))
    assert list(zip(alike["city_a"], alike["city_b"], strict=True)) == list(shared.index)
    assert spearmanr(alike["similarity"], shared).statistic >= 0.85
    assert spearmanr(alike["beyond"], shared).statistic >= 0.75


def test_set_phrases_in_all_plans_change_nothing_and_can_be_seen() -> None:
    frame, _ = planted.corpus(3)
    rng = np.random.default_rng(0)

    def phrases(count: int) -> str:
        return "，".join(rng.choice(PHRASES, count, replace=False))

    dressed = frame.assign(text=[f"{phrases(2)}，{text}" for text in frame["text"]])
    hollow = [
        (f"{city}:9{k}", city, "other", f"{phrases(3)}。")
        for city in sorted(set(frame["city"]))
        for k in range(6)
    ]
    columns = ["measure_id", "city", "category", "text"]
    dressed = pd.concat([dressed, planted.finished(pd.DataFrame(hollow, columns=columns))], ignore_index=True)
    plain, found = planmine.compare(frame), planmine.compare(dressed)
    before, after = overall(plain), overall(found)
    assert (before["similarity"] - after["similarity"]).abs().max() <= 0.02
    assert (after["with_formulae"] - after["similarity"]).min() > 0.1  # and yet they would have
    assert (before["with_formulae"] == before["similarity"]).all()
    assert (after["measures_a"] == planted.SIZE).all()
    assert set(found.formulae["formula"]) == set(PHRASES) and (found.formulae["cities"] == 20).all()
    text, start = (dressed.set_index("measure_id")[name] for name in ("text", "start"))
    for span in found.formula_spans.itertuples():
        begin = start[span.measure_id]
        assert text[span.measure_id][span.start - begin : span.end - begin] == span.text


def test_a_copied_passage_is_same_text_with_its_offsets_among_set_phrases() -> None:
    frame, _ = planted.corpus(4)
    copied = "依托街道网格员每周两次上门登记独居老人需求并把清单转给社区医院和志愿者小队"
    cities = sorted(set(frame["city"]))[:2]
    rows = [
        (f"{cities[0]}:900", cities[0], "other", f"{PHRASES[3]}，{copied}。"),
        (f"{cities[1]}:900", cities[1], "other", f"{copied[:12]}、{copied[12:]}，{PHRASES[3]}；"),
    ]
    more = planted.finished(pd.DataFrame(rows, columns=["measure_id", "city", "category", "text"]))
    found = planmine.compare(pd.concat([frame, more], ignore_index=True))
    pair = (f"{cities[0]}:900", f"{cities[1]}:900")
    match = found.matches.set_index(["measure_a", "measure_b"]).loc[pair]
    assert match["relation"] == "same_text" and match["probability"] == 1
    passage = found.passages.set_index(["measure_a", "measure_b"]).loc[pair]
    for side, row in zip("ab", rows, strict=True):
        begin = more["start"].iloc["ab".index(side)]
        shown = row[3][passage[f"start_{side}"] - begin : passage[f"end_{side}"] - begin]
        assert shown.replace("、", "") == copied
    assert passage["characters"] == len(copied)
