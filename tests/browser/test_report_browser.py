"""The report in headless Chromium, opened from disk as a reader opens it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from runpy import run_path
from types import SimpleNamespace
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, expect, sync_playwright

from planmine.report import write_report

world = run_path(str(Path(__file__).parents[1] / "report_world.py"))["world"]
LISTED = "[...document.querySelectorAll('#evidence li[data-measure]')].map((item) => item.dataset.measure)"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium")
    if path is None:
        pytest.fail("the browser tests need Chromium; on Debian: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    arguments = world()
    return SimpleNamespace(index=write_report(tmp_path_factory.mktemp("report"), **arguments), **arguments)


@pytest.fixture
def visit(browser: Browser, report: SimpleNamespace) -> Iterator[Any]:
    """Opens the report; after the test no error was logged and nothing but the page was asked for."""
    contexts, errors, requests = [], [], []

    def go(query: str = "", *, width: int = 1280, height: int = 900, scheme: Any = "light") -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(report.index.as_uri() + query)
        page.wait_for_selector("html[data-ready=yes]")
        return page

    yield go
    for context in contexts:
        context.close()
    assert not errors
    assert {url.split("?")[0].split("#")[0] for url in requests if not url.startswith("data:")} <= {
        report.index.as_uri()
    }


def measures_of(report: SimpleNamespace, **wanted: Any) -> set[str]:
    """Ids of the compared measures with these values; None is null."""
    table = report.tables["measures"]
    table = table[table["status"] != "context"]
    for name, value in wanted.items():
        table = table[table[name].isna() if value is None else table[name].eq(value).fillna(False)]
    return set(table["measure_id"])


def open_evidence(page: Page, address: str) -> list[str]:
    """Go to a view and give the ids of the measures it lists, all pages of them."""
    page.evaluate("(hash) => { location.hash = hash; }", address)
    page.wait_for_function("document.getElementById('evidence').open")
    page.wait_for_timeout(30)
    while page.locator("#evidence .more:visible").count():
        page.locator("#evidence .more").click()
    return page.evaluate(LISTED)


def test_a_click_on_a_coverage_cell_lists_exactly_its_measures(visit: Any, report: SimpleNamespace) -> None:
    page = visit()
    row = page.locator(".coverage tr", has_text="甲原市").first
    column = list(report.codebook.categories).index("sanitation")
    row.locator(".cell a").nth(column).click()
    expect(page.locator("#evidence-title")).to_have_text("甲原市 · 2023 · 环境卫生")
    listed = page.evaluate(LISTED)
    expected = measures_of(report, city="甲原市", year=2023, category="sanitation")
    assert len(listed) == len(set(listed)) and set(listed) == expected != set()
    first = page.locator("#evidence li").first
    start = listed[0].split(":")[1]
    text = report.tables["measures"].set_index("measure_id").loc[listed[0], "text"]
    expect(first.locator(".said")).to_have_text(text)
    expect(first).to_contain_text(f"plans/甲原市-2023.txt · 字符 {start}–{int(start) + len(text)}")
    expect(first).to_contain_text("一、重点任务")


def test_every_cell_of_the_page_lists_its_measures(visit: Any, report: SimpleNamespace) -> None:
    page = visit()
    cells = page.eval_on_selector_all(
        ".coverage .cell a", "links => links.map((a) => [a.getAttribute('href'), a.innerText])"
    )
    assert len(cells) == len(report.comparison.coverage)
    total = 0
    for address, shown in cells:
        count = int(shown.split()[-1])
        assert len(open_evidence(page, address)) == count, address
        total += count
    assert total == report.comparison.coverage["measures"].sum()


def test_two_places_of_one_name_and_a_plan_without_year(visit: Any, report: SimpleNamespace) -> None:
    page = visit()
    assert set(open_evidence(page, "#/measures?city=同名区 (110101)")) == measures_of(
        report, city_code="110101"
    )
    assert set(open_evidence(page, "#/measures?city=𠮷田市&year=")) == measures_of(
        report, city="𠮷田市", year=None
    )
    assert set(open_evidence(page, "#/measures?city=")) == measures_of(report, city=None)


def test_a_lacking_category_says_so_and_leads_to_other_cities(visit: Any, report: SimpleNamespace) -> None:
    page = visit("?lang=en")
    address = "#/measures?city=甲川市&year=2023&category=greening"
    assert open_evidence(page, address) == []
    expect(page.locator("#evidence-body")).to_contain_text("0 of the 24 measures")
    expect(page.locator("#evidence-body")).to_contain_text("甲川市2023年工作计划")
    page.locator("#evidence a", has_text="Measures of other cities").click()
    expect(page.locator("#evidence-title")).to_have_text("Parks and greening")
    assert set(page.evaluate(LISTED)) == measures_of(report, category="greening") - measures_of(
        report, city=None
    )


def test_every_number_of_the_overview_leads_to_as_many_measures(visit: Any) -> None:
    page = visit("?lang=en")
    links = page.eval_on_selector_all(
        "#overview a[href^='#/measures'].number, #overview a[href^='#/matches']",
        "links => links.filter((a) => a.offsetParent).map((a) => [a.getAttribute('href'), a.innerText])",
    )
    assert len(links) > 10
    for address, number in links:
        open_evidence(page, address)
        entries = page.locator("#evidence ol.evidence > li").count()
        assert entries == int(number.replace(",", "")), address


def test_a_click_on_a_pair_shows_its_matches_side_by_side(visit: Any, report: SimpleNamespace) -> None:
    page = visit()
    page.locator(".matrix a[aria-label*='甲川市 – 甲湖市']").click()
    expect(page.locator("#evidence-title")).to_have_text("甲川市 – 甲湖市 · 全部类别")
    matches = report.comparison.matches
    own = matches[(matches["city_a"] == "甲川市") & (matches["city_b"] == "甲湖市")]
    assert page.locator("#evidence li[data-relation]").count() == len(own) > 0
    text = report.tables["measures"].set_index("measure_id")["text"]
    shown = {
        tuple(item.locator(".said").all_text_contents())
        for item in page.locator("#evidence li[data-relation]").all()
    }
    assert shown == {(text[a], text[b]) for a, b in zip(own["measure_a"], own["measure_b"], strict=True)}
    assert page.locator("#evidence li[data-relation=same_text]").count() == 1
    left, right = (page.locator("#evidence .sides > div").nth(k).bounding_box() for k in (2, 3))
    assert left and right and left["x"] < right["x"] and left["y"] == right["y"]
    facts = page.locator("#evidence .facts").inner_text()
    pair = report.comparison.similarity.query(
        "city_a == '甲川市' and city_b == '甲湖市' and category == 'all'"
    ).iloc[0]
    assert f"{pair['similarity']:.2f}" in facts
    assert re.search(rf"\({len(set(own['measure_a']))} / {pair['measures_a']}\)", facts)


def test_a_pair_reads_the_same_from_its_other_city(visit: Any) -> None:
    page = visit()
    sides = []
    for a, b in (("甲川市", "甲湖市"), ("甲湖市", "甲川市")):
        open_evidence(page, f"#/pair?a={a}&b={b}&category=sanitation")
        items = page.locator("#evidence li[data-relation]").all()
        sides.append([item.locator(".said").all_text_contents() for item in items])
    assert sides[0] == [pair[::-1] for pair in sides[1]] != []


def test_the_matrix_follows_the_category(visit: Any, report: SimpleNamespace) -> None:
    page = visit()
    page.locator("#similarity-category").select_option("traffic")
    similarity = report.comparison.similarity
    known = similarity[(similarity["category"] == "traffic") & similarity["similarity"].notna()]
    assert page.locator(".matrix .cell").count() == 2 * len(known)
    assert page.locator("#similarity-pairs tbody tr").count() == min(20, (known["similarity"] > 0).sum())
    page.locator("#similarity-pairs a").first.click()
    expect(page.locator("#evidence-title")).to_contain_text("交通管理")


def test_the_language_switches_and_is_not_remembered(visit: Any) -> None:
    page = visit()
    expect(page.locator("h1")).to_have_text(re.compile("比较报告"), use_inner_text=True)
    page.get_by_role("button", name="English").click()
    assert page.evaluate("[document.documentElement.lang, document.documentElement.dataset.lang]") == [
        "en",
        "en",
    ]
    assert "side by side" in page.locator("h1").inner_text()
    expect(page.locator(".coverage thead")).to_contain_text("Sanitation")
    assert not re.search("[一-鿿]", page.locator("#methods .prose").first.inner_text())
    page.reload()
    page.wait_for_selector("html[data-ready=yes]")
    assert page.evaluate("document.documentElement.dataset.lang") == "zh"
    assert page.evaluate("localStorage.length + sessionStorage.length + document.cookie.length") == 0
    assert visit("?lang=en").evaluate("document.documentElement.dataset.lang") == "en"


def test_the_keyboard_reaches_and_opens_cells(visit: Any) -> None:
    page = visit()
    assert page.locator(".coverage a[tabindex='0']").count() == 1
    page.locator(".coverage a[tabindex='0']").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    address = page.evaluate("document.activeElement.getAttribute('href')")
    assert page.evaluate(
        "document.activeElement === document.querySelectorAll('.coverage tbody tr')[1].querySelectorAll('.cell a')[1]"
    )
    expect(page.locator("#tip")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("#evidence")).to_be_visible()
    assert page.evaluate("location.hash") == address
    page.keyboard.press("Escape")
    expect(page.locator("#evidence")).to_be_hidden()
    assert page.evaluate("document.activeElement.getAttribute('href')") == address


def test_a_link_to_a_section_arrives_there(visit: Any) -> None:
    page = visit("#methods")
    top = page.locator("#methods").evaluate("(section) => section.getBoundingClientRect().top")
    assert 0 <= top < 300


def test_back_closes_the_drawer(visit: Any) -> None:
    page = visit()
    page.locator(".matrix .cell a").first.click()
    expect(page.locator("#evidence")).to_be_visible()
    page.locator("#evidence .facts a").first.click()
    expect(page.locator("#evidence li[data-measure]").first).to_be_visible()
    page.go_back()
    expect(page.locator("#evidence li[data-relation]").first).to_be_visible()
    page.go_back()
    expect(page.locator("#evidence")).to_be_hidden()


def test_a_hostile_plan_is_inert(visit: Any) -> None:
    page = visit()
    open_evidence(page, "#/measures?city=少言市")
    expect(page.locator("#evidence-body")).to_contain_text("<script>window.hacked=1</script>")
    expect(page.locator("#plans")).to_contain_text("</script><img src=x onerror")
    assert page.evaluate("[typeof window.hacked, document.images.length]") == ["undefined", 0]
    assert page.locator("a[href^='javascript']").count() == 0


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_phone_scrolls_down_only(visit: Any, lang: str) -> None:
    page = visit(f"?lang={lang}", width=390, height=844)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.locator(".matrix .cell a").first.click()
    drawer = page.locator("#evidence")
    assert drawer.evaluate("(box) => box.scrollWidth <= box.clientWidth && box.clientWidth === 390")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_fault(visit: Any, scheme: str) -> None:
    page = visit("", scheme=scheme)
    light = page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert light == (scheme == "light")
    for address in (
        "",
        "#/measures?city=甲原市",
        "#/pair?a=甲川市&b=甲湖市&category=all",
        "#/matches?relation=same_text",
    ):
        if address:
            page.goto(report_address(page) + address)
            expect(page.locator("#evidence")).to_be_visible()
        found = Axe().run(page).response["violations"]
        serious = {
            v["id"]: [n["html"][:160] for n in v["nodes"][:3]]
            for v in found
            if v["impact"] in ("serious", "critical")
        }
        assert not serious, address


def report_address(page: Page) -> str:
    return page.url.split("#")[0]


def test_print_leaves_out_what_paper_cannot_do(visit: Any) -> None:
    page = visit(scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    expect(page.locator("nav")).to_be_hidden()
    expect(page.locator(".coverage")).to_be_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_a_figure_shows_its_chinese_text(browser: Browser, report: SimpleNamespace) -> None:
    """The place of a city's name in the SVG has ink of several shapes, with whatever fonts there are."""
    page = browser.new_page(viewport={"width": 1600, "height": 900})
    page.goto((report.index.parent / "figures" / "coverage-zh.svg").as_uri())
    assert page.locator("text").count() == 0
    boxes = page.evaluate(
        "[...document.querySelectorAll('[aria-label^=\"甲川市 2023\"] use')].map((use) => { const b = use.getBBox(); return [b.width, b.height]; })"
    )
    assert len(boxes) == len("甲川市 2023 (n=24)")
    assert all(width > 0 for width, _ in boxes[:3]) and len({tuple(box) for box in boxes[:3]}) == 3
    page.close()


def test_a_large_report_stays_quick(browser: Browser, tmp_path: Path) -> None:
    index = write_report(tmp_path, **world(26, 250, odd=False))
    page = browser.new_page()
    page.set_default_timeout(30_000)
    page.goto(index.as_uri())
    page.wait_for_selector("html[data-ready=yes]")
    ready = page.evaluate("performance.now()")
    spent = page.evaluate(
        "() => { const t = performance.now(); location.hash = '#/measures?known=1';"
        " return new Promise((done) => addEventListener('hashchange', () => requestAnimationFrame(() => done(performance.now() - t)))); }"
    )
    assert page.locator("#evidence li").count() == 100
    assert ready < 10_000 and spent < 1_000, (ready, spent)  # ms; a tenth of it on a quiet machine
    page.close()
