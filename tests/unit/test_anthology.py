"""One file, several plans: where each begins and ends."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planmine.corpus import SourceFile, read
from planmine.corpus.anthology import MIN_PART, split

BODY = "一、清扫主次干道，做到全天保洁。\n二、清运生活垃圾，做到日产日清。\n三、整治背街小巷，更换破损井盖二百套，年底前完工。\n"


def titles(text: str) -> list[str | None]:
    return [part.title for part in split(text)]


@pytest.mark.parametrize(
    "form",
    [
        "环卫工作计划 篇{}",
        "篇{}：环卫工作计划",
        "【篇{}】环卫工作计划",
        "环卫工作计划（篇{}）",
        "环卫工作计划篇{}",
        "第{}篇 环卫工作计划",
        "第{}篇：环卫工作总结",
        "第{}篇",
        "环卫工作计划范文{}",
        "范文{}",
        "**环卫工作计划 篇{}**",
        "## 篇{} 环卫工作计划",
        "　　环卫工作计划 篇{}",
    ],
)
@pytest.mark.parametrize("numbers", ["一二三", "123", ["九", "十", "十一"]])
def test_forms_of_a_series(form: str, numbers: str | list[str]) -> None:
    lines = [form.format(number) for number in numbers]
    text = "\n".join(f"{line}\n{BODY}" for line in lines)
    parts = split(text)
    assert [part.title for part in parts] == [line.strip("*# 　") for line in lines]
    for part, line in zip(parts, lines, strict=True):
        body = text[part.start : part.end]
        assert body.startswith(line.strip())
        assert body.endswith("年底前完工。")
        assert body.count("清扫主次干道") == 1


@pytest.mark.parametrize(
    "text",
    [
        f"环卫工作计划\n{BODY}",
        f"环卫工作计划 篇一\n{BODY}",  # one of a series is no series
        f"环卫工作计划 篇二\n{BODY}环卫工作计划 篇一\n{BODY}",  # not in order
        f"第一篇 总则\n第一章 目标\n{BODY}第二篇 任务\n第一章 环卫\n{BODY}",  # chapters of one plan
        f"第一篇 总则\n{BODY}第二篇 主要任务与重点工程\n{BODY}",
        f"写好城市管理大文章，谱写精彩篇章。\n{BODY}做好创新篇、服务篇一并推进。\n{BODY}",
        f"环卫工作计划 篇一\n环卫工作计划 篇二\n环卫工作计划 篇三\n{BODY}",  # a list of contents
    ],
)
def test_what_is_one_plan_stays_whole(text: str) -> None:
    parts = split(text)
    assert [(p.start, p.end, p.title) for p in parts] == [(0, len(text.rstrip()), None)]


def test_a_preface_and_a_list_of_contents_belong_to_no_part() -> None:
    contents = "本页收集三份计划。\n" + "".join(f"环卫工作计划 篇{n}\n" for n in "一二三")
    text = contents + "".join(f"环卫工作计划 篇{n}\n{BODY}" for n in "一二三")
    parts = split(text)
    assert [part.title for part in parts] == ["环卫工作计划 篇一", "环卫工作计划 篇二", "环卫工作计划 篇三"]
    # The last entry of the contents has no body of its own, so the parts begin below the contents.
    assert parts[0].start == len(contents)


def test_windows_newlines_and_a_given_span() -> None:
    text = "---\r\ntitle: 篇一\r\n---\r\n" + "".join(
        f"计划 篇{n}\r\n" + BODY.replace("\n", "\r\n") for n in "12"
    )
    start = text.index("计划 篇1")
    assert [part.title for part in split(text, start)] == ["计划 篇1", "计划 篇2"]
    assert split(text, start)[0].start == start


def test_plans_of_an_anthology_keep_offsets_of_the_file(tmp_path: Path) -> None:
    text = "两份计划如下\n" + "".join(f"云溪市环卫工作计划 篇{n}\n{BODY}\n" for n in "一二")
    (tmp_path / "two.txt").write_text(text, encoding="utf-8")
    plans, failures = read(SourceFile(tmp_path / "two.txt", "two.txt"))
    assert failures == []
    assert [plan.title for plan in plans] == ["云溪市环卫工作计划 篇一", "云溪市环卫工作计划 篇二"]
    assert all(plan.text == text and plan.text[plan.start : plan.end] == plan.body for plan in plans)
    assert len({plan.plan_id for plan in plans}) == 2
    assert len({plan.sha256 for plan in plans}) == 1
    assert "6 characters before the first of 2 plans belong to none" in plans[0].warnings


@given(
    st.lists(
        st.sampled_from(["计划 篇一", "计划 篇二", "篇三", "第二篇", "范文1", BODY, "", " "]), max_size=12
    )
)
def test_parts_are_disjoint_ordered_and_trimmed(lines: list[str]) -> None:
    text = "\n".join(lines)
    parts = split(text)
    assert bool(parts) == bool(text.strip())
    end = 0
    for part in parts:
        assert end <= part.start < part.end <= len(text)
        body = text[part.start : part.end]
        assert body == body.strip()
        if part.title:
            assert body.startswith(part.title) and len(body) >= MIN_PART
        end = part.end
