"""The way through: a plan to measures, and the same as a spaCy Language."""

from __future__ import annotations

import spacy
from spacy.tokens import DocBin

import planmine
from planmine.pipeline import measures_of, units_of
from planmine.records import Exclusion, Plan

TEXT = """临湖县城市管理局2024年工作计划
一、2023年工作回顾
（一）环境卫生持续改善。全年清运生活垃圾3.2万吨，新建公厕6座。
二、2024年工作安排
（一）推进垃圾分类。在40个小区设置分类投放点，年底前覆盖率达到60%以上；联合教育局开展进校园宣传。（责任单位：环卫中心）
责任编辑：综合科
（二）优化停车秩序。施划泊位800个。
"""


def plan(text: str = TEXT, before: str = "") -> Plan:
    start = text.index("责任编辑")
    furniture = Exclusion(start=len(before) + start, end=len(before) + start + 8, reason="furniture")
    return Plan(
        plan_id="p1",
        title="临湖县城市管理局2024年工作计划",
        text=before + text,
        start=len(before),
        end=len(before + text),
        source="linhu.txt",
        sha256="0" * 64,
        city="临湖县",
        year_from=2024,
        year_to=2024,
        excluded=(furniture,),
    )


def test_every_measure_stands_in_the_text_with_its_record() -> None:
    whole = plan(before="前一篇的文字。\n")
    [(_, measures)] = measures_of([whole])
    for measure in measures:
        assert whole.text[measure.start : measure.end] == measure.text
        assert measure.measure_id == f"p1:{measure.start}"
        assert measure.labels[0] == measure.category
        assert 0 < measure.probability <= 1
        for target in measure.targets:
            assert measure.start <= target.start < target.end <= measure.end
    assert [m.ordinal for m in measures] == list(range(len(measures)))
    texts = [m.text for m in measures]
    assert "责任编辑：综合科" not in texts
    sorting = next(m for m in measures if "分类投放点" in m.text)
    assert sorting.heading_path[-2:] == ("2024年工作安排", "推进垃圾分类。")
    assert (sorting.city, sorting.year, sorting.status, sorting.category) == (
        "临湖县",
        2024,
        "planned",
        "sanitation",
    )
    assert "环卫中心" in sorting.agencies
    assert [(t.value, t.unit, t.comparator) for t in sorting.targets] == [(40, "个", "="), (60, "%", ">=")]
    done = next(m for m in measures if "清运生活垃圾" in m.text)
    assert done.status == "completed"
    assert done.strength is None


def test_codes_do_not_depend_on_what_is_coded_beside_them() -> None:
    one, other = plan(), plan(before="序。\n")
    alone = [m for _, ms in measures_of([one]) for m in ms]
    together = {p.start: ms for p, ms in measures_of([other, one, other])}
    assert [(m.text, m.status, m.category, m.probability) for m in alone] == [
        (m.text, m.status, m.category, m.probability) for m in together[0]
    ]


def test_spacy_gives_the_same_records_and_survives_a_docbin() -> None:
    nlp = planmine.load()
    whole = plan(before="前一篇。\n")
    doc = nlp(planmine.plan_doc(nlp, whole))
    [(_, measures)] = measures_of([whole])
    assert [span._.measure for span in doc.spans["measures"]] == [
        {**m.row(), "targets": m.row()["targets"]} for m in measures
    ]
    for span, measure in zip(doc.spans["measures"], measures, strict=True):
        assert span.text == measure.text
        assert span.label_ == measure.category
    stored = DocBin(docs=[doc], store_user_data=True).to_bytes()
    [back] = DocBin().from_bytes(stored).get_docs(nlp.vocab)
    assert [s._.measure for s in back.spans["measures"]] == [s._.measure for s in doc.spans["measures"]]


def test_spacy_streams_plain_texts() -> None:
    nlp = planmine.load()
    docs = list(nlp.pipe(iter([TEXT, "", "加强巡查。"])))
    assert [len(d.spans["measures"]) > 0 for d in docs] == [True, False, True]
    assert spacy.registry.misc.get("planmine.segment.v1")
    assert docs[2].spans["measures"][0]._.measure["text"] == "加强巡查。"


def test_units_keep_headings() -> None:
    kinds = [unit.kind for unit in units_of(plan())]
    assert kinds.count("heading") == 6
