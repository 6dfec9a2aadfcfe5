"""Whose plan it is, for which year, by whom, of what type; and what must stay unknown."""

from __future__ import annotations

import time
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planmine.corpus.metadata import Metadata, describe

BODY = "一、主要任务\n1.清扫主干道，做到每日两次。\n2.修补人行道板破损处。\n"


def read(
    text: str,
    file: str = "x.txt",
    *,
    front: Mapping[str, str] | None = None,
    manifest: Mapping[str, str] | None = None,
    title: str | None = None,
) -> Metadata:
    return describe(
        text, start=0, end=len(text), file=file, front_matter=front or {}, manifest=manifest, title=title
    )


def report(place: str, day: str, *sections: str) -> str:
    """A government's report in the usual form."""
    return f"政府工作报告\n\n——{day}在{place}第九届人民代表大会第二次会议上\n\n各位代表：\n\n" + "\n\n".join(
        sections
    )


# --- place


def test_a_title_names_county_prefecture_and_province() -> None:
    known = read("湖南省绥宁县2019年城市管理工作计划\n" + BODY)
    assert (known.city, known.city_code, known.province, known.level) == (
        "绥宁县",
        "430527",
        "湖南省",
        "county",
    )
    assert known.warnings == ()


@pytest.mark.parametrize(
    ("title", "city", "code", "level"),
    [
        ("深圳市2018年城管工作要点", "深圳市", "440300", "city"),
        ("上海市2018年市容工作要点", "上海市", "310000", "province"),
        ("深圳市南山区2018年城管工作要点", "南山区", "440305", "county"),
        ("上海市浦东新区2018年市容工作要点", "浦东新区", "310115", "county"),
        ("凉山州2018年环卫工作要点", "凉山彝族自治州", "513400", "city"),
        ("保定2018年环卫工作要点", "保定市", "130600", "city"),
        ("莱芜市2008年环卫工作要点", "莱芜市", "371200", "city"),
        ("关于印发成都市武侯区2020年工作要点的通知", "武侯区", "510107", "county"),
    ],
)
def test_kinds_of_places_in_titles(title: str, city: str, code: str, level: str) -> None:
    known = read(f"{title}\n{BODY}")
    assert (known.city, known.city_code, known.level) == (city, code, level)


def test_the_manifest_outranks_all_and_disagreement_is_said() -> None:
    known = read(
        "朝阳市环卫处工作计划\n" + BODY, "沈阳市/x.txt", front={"city": "大连市"}, manifest={"city": "深圳"}
    )
    assert known.city_code == "440300"
    assert known.warnings == (
        "manifest names 深圳市, folder names 沈阳市",
        "manifest names 深圳市, title names 朝阳市",
        "manifest names 深圳市, front matter names 大连市",
    )


def test_a_code_in_the_manifest_decides_and_an_unknown_one_is_said() -> None:
    assert read(BODY, manifest={"city": "朝阳区", "city_code": "220104"}).province == "吉林省"
    unknown = read(BODY, manifest={"city": "绥宁县", "city_code": "999999"})
    assert unknown.city_code == "430527"
    assert unknown.warnings == ("manifest: no code 999999 in the table of 2025-12-31",)


def test_a_title_that_disagrees_with_its_folder_is_flagged() -> None:
    text = report("池州市", "2016年1月6日", "一、2015年工作回顾", "二、2016年工作安排")
    known = read(text, "沧州市/2016.md", front={"title": "池州市政府工作报告（2016年1月6日）"})
    assert (known.city, known.city_code, known.year_to) == ("池州市", "341700", 2016)
    assert known.warnings == ("title names 池州市, folder names 沧州市",)


def test_a_city_of_the_same_name_as_its_prefecture_is_not_taken_for_it() -> None:
    known = read(report("文山市", "2025年1月22日"), "文山壮族苗族自治州/2025.md")
    assert known.city_code == "532601"
    assert known.warnings == ("title names 文山市, folder names 文山壮族苗族自治州",)


def test_a_district_in_the_folder_of_its_city_agrees() -> None:
    assert read("武侯区2020年工作要点\n" + BODY, "成都市/武侯区/1.txt").warnings == ()


def test_the_session_outranks_a_title_of_the_web_page() -> None:
    known = read(report("大理白族自治州", "2014年2月18日"), front={"title": "大理市政府工作报告"})
    assert known.city == "大理白族自治州"
    assert known.warnings == ("opening names 大理白族自治州, title names 大理市",)


def test_the_signature_names_the_city_but_not_an_addressee() -> None:
    text = (
        "工作总结\n深圳市城市管理局：\n"
        + BODY
        + "\n绥宁县环卫处\n二〇二〇年十一月二十日\n抄送：长沙市城管局\n"
    )
    known = read(text)
    assert (known.city, known.agency, known.published) == ("绥宁县", "绥宁县环卫处", "2020-11-20")


@pytest.mark.parametrize(
    ("front", "file", "city"),
    [
        ({"source": "https://www.chengdu.gov.cn/a.html"}, "1.md", "成都市"),
        ({}, "https://cgj.qingdao.gov.cn/2020/1.html", "青岛市"),
        ({}, "成都市_2020.md", "成都市"),
        ({}, "C:\\plans\\成都\\2020.md", "成都市"),
        ({}, "公安/资源.md", None),  # counties, but far more often a police and a resource folder
    ],
)
def test_address_file_and_folder_where_the_text_says_nothing(
    front: dict[str, str], file: str, city: str | None
) -> None:
    assert read("工作计划\n" + BODY, file, front=front).city == city


def test_the_body_decides_where_nothing_else_does() -> None:
    text = "工作计划\n一、打造一条示范街\n绥宁县中心街示范街。\n二、完成县委县政府交办的工作。\n"
    assert read(text).city_code == "430527"


@pytest.mark.parametrize(
    "text",
    [
        "工作计划\n赴杭州市考察，学习上海市经验，与苏州市对接。全市抓好保洁。",
        "工作计划\n落实党中央、湖南省委要求，全市抓好保洁，借鉴新加坡做法。",
        "城管工作计划\n一、XX县抓好保洁，学习绥宁县城管局经验，XX县委高度重视。",
    ],
)
def test_other_cities_upper_levels_and_blanks_do_not_decide(text: str) -> None:
    known = read(text)
    assert (known.city, known.city_code) == (None, None)


def test_what_is_blanked_stays_unknown_whatever_the_folder_says() -> None:
    text = "2019年工作计划\n某区抓好保洁，X区环卫局牵头。\n"
    known = read(text, "深圳市/2019.txt")
    assert (known.city, known.city_code, known.province, known.level) == (None, None, None, "county")
    titled = read("湖南省XX市2019年工作计划\n长沙市、长沙市。\n", "长沙市/1.txt")
    assert (titled.city, titled.province, titled.level) == (None, "湖南省", None)


def test_an_ambiguous_name_keeps_all_candidates_until_the_plan_decides() -> None:
    title = "南山区2019年城市管理工作计划\n"
    open_case = read(title + BODY)
    assert (open_case.city, open_case.candidates) == (None, ("230404", "440305"))
    assert open_case.level == "county"
    assert read(title + BODY + "落实深圳市委部署。").city_code == "440305"
    assert read(title + BODY, "深圳市/1.txt").city_code == "440305"
    assert read(title + BODY, front={"city": "黑龙江省鹤岗市南山区"}).city_code == "230404"


def test_a_plan_of_a_province_has_no_city() -> None:
    known = read("湖南省住房和城乡建设厅2020年工作要点\n" + BODY)
    assert (known.city, known.province, known.level) == (None, "湖南省", "province")


@pytest.mark.parametrize(
    ("text", "city", "level"),
    [
        ("云汀市城市管理局2023年工作计划\n", "云汀市", "city"),
        ("中共禾洲县城管局委员会2023年党建要点\n", "禾洲县", "county"),
        ("秩序与烟火——桐垣市2023年工作安排\n", "桐垣市", "city"),
        ("中心城区2023年保洁工作计划\n", None, None),
        ("老旧小区改造工作计划\n", None, None),
        ("2023年度夜市管理工作计划\n", None, None),
        ("王明市长的工作报告\n", None, None),
        ("农贸市场整治工作计划\n", None, None),
    ],
)
def test_a_city_in_no_table_is_named_without_a_code(text: str, city: str | None, level: str | None) -> None:
    known = read(text + BODY)
    assert (known.city, known.city_code, known.level) == (city, None, level)
    assert known.warnings == ((f"title: no place {city} in the table of 2025-12-31",) if city else ())


# --- period


@pytest.mark.parametrize(
    ("title", "years"),
    [
        ("2019年工作计划", (2019, 2019)),
        ("二〇一九年工作计划", (2019, 2019)),
        ("２０１９年度工作计划", (2019, 2019)),
        ("2018年工作总结和2019年工作计划", (2019, 2019)),
        ("2021—2025年环卫规划", (2021, 2025)),
        ("三年行动计划(2019-2021)", (2019, 2021)),
        ("“十四五”城市管理规划", (2021, 2025)),
        ("“十五”城市管理规划", (2001, 2005)),
        ("2019年8月工作计划", (2019, 2019)),
        ("人民政府工作报告（2022）", (2022, 2022)),
        ("工作计划", (None, None)),
        ("xxxx年工作计划", (None, None)),
    ],
)
def test_the_period_of_a_title(title: str, years: tuple[int | None, int | None]) -> None:
    known = read(f"{title}\n{BODY}")
    assert (known.year_from, known.year_to) == years


@pytest.mark.parametrize(
    ("day", "sections", "year"),
    [
        ("2019年1月17日", (), 2019),
        ("二〇一九年一月十七日", (), 2019),
        ("2021年12月29日", (), 2022),  # a session in December is about the next year
        ("2016年11月10日", ("一、2016年工作回顾", "二、2017年工作安排"), 2017),
        ("2016年11月25日", ("一、过去五年工作回顾", "二、今后五年工作建议"), 2016),
    ],
)
def test_a_report_to_the_congress_has_the_year_that_it_plans_for(
    day: str, sections: tuple[str, ...], year: int
) -> None:
    known = read(report("绥宁县", day, *sections))
    assert (known.year_from, known.year_to, known.agency) == (year, year, "绥宁县人民政府")


def test_the_order_of_trust_of_years() -> None:
    text = "2018年工作计划\n" + BODY
    assert read(text, "2017.md").year_to == 2018
    assert read(text, "2017.md").warnings == ("title names 2018, file name names 2017",)
    assert read(text, front={"year": "2016"}, manifest={"year": "2015"}).year_to == 2015
    assert read("工作计划\n" + BODY, "绥宁县/2021-08.md").year_to == 2021
    assert read("工作计划\n2020年要抓好保洁。", "x.md").year_to == 2020


@pytest.mark.parametrize(
    "text", ["今年以来，新冠疫情防控有力。", "到2025年，公厕达到标准。", "xxxx年，2020年要抓好保洁。"]
)
def test_vague_years_stay_unknown(text: str) -> None:
    assert read("工作计划\n" + text).year_to is None


# --- agency, type, day


@pytest.mark.parametrize(
    ("text", "agency"),
    [
        ("绥宁县城市管理和综合执法局2019年工作计划\n", "绥宁县城市管理和综合执法局"),
        ("X区市容环境卫生管理局2021年工作要点\n", "X区市容环境卫生管理局"),
        ("关于印发《2020年绥宁县环卫处工作要点》的通知\n", "绥宁县环卫处"),
        ("工作计划\n2021年，环卫局要以保洁为重点。\n", "环卫局"),
        ("工作计划\n各街道办事处：\n", None),
    ],
)
def test_the_agency(text: str, agency: str | None) -> None:
    assert read(text + BODY).agency == agency


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("2019年工作计划\n" + BODY, "plan"),
        ("2018年工作总结\n一、工作成效\n清扫道路三百次。", "summary"),
        ("2018年工作总结和2019年工作计划\n" + BODY, "mixed"),
        ("市容工作计划 篇三\n一、上半年工作情况和成效\n" + "累计清扫道路三百次，面貌一新。" * 9, "summary"),
        ("工作计划\n一、存在的问题\n小区脏乱。", "plan"),
        (report("绥宁县", "2019年1月17日"), "mixed"),
        ("论工作计划\n首先，计划能够指明方向。其次，计划可以凝聚人心，至关重要。本文加以说明。", "essay"),
        ("一些文字\n没有线索。", None),
    ],
)
def test_the_type(text: str, kind: str | None) -> None:
    assert read(text).doc_type == kind


def test_stated_fields_win() -> None:
    known = read(
        "2019年工作计划\n" + BODY,
        front={"类型": "x", "doc_type": "summary", "单位": "环卫处", "发布日期": "2019-03-01", "标题": "甲"},
    )
    assert (known.doc_type, known.agency, known.published, known.title) == (
        "summary",
        "环卫处",
        "2019-03-01",
        "甲",
    )


# --- properties


def test_a_plan_in_an_anthology_is_read_by_itself() -> None:
    first, second = "市容工作计划 篇一\n绥宁县2019年工作安排\n", "市容工作计划 篇二\n成都市2020年工作安排\n"
    text = first + second
    at = {"file": "all.txt", "front_matter": {}, "manifest": None}
    one = describe(text, start=0, end=len(first), title="市容工作计划 篇一", **at)  # type: ignore[arg-type]
    two = describe(text, start=len(first), end=len(text), title="市容工作计划 篇二", **at)  # type: ignore[arg-type]
    assert (one.city, two.city) == ("绥宁县", "成都市")
    assert (one.title, two.title) == ("市容工作计划 篇一", "市容工作计划 篇二")


def test_front_matter_inside_the_span_is_no_opening() -> None:
    text = "---\ntitle: 2019年工作计划\n---\n\n绥宁县环卫处2019年工作计划\n" + BODY
    known = read(text)
    assert (known.title, known.city) == ("绥宁县环卫处2019年工作计划", "绥宁县")


@given(st.text(alphabet="深圳市南山区X某xx年2019工作计划总结，。：\n—（）局第届人民代表大会在", max_size=120))
def test_any_text_gives_the_same_answer_twice_and_no_half_a_place(text: str) -> None:
    known = read(text)
    assert known == read(text)
    assert known.city_code is None or (known.city is not None and len(known.city_code) == 6)
    assert (known.year_from is None) == (known.year_to is None)
    assert known.year_from is None or known.year_to is None or known.year_from <= known.year_to
    assert not (known.city and known.candidates)


def test_a_long_report_is_described_in_milliseconds() -> None:
    text = report("绥宁县", "2019年1月17日", *["全县抓好保洁，绥宁县城面貌一新，邵阳市支持。" * 10] * 90)
    assert len(text) > 20_000
    read(text)
    best = min(_timed(text) for _ in range(5))
    assert best < 0.05  # 0.5 ms here; the bound leaves room for slow machines


def _timed(text: str) -> float:
    start = time.perf_counter()
    read(text)
    return time.perf_counter() - start
