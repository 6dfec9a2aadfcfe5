"""Places: the table, what counts as a mention, and whose plan a text is."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planmine import gazetteer
from planmine.gazetteer import by_code, find, highest, lookup, named, of_host, place_pattern, principal


def names(text: str) -> list[tuple[str, list[str]]]:
    """(words of the mention, codes of its candidates)."""
    return [(text[start:end], [p.code for p in found]) for start, end, found in find(text)]


def words(text: str) -> list[str]:
    return [text[start:end] for start, end, _ in find(text)]


def test_the_table_is_complete_and_consistent() -> None:
    current = [p for p in gazetteer.places() if p.last is None]
    levels = Counter(p.level for p in current)
    assert levels["province"] == 34
    assert 330 <= levels["city"] <= 340
    assert 2800 <= levels["county"] <= 2900
    assert len({p.code for p in current}) == len(current)
    for place in gazetteer.places():
        assert re.fullmatch(r"\d{6}", place.code)
        assert (place.province is None) == (place.level == "province")
        assert place.short and place.pinyin.isalpha() and place.pinyin.isascii()
        assert place.city is None or place.level == "county"


def test_a_county_knows_what_stands_above_it() -> None:
    place = by_code("430527")
    assert place is not None
    assert (place.name, place.short, place.level) == ("绥宁县", "绥宁", "county")
    assert (place.city, place.province) == ("邵阳市", "湖南省")
    jiyuan, pudong = by_code("419001"), by_code("310115")
    assert jiyuan is not None and (jiyuan.city, jiyuan.province) == (None, "河南省")
    assert pudong is not None and (pudong.city, pudong.province) == (None, "上海市")
    assert by_code("999999") is None


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("凉山彝族自治州", "凉山"),
        ("伊犁哈萨克自治州", "伊犁"),
        ("克孜勒苏柯尔克孜自治州", "克孜勒苏"),
        ("海西蒙古族藏族自治州", "海西"),
        ("大兴安岭地区", "大兴安岭"),
        ("锡林郭勒盟", "锡林郭勒"),
        ("隆林各族自治县", "隆林"),
        ("鄂温克族自治旗", "鄂温克"),
        ("浦东新区", "浦东"),
        ("万柏林区", "万柏林"),
        ("管城回族区", "管城"),
        ("新疆维吾尔自治区", "新疆"),
        ("赵县", "赵县"),
    ],
)
def test_short_names(name: str, short: str) -> None:
    assert [p.short for p in lookup(name) if p.name == name] == [short]


def test_lookup_returns_all_that_a_name_may_mean_the_higher_first() -> None:
    assert [p.code for p in lookup("朝阳")] == ["211300", "110105", "211321", "220104"]
    assert [p.code for p in lookup("南山区")] == ["230404", "440305"]
    assert [p.name for p in lookup("凉山州")] == ["凉山彝族自治州"]
    assert lookup("没有这个地方") == ()


def test_names_that_have_gone_are_kept_with_their_date() -> None:
    (laiwu,) = lookup("莱芜市")
    assert (laiwu.code, laiwu.level, laiwu.last) == ("371200", "city", "2019-04")
    (xiangfan,) = lookup("襄樊市")
    now = by_code(xiangfan.code)
    assert now is not None and now.name == "襄阳市" and now.last is None
    assert [p.name for p in lookup("富阳")] == ["富阳区", "富阳市"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("推进绥宁县中心街整治", ["绥宁县"]),
        ("打造深圳质量", ["深圳"]),
        ("伊犁州人民政府", ["伊犁州"]),
        ("从辽宁朝阳来", ["辽宁", "朝阳"]),
        ("和平环卫所", ["和平"]),
        ("朝阳2019年工作计划", ["朝阳"]),
        ("理县人民政府", ["理县"]),
        ("阳泉市城区", ["阳泉市", "城区"]),
        # words, streets, schools, and names that arise across words
        ("朝阳产业", []),
        ("实现长治久安", []),
        ("清理县城垃圾", []),
        ("加强城区环卫工作", []),
        ("创新和城市管理", []),
        ("新增城市道路9项城市工程", []),
        ("深化合作市场准入", []),
        ("市和县城管部门", []),
        ("拓宽北京路和南京东路", []),
        ("联合上海大学", []),
        ("弘扬延安精神", []),
        ("云南山区", ["云南"]),
        ("辽宁振兴", ["辽宁"]),
        ("祁连山生态", []),
    ],
)
def test_what_counts_as_a_mention(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_the_place_before_decides_which_one_is_meant() -> None:
    assert names("北京市朝阳区") == [("北京市", ["110000"]), ("朝阳区", ["110105"])]
    assert names("朝阳区") == [("朝阳区", ["110105", "220104"])]
    assert names("广东省深圳市南山区")[-1] == ("南山区", ["440305"])


def test_a_free_short_name_means_the_highest_place_of_that_name() -> None:
    assert names("西安") == [("西安", ["610100"])]  # and not 西安区 of 牡丹江 or 辽源


@given(st.text(alphabet="北京市朝阳区和平县城管深圳南山绥宁理增新吉林长春，。 \n2019年", max_size=60))
def test_mentions_are_ordered_disjoint_and_words_of_the_text(text: str) -> None:
    last = 0
    for start, end, found in find(text):
        assert last <= start < end <= len(text)
        assert found
        word = text[start:end]
        assert all(word in (p.name, p.short) or word[:-1] == p.short for p in found)
        last = end


@given(st.sampled_from([p for p in gazetteer.places() if not p.generic]))
def test_every_full_name_that_stands_alone_is_found(place: gazetteer.Place) -> None:
    (mention,) = find(place.name)
    assert mention[:2] == (0, len(place.name))
    assert place in mention[2]


def test_the_pattern_masks_names_and_leaves_words() -> None:
    mask = place_pattern()
    assert mask.sub("某地", "深圳市和绥宁县、凉山州学习上海") == "某地和某地、某地学习某地"
    assert mask.sub("", "朝阳产业长治久安，清理县城，城区保洁") == "朝阳产业长治久安，清理县城，城区保洁"
    assert mask.sub("", "马鞍山市") == ""  # the longest name, not 鞍山


def test_a_title_is_of_its_first_city_at_its_most_exact() -> None:
    assert [p.code for p in named("四川省成都市武侯区2020年城管要点")] == ["510107"]
    assert [p.name for p in named("湖南省住房和城乡建设厅工作要点")] == ["湖南省"]
    assert [p.name for p in named("赴上海市考察：绥宁县城管局的报告")] == ["绥宁县"]
    assert named("年度工作计划") == ()


def test_a_text_is_about_the_city_that_it_names_most() -> None:
    own = "全市上下抓落实。建设美丽杭州，杭州市各区要抓好。西湖区、萧山区、余杭区各建一座。"
    other = "赴上海市考察，学习苏州市经验，与宁波市对接，广州等地的做法也可参考。"
    assert [p.name for p in principal(own + other)] == ["杭州市"]
    assert principal(other) == ()
    assert principal("深圳市做得好，广州市也做得好。") == ()


def test_between_a_city_and_its_county_decides_how_the_text_calls_itself() -> None:
    text = "按照邵阳市要求，绥宁县抓好保洁，绥宁县城面貌一新。"
    assert [p.name for p in principal(text + "县委、县政府高度重视，全县动员。")] == ["绥宁县"]
    assert [p.name for p in principal(text + "邵阳市的工作，市委、市政府高度重视，全市动员。")] == ["邵阳市"]
    # one mention must agree with how the text calls its place
    assert [p.name for p in principal("绥宁县中心街。完成县委交办的工作。")] == ["绥宁县"]
    assert principal("绥宁县中心街。完成市委交办的工作。") == ()


def test_the_text_decides_among_places_of_one_name() -> None:
    both = lookup("南山区")
    assert [p.code for p in principal("落实深圳市委部署", both)] == ["440305"]
    assert principal("落实市委部署", both) == ()
    assert principal("深圳市、黑龙江省", both) == ()


def test_hosts_of_government_sites() -> None:
    assert [p.name for p in of_host("https://cgj.chengdu.gov.cn/a/1.html")] == ["成都市"]
    assert [p.name for p in of_host("http://wuhou.chengdu.gov.cn/")] == ["武侯区"]
    assert [p.name for p in of_host("http://www.suzhou.gov.cn/")] == ["苏州市", "宿州市"]
    assert of_host("https://chengdu.example.com/") == ()
    assert of_host("chengdu.gov.cn") == ()  # no address


def test_the_highest_of_places_of_one_name() -> None:
    assert [p.name for p in highest(lookup("大理"))] == ["大理白族自治州"]
    assert [p.name for p in highest(lookup("富阳"))] == ["富阳区"]
    assert len(highest(lookup("朝阳区"))) == 2
