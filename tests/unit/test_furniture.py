"""What on a page is no part of the plan, and what only looks so."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planmine.corpus.furniture import REASONS, find_exclusions, running_heads

HEAD = (
    "云溪市城市管理局2021年工作计划\n一、环境卫生\n"
    + "新建公厕十二座，改造转运站三座，年底前全部投入使用。\n" * 12
)
TAIL = "二、园林绿化\n补植行道树三千株，新增绿地二十万平方米。\n"


def excluded(text: str, start: int = 0, end: int | None = None) -> list[tuple[str, str]]:
    return [(x.reason, text[x.start : x.end]) for x in find_exclusions(text, start, end)]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("打印 关闭 分享到", "navigation"),
        ("【字号：大 中 小】 【打印】", "byline"),
        ("上一篇：关于做好环卫工作的通知", "navigation"),
        ("下一篇：没有了", "navigation"),
        ("首页 > 政务公开 > 计划总结", "navigation"),
        ("您现在的位置：首页 > 工作动态", "navigation"),
        ("[返回列表](javascript:history.back())", "navigation"),
        ("https://www.example.org/plan/2021.html", "navigation"),
        ("来源：云溪日报  作者：张某  发布时间：2021-02-01", "byline"),
        ("2021-02-01 10:20 来源：云溪日报", "byline"),
        ("责任编辑：李某", "byline"),
        ("浏览次数：233 次", "byline"),
        ("索引号：0001 主题分类：城乡建设 发文机关：市城管局", "byline"),
        ("| 索引号 | 0001/2021 | 主题分类 | 城乡建设 |", "byline"),
        ("（此件公开发布）", "byline"),
        ("版权所有：云溪市城市管理局 网站标识码0000000000", "copyright"),
        ("某ICP备00000000号-1", "copyright"),
        ("附件：2021年工作要点.docx", "download"),
        ("点击下载Word文档", "download"),
        ("- 3 -", "page_number"),
        ("— 12 —", "page_number"),
        ("第3页 共10页", "page_number"),
        ("第 3 页", "page_number"),
        ("Page 3 of 10", "page_number"),
        ("一、环境卫生……………………………3", "contents"),
        ("<!-- 图为会场 -->", "markup"),
        ("会场![图](a.png)全景", "markup"),
    ],
)
def test_lines_of_furniture(line: str, reason: str) -> None:
    text = HEAD + line + "\n" + TAIL
    assert {r for r, _ in excluded(text)} == {reason}
    assert "".join(words for _, words in excluded(text)) in line


@pytest.mark.parametrize(
    "line",
    [
        "推广“掌上城管”应用，全年下载量达到20万次。",
        "打印宣传资料三万份，张贴公告五百处",
        "关闭非法采砂场12家。",
        "规范分享单车停放",
        "资金来源：市级财政",
        "牵头单位：市城管局；配合单位：各区",
        "主办：市城管局",
        "1.推进环卫一体化工作计划",
        "公开栏每月更新一次",
        "首页宣传栏更换内容。",
        "2021年",
        "12个",
        "注意：各单位按时上报",
        "附件",
        "名词解释工作由办公室负责。",
        "各位代表：",
        "相关工作要求",
        "3.1 道路清扫",
        "新改建（2）型水库一座。",
    ],
)
def test_measures_that_look_like_furniture_stay(line: str) -> None:
    assert excluded(HEAD + line + "\n" + TAIL) == []


def test_a_list_of_related_pages_ends_where_the_plan_goes_on() -> None:
    related = "相关报道：\n2020年环卫工作总结\n市容整治实施方案 2021-03-02\n关于开展春季行动的通知\n"
    assert excluded(HEAD + related + TAIL) == [("related", line) for line in related.splitlines()]


def test_a_list_of_files_goes_with_its_heading() -> None:
    text = HEAD + TAIL + "附件：\n\n- 任务分解表.xls\n- 2021年工作要点.pdf\n"
    assert [words for _, words in excluded(text)] == ["附件：", "- 任务分解表.xls", "- 2021年工作要点.pdf"]
    assert excluded(HEAD + "附件：\n" + TAIL) == []


# ---- page numbers ----


def test_a_bare_page_number_in_mid_sentence() -> None:
    wrapped = [
        "全面推进背街小巷整治工作，更换破损井盖，修复破损路面",
        "疏通雨水管网，完善照明设施，力争年底前让群众出行条件",
    ]
    text = "\n".join([*wrapped, "7", "得到明显改善，群众满意度达到九成以上，投诉量明显下降", "。"])
    assert excluded(text) == [("page_number", "7")]


def test_bare_page_numbers_in_series() -> None:
    page = "新建公厕十二座，改造转运站三座，年底前全部投入使用。\n" * 8
    assert excluded(f"{page}1\n{page}2\n{page}3\n") == [("page_number", n) for n in "123"]


@pytest.mark.parametrize(
    "lines",
    [
        [
            "全面推进背街小巷整治工作，今年计划更换沿线的破损井盖",
            "200",
            "套，修复破损路面四十条，完善照明设施，让群众满意",
        ],
        ["项目", "12", "34", "56"],
        ["公厕（座）", "3", "转运站（座）", "2"],
        ["一、环境卫生", "1", "新建公厕。"],
    ],
)
def test_numbers_that_are_no_page_numbers(lines: list[str]) -> None:
    assert excluded("\n".join(lines)) == []


def test_heads_and_feet_that_pages_repeat() -> None:
    pages = [f"云溪市城管局文件\n第{n}段的正文，内容各不相同{'某' * n}。\n第{n}页" for n in range(1, 6)]
    text = "\n".join(pages)
    words = [text[x.start : x.end] for x in running_heads(pages)]
    assert words == ["第1页", *(w for n in range(2, 6) for w in ("云溪市城管局文件", f"第{n}页"))]
    assert running_heads(pages[:2]) == ()


# ---- glossaries ----

ENTRIES = "1.“两扫”：指机械清扫和人工清扫。\n2.“三包”：指包卫生、包绿化、包秩序。\n3.日产日清：当天的垃圾当天清运。\n"


@pytest.mark.parametrize(
    "heading",
    [
        "名词解释",
        "**名词解释**",
        "【名词解释】",
        "名词注释：",
        "附件2：名词解释",
        "附：部分名词解释",
        "《工作报告》有关用语说明",
        "名词解释（按出现先后排序）",
        "注 释",
        "附注：",
        "## 术语解读",
    ],
)
def test_a_glossary_reaches_to_the_end(heading: str) -> None:
    text = HEAD + TAIL + heading + "\n\n" + ENTRIES
    assert excluded(text) == [("glossary", (heading + "\n\n" + ENTRIES).strip())]


@pytest.mark.parametrize(
    "after",
    [
        "附件2\n2021年民生实事\n1.新建公厕12座。\n",
        "2021年市政府为民办10件实事\n1.新建公厕\n主要内容：新建公厕12座。\n",
        "三、保障措施\n成立领导小组。\n",
        "第三部分 保障措施\n成立领导小组。\n",
    ],
)
def test_a_glossary_ends_at_the_next_attachment_or_main_heading(after: str) -> None:
    text = HEAD + TAIL + "名词解释\n" + ENTRIES + after
    assert excluded(text) == [("glossary", "名词解释\n" + ENTRIES.strip())]


def test_a_glossary_in_the_order_of_the_chapters_is_one() -> None:
    glossary = "名词解释\n一、回顾\n" + ENTRIES + "二、工作安排\n4.“四清”：指清车、清路、清河、清墙。\n"
    assert excluded(HEAD + TAIL + glossary) == [("glossary", glossary.strip())]


def test_a_list_of_attachments_on_top_does_not_hide_the_plan() -> None:
    text = "附件：1.名词解释\n2.任务分解表\n" + HEAD + TAIL
    assert not [x for x in excluded(text) if "公厕" in x[1]]


def test_definitions_at_the_end_need_no_heading() -> None:
    entries = ENTRIES + "4.“四清”：指清车、清路、清河、清墙。\n"
    assert excluded(HEAD + TAIL + entries.replace("当天的", "指当天的")) == [
        ("glossary", entries.replace("当天的", "指当天的").strip())
    ]
    tasks = "1.牵头单位：市城管局。\n2.配合单位：各区。\n3.完成时间：年底。\n4.责任人：张某。\n"
    assert excluded(HEAD + TAIL + tasks) == []


# ---- footnotes ----


@pytest.mark.parametrize(
    "mark",
    [
        "[1]",
        "［1］",
        "〔12〕",
        "【3】",
        "﹝ 4 ﹞",
        "[[1]](#_ftn1)",
        "[^2]",
        "<sup>3</sup>",
        "（见注3）",
        "①",
        "¹",
    ],
)
def test_marks_of_footnotes_in_a_sentence(mark: str) -> None:
    text = HEAD + f"深入实施“两扫一洒”{mark}，提高道路清洁水平。\n" + TAIL
    found = excluded(text)
    assert [words.strip() for _, words in found] == [mark]


@pytest.mark.parametrize(
    "sentence",
    [
        "重点做好：①清扫道路；②清运垃圾；③疏通管网。",
        "一是清扫①号路；",
        "按照市府办〔2021〕12号文件要求执行。",
        "（1）清扫道路。（2）清运垃圾。（3）疏通管网。（4）补植树木。（5）更换井盖。（6）修复路面。",
        "包括（1）清扫道路（2）清运垃圾（3）疏通管网（4）补植树木（5）更换井盖（6）修复路面。",
        "新增绿地20km²，停车位300个。",
        "除险加固小（1）型水库、小（2）型水库五座。",
    ],
)
def test_enumerators_and_numbers_of_documents_are_no_marks(sentence: str) -> None:
    assert excluded(HEAD + sentence + "\n" + TAIL) == []


def test_round_marks_need_a_series_that_counts_upward() -> None:
    sentence = "".join(f"推进“行动{c}”（{n}），" for n, c in enumerate("甲乙丙丁戊己", 1))
    assert [words for _, words in excluded(HEAD + sentence + "年底完成。\n" + TAIL)] == [
        f"（{n}）" for n in range(1, 7)
    ]


def test_notes_below_the_plan() -> None:
    text = (
        HEAD
        + "实施“两扫一洒”[1]和“三包”[2]。\n"
        + "[1]两扫一洒，机扫、人扫和洒水。\n[2]三包，门前三包。\n注：数据截至年底\n"
    )
    assert [reason for reason, _ in excluded(text)] == ["footnote_mark"] * 2 + ["footnote"] * 3


def test_markdown_notes() -> None:
    text = HEAD + "实施“两扫一洒”[^1]。\n" + TAIL + "[^1]: 机扫、人扫和洒水。\n"
    assert [reason for reason, _ in excluded(text)] == ["footnote_mark", "footnote"]


# ---- properties ----

PIECES = st.sampled_from(
    [
        HEAD,
        TAIL,
        ENTRIES,
        "名词解释\n",
        "附件1\n",
        "打印 关闭\n",
        "7\n",
        "- 8 -\n",
        "“甲”[1]，",
        "<!-- x",
        "-->",
        "\r\n",
        "来源：某报\n",
        "①",
    ]
)


@given(st.lists(st.one_of(PIECES, st.text(max_size=20)), max_size=10).map("".join), st.data())
def test_exclusions_are_disjoint_in_order_and_within_the_span(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    position = start
    for exclusion in find_exclusions(text, start, end):
        assert position <= exclusion.start < exclusion.end <= end
        assert exclusion.reason in REASONS
        position = exclusion.end
    assert find_exclusions(text, start, end) == tuple(
        type(x)(start=x.start + start, end=x.end + start, reason=x.reason)
        for x in find_exclusions(text[start:end])
    )
