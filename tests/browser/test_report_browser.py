"""The report in headless Chromium, opened from disk as a reader opens it."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from runpy import run_path
from types import SimpleNamespace
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, expect, sync_playwright

from planmine.report import write_report
from planmine.serving import address, server

world = run_path(str(Path(__file__).parents[1] / "report_world.py"))["world"]
QUIET = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync"
LISTED = "[...document.querySelectorAll('#view li[data-measure]')].map((item) => item.dataset.measure)"
PAGES = (
    "#/overview",
    "#/coverage",
    "#/likeness",
    "#/pair?a=甲川市&b=甲湖市&category=all",
    "#/themes",
    "#/theme?id=t0",
    "#/change?city=甲川市",
    "#/measures?city=甲原市",
    "#/methods",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium")
    if path is None:
        pytest.fail("the browser tests need Chromium; on Debian: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET.split())
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    arguments = world(whole=True)
    return SimpleNamespace(index=write_report(tmp_path_factory.mktemp("report"), **arguments), **arguments)


@pytest.fixture
def visit(browser: Browser, report: SimpleNamespace) -> Iterator[Any]:
    """Opens the report; after the test no error was logged and nothing outside its folder was asked for."""
    contexts, errors, requests = [], [], []

    def go(
        query: str = "",
        *,
        width: int = 1280,
        height: int = 900,
        scheme: Any = "light",
        base: str | None = None,
    ) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        page.goto((base or report.index.as_uri()) + query)
        page.wait_for_selector("html[data-ready=yes][data-shown]")
        return page

    yield go
    for context in contexts:
        context.close()
    assert not errors
    folder = report.index.parent.as_uri()
    strange = [url for url in requests if not url.startswith((folder, "data:", "http://127.0.0.1:"))]
    assert not strange


def go_to(page: Page, place: str) -> None:
    """Go to a view and wait until it is drawn."""
    page.evaluate(
        "(hash) => { if (decodeURIComponent(location.hash) === decodeURIComponent(hash)) return;"
        " delete document.documentElement.dataset.shown; location.hash = hash; }",
        place,
    )
    page.wait_for_selector("html[data-shown]")


def listed(page: Page, place: str) -> list[str]:
    """The ids of the measures that a view lists, all pages of them."""
    go_to(page, place)
    page.wait_for_function("!document.querySelector('#view [data-later]')")
    while page.locator("#view .hits .act:visible").count():
        page.locator("#view .hits .act").click()
    return page.evaluate(LISTED)


def measures_of(report: SimpleNamespace, **wanted: Any) -> set[str]:
    """Ids of the compared measures with these values; None is null."""
    table = report.tables["measures"]
    table = table[table["status"] != "context"]
    for name, value in wanted.items():
        table = table[table[name].isna() if value is None else table[name].eq(value).fillna(False)]
    return set(table["measure_id"])


def test_from_a_cell_to_its_measures_to_their_place_in_the_plan(visit: Any, report: SimpleNamespace) -> None:
    page = visit("#/coverage")
    page.get_by_label("年份").select_option("2023")
    row = page.locator(".coverage tr", has_text="甲原市").first
    row.locator(".cell a").nth(list(report.codebook.categories).index("sanitation")).click()
    page.wait_for_selector("html[data-shown=measures]")
    expected = measures_of(report, city="甲原市", year=2023, category="sanitation")
    found = page.evaluate(LISTED)
    assert len(found) == len(set(found)) and set(found) == expected != set()
    page.locator("#view li[data-measure] a", has_text="在原文中查看").nth(1).click()
    page.wait_for_selector("html[data-shown=plan]")
    expect(page.locator("#view h2")).to_have_text("甲原市2023年工作计划")
    own = report.tables["measures"].set_index("measure_id").loc[found[1]]
    expect(page.locator("#here")).to_have_text(own["text"])
    expect(page.locator("#here")).to_be_in_viewport()
    body = report.tables["texts"].set_index("plan_id")["text"][own["plan_id"]]
    assert page.locator(".text").evaluate("(box) => box.textContent") == body
    before = page.evaluate("document.getElementById('here').previousSibling.textContent.length")
    assert before == own["start"]
    panel = page.locator(".panel")
    expect(panel).to_contain_text(found[1])
    expect(panel).to_contain_text("一、重点任务")
    expect(panel).to_contain_text(f"{own['probability']:.2f}")
    page.locator(".panel .act", has_text="复制引文").click()
    expect(panel).to_contain_text("市城管局. 甲原市2023年工作计划[Z]. 2023. plans/甲原市-2023.txt.")


def test_every_cell_of_coverage_lists_its_measures(visit: Any, report: SimpleNamespace) -> None:
    page = visit("#/coverage")
    total = 0
    for year in ("2023", "2024", "none"):
        go_to(page, "#/coverage")
        page.get_by_label("年份").select_option(year)
        page.get_by_label("显示").select_option("count")
        cells = page.eval_on_selector_all(
            ".coverage .cell a", "links => links.map((a) => [a.getAttribute('href'), a.innerText])"
        )
        for place, shown in cells[:: 1 if year == "none" else 5]:
            assert len(listed(page, place)) == int(shown), place
        total += sum(int(shown) for _, shown in cells)
    assert total == report.comparison.coverage["measures"].sum()


def test_coverage_sorts_filters_and_tells_its_denominators(visit: Any, report: SimpleNamespace) -> None:
    page = visit("#/coverage?lang=en", width=1280)
    names = "[...document.querySelectorAll('.coverage tbody th')].map((box) => box.innerText)"
    assert page.evaluate(names) == report.comparison.city_order
    page.get_by_label("排序").select_option("total")
    totals = page.evaluate(
        "[...document.querySelectorAll('.coverage .total')].map((box) => Number(box.innerText))"
    )
    assert totals == sorted(totals, reverse=True)
    page.get_by_label("筛选").fill("甲")
    assert all("甲" in name for name in page.evaluate(names)) and len(page.evaluate(names)) == 4
    page.locator(".coverage thead button").nth(1).click()
    expect(page.locator(".coverage thead th[aria-sort=descending]")).to_have_count(1)
    shares = page.evaluate(
        "[...document.querySelectorAll('.coverage tbody tr')].map((line) => parseInt(line.querySelectorAll('.cell b')[1].innerText))"
    )
    assert shares == sorted(shares, reverse=True)
    page.get_by_label("显示").select_option("corrected")
    label = page.locator(".coverage .cell a").first.get_attribute("aria-label")
    assert label and "95% 区间" in label
    page.get_by_label("筛选").fill("少言")
    assert page.locator(".coverage .cell.few").count() == len(report.codebook.categories)
    assert page.locator("#view .chart").count() == 1  # the small multiples


def test_two_places_of_one_name_and_a_plan_without_year(visit: Any, report: SimpleNamespace) -> None:
    page = visit()
    assert set(listed(page, "#/measures?city=同名区 (110101)")) == measures_of(report, city_code="110101")
    assert set(listed(page, "#/measures?city=𠮷田市&year=")) == measures_of(report, city="𠮷田市", year=None)
    assert set(listed(page, "#/measures?city=")) == measures_of(report, city=None)


def test_a_lacking_category_says_so_and_leads_to_other_cities(visit: Any, report: SimpleNamespace) -> None:
    page = visit("?lang=en")
    assert listed(page, "#/measures?city=甲川市&year=2023&category=greening") == []
    expect(page.locator("#view")).to_contain_text("甲川市2023年工作计划")
    page.locator("#view a", has_text="Measures of other cities").click()
    page.wait_for_selector("html[data-shown]")
    found = set(listed(page, "#/measures?category=greening&known=1"))
    assert found == measures_of(report, category="greening") - measures_of(report, city=None)


def test_every_number_of_the_overview_leads_to_as_many_measures(visit: Any) -> None:
    page = visit("?lang=en")
    links = page.eval_on_selector_all(
        "[data-page=overview] a[href^='#/measures'].number",
        "links => links.filter((a) => a.offsetParent).map((a) => [a.getAttribute('href'), a.innerText])",
    )
    assert len(links) > 10
    for place, number in links:
        assert len(listed(page, place)) == int(number.replace(",", "")), place


def test_the_overview_lists_plans_failures_and_notices(visit: Any, report: SimpleNamespace) -> None:
    page = visit()
    expect(page.locator("#plans-list tbody tr")).to_have_count(len(report.tables["plans"]))
    expect(page.locator("#failures-list")).to_contain_text("run OCR first")
    expect(page.locator("#notices-list")).to_contain_text("title disagrees")
    page.locator("#plans-list input").fill("无年份")
    expect(page.locator("#plans-list tbody tr")).to_have_count(1)
    page.locator("#plans-list tbody a").first.click()
    expect(page.locator("#view h2")).to_have_text("无年份的计划")


def test_search_finds_what_has_all_words(visit: Any, report: SimpleNamespace) -> None:
    page = visit("#/measures")
    page.get_by_label("检索原文").fill("清洗 路灯")
    table = report.tables["measures"]
    table = table[table["status"] != "context"]
    wanted = set(
        table.loc[table["text"].str.contains("清洗") & table["text"].str.contains("路灯"), "measure_id"]
    )
    count = page.locator("#view .summary")
    expect(count).to_have_text(re.compile(f"^{len(wanted)} 条"))
    assert set(page.evaluate(LISTED)) == wanted != set()
    assert set(page.locator("#view mark").all_inner_texts()) == {"清洗路灯"}  # they stand side by side
    assert "q=" in page.url
    page.locator("select[data-facet=category]").select_option("sanitation")
    fewer = wanted & set(table.loc[table["category"] == "sanitation", "measure_id"])
    expect(count).to_have_text(re.compile(f"^{len(fewer)} 条"))
    option = page.locator("select[data-facet=category] option[value=sanitation]").inner_text()
    assert option.endswith(f"({len(fewer)})")
    page.get_by_label("责任单位").press_sequentially("无此", delay=200)  # typing goes on over a redraw
    expect(page.locator("#view")).to_contain_text("没有符合条件的措施")
    page.reload()  # the address holds the search
    page.wait_for_selector("html[data-ready=yes]")
    expect(page.get_by_label("检索原文")).to_have_value("清洗 路灯")


def test_a_pair_stands_side_by_side_with_what_only_one_has(visit: Any, report: SimpleNamespace) -> None:
    page = visit("#/likeness")
    assert page.locator("#view .chart").count() == 1
    page.locator(".table input").fill("甲川市 – 甲湖市")
    page.locator("#view .table tbody a").first.click()
    page.wait_for_selector("html[data-shown=pair]")
    matches = report.comparison.matches
    own = matches[(matches["city_a"] == "甲川市") & (matches["city_b"] == "甲湖市")]
    text = report.tables["measures"].set_index("measure_id")["text"]
    items = page.locator("#view li[data-relation]")
    expect(items).to_have_count(len(own))
    shown = {tuple(item.locator(".said").all_text_contents()) for item in items.all()}
    assert shown == {(text[a], text[b]) for a, b in zip(own["measure_a"], own["measure_b"], strict=True)}
    assert page.locator("#view li[data-relation=same_text]").count() == 1
    left, right = (page.locator("#view li .sides > div").nth(k).bounding_box() for k in (0, 1))
    assert left and right and left["x"] < right["x"] and left["y"] == right["y"]
    facts = page.locator("#view .facts").inner_text()
    pair = report.comparison.similarity.query(
        "city_a == '甲川市' and city_b == '甲湖市' and category == 'all'"
    ).iloc[0]
    for value in (pair["similarity"], pair["with_formulae"], pair["expected"], pair["beyond"]):
        assert f"{value:.2f}" in facts
    assert f"{pair['a_covered_by_b'] * 100:.0f}% (n = {pair['measures_a']})" in facts
    page.locator("#view .tabs a", has_text="只有甲川市").click()
    page.wait_for_selector("html[data-shown=pair] #view li[data-measure]")
    counted = set(own.loc[own["probability"] >= 0.5, "measure_a"])
    assert set(page.evaluate(LISTED)) == measures_of(report, city="甲川市") - counted


def test_a_pair_reads_the_same_from_its_other_city(visit: Any) -> None:
    page = visit()
    sides = []
    for a, b in (("甲川市", "甲湖市"), ("甲湖市", "甲川市")):
        go_to(page, f"#/pair?a={a}&b={b}&category=sanitation")
        items = page.locator("#view li[data-relation]").all()
        sides.append([item.locator(".said").all_text_contents() for item in items])
    assert sides[0] == [pair[::-1] for pair in sides[1]] != []


def test_a_click_on_the_matrix_opens_the_pair(visit: Any, report: SimpleNamespace) -> None:
    page = visit("#/likeness")
    box = page.locator("#view .chart canvas").first.bounding_box()
    assert box
    n = len(report.comparison.city_order)
    labels = box["width"] - 12 - 40 * n  # cells of forty points, after the names of the cities
    page.mouse.click(box["x"] + labels + 20, box["y"] + labels + 60)  # first column, second row
    page.wait_for_selector("html[data-shown=pair]")
    title = page.locator("#view h2").inner_text()
    assert report.comparison.city_order[0] in title and report.comparison.city_order[1] in title


def test_likeness_follows_category_and_variant(visit: Any, report: SimpleNamespace) -> None:
    page = visit("#/likeness?category=traffic&variant=beyond")
    similarity = report.comparison.similarity
    known = similarity[(similarity["category"] == "traffic") & similarity["similarity"].notna()]
    expect(page.locator("#view .turn")).to_contain_text(f"共 {len(known)} 行")
    expect(page.locator("#view .table th[aria-sort=descending]")).to_contain_text("超出期望")
    expect(page.locator(".clusters div")).to_have_count(report.comparison.clusters["cluster"].nunique())


def test_a_theme_shows_its_cities_and_a_city_its_gaps(visit: Any, report: SimpleNamespace) -> None:
    page = visit("#/themes?city=甲川市")
    gaps = report.comparison.gaps.query("city == '甲川市'")
    tables = page.locator("#view .table")
    expect(tables.nth(0).locator("tbody tr")).to_have_count(len(report.comparison.themes))
    shown = tables.nth(1).locator("tbody tr td:first-child").all_inner_texts() if len(gaps) else []
    assert set(shown) == set(gaps["label"])
    tables.nth(0).locator("tbody a").first.click()
    page.wait_for_selector("html[data-shown=theme]")
    expect(page.locator("#view .chart")).to_have_count(1)
    having = report.comparison.theme_cities.query("theme_id == 't0'")
    expect(page.locator("#view .table tbody tr")).to_have_count(len(having))
    members = report.comparison.theme_measures.query("theme_id == 't0'")
    expect(page.locator("#view")).to_contain_text(f"措施 ({len(members)})")
    page.locator("#view .table tbody a").first.click()
    page.wait_for_selector("html[data-shown=measure] #here")


def test_change_shows_kinds_and_promises_beside_results(visit: Any, report: SimpleNamespace) -> None:
    page = visit("#/change?city=甲川市&kind=strengthened")
    changes = report.comparison.changes.query("city == '甲川市'")
    kinds = page.locator("#view li[data-change]")
    expect(kinds).to_have_count(int((changes["change"] == "strengthened").sum()))
    text = report.tables["measures"].set_index("measure_id")["text"]
    first = changes[changes["change"] == "strengthened"].iloc[0]
    assert kinds.first.locator(".said").all_text_contents() == [
        text[first["measure_from"]],
        text[first["measure_to"]],
    ]
    results = report.comparison.results.query("city == '甲川市'")
    for outcome, count in results["outcome"].value_counts().items():
        expect(page.locator(f"#view li[data-outcome={outcome}]")).to_have_count(int(count))
    expect(page.locator("#view .table tbody tr")).to_have_count(2)  # the precedents of two plans


def test_what_a_run_lacks_is_said_in_a_sentence(browser: Browser, tmp_path: Path) -> None:
    index = write_report(tmp_path, **world(2, odd=False))
    page = browser.new_page()
    page.goto(index.as_uri())
    page.wait_for_selector("html[data-ready=yes]")
    for place, sentence in (
        ("#/likeness", "没有城市群组的表"),
        ("#/themes", "没有主题的表"),
        ("#/change", "没有变化的表"),
        ("#/coverage", "没有人工编码的样本"),
    ):
        go_to(page, place)
        expect(page.locator("#view")).to_contain_text(sentence)
    page.close()


def test_the_language_switches_and_is_not_remembered(visit: Any) -> None:
    page = visit("#/coverage")
    page.get_by_role("button", name="English").click()
    page.wait_for_selector("html[data-shown=coverage]")
    assert page.evaluate("document.documentElement.lang") == "en"
    expect(page.locator(".coverage thead")).to_contain_text("Sanitation")
    for place in PAGES:
        go_to(page, place)
        words = page.evaluate(
            "[...document.querySelectorAll('main h2, main h3, main th, main label, main .note')].filter((e) => e.offsetParent && !e.querySelector('bdi, select, option') && !e.closest('figure, .figures')).map((e) => e.innerText).join(' ')"
        )
        assert not re.search("[一-鿿]", re.sub(r"\S*[市区]\b", "", words)), place
    page.reload()
    page.wait_for_selector("html[data-ready=yes]")
    assert page.evaluate("document.documentElement.dataset.lang") == "zh"
    assert page.evaluate("localStorage.length + sessionStorage.length + document.cookie.length") == 0
    assert visit("?lang=en").evaluate("document.documentElement.dataset.lang") == "en"


def test_the_keyboard_reaches_cells_tables_and_pages(visit: Any) -> None:
    page = visit("#/coverage")
    assert page.locator(".coverage a[tabindex='0']").count() == 1
    page.locator(".coverage a[tabindex='0']").focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
    place = page.evaluate("document.activeElement.getAttribute('href')")
    assert page.evaluate(
        "document.activeElement === document.querySelectorAll('.coverage tbody tr')[1].querySelectorAll('.cell a')[1]"
    )
    expect(page.locator("#tip")).to_be_visible()
    page.keyboard.press("Enter")
    page.wait_for_selector("html[data-shown=measures]")
    assert page.evaluate("decodeURIComponent(location.hash)") == page.evaluate(
        "(a) => decodeURIComponent(a)", place
    )
    assert page.evaluate("document.activeElement.tagName") == "H2"
    page.go_back()
    page.wait_for_selector("html[data-shown=coverage]")
    go_to(page, "#/likeness")
    page.locator("#view .table th button").nth(1).focus()
    page.keyboard.press("Enter")
    expect(page.locator("#view th[aria-sort=ascending]")).to_have_count(1)
    page.get_by_role("button", name="并排查看").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("html[data-shown=pair]")


def test_a_link_to_a_part_of_a_page_arrives_there(visit: Any) -> None:
    page = visit("#failures")
    top = page.locator("#failures").evaluate("(part) => part.getBoundingClientRect().top")
    assert 0 <= top < 700
    expect(page.locator("[data-page=methods]")).to_be_hidden()


def test_a_hostile_plan_is_inert(visit: Any, report: SimpleNamespace) -> None:
    page = visit()
    expect(page.locator("#plans-list")).to_contain_text("</script><img src=x onerror")
    for place in PAGES:
        go_to(page, place)
    found = listed(page, "#/measures?city=少言市")
    expect(page.locator("#view")).to_contain_text("<script>window.hacked=1</script>\ufffd&amp;")
    plan, start = found[1].split(":")
    go_to(page, f"#/plan?id={plan}&at={start}")
    expect(page.locator("#here")).to_contain_text("<script>window.hacked=1</script>")
    go_to(page, '#/pair?a=<img src=x onerror="window.hacked=1">&b=<b>x</b>&category=all')
    assert page.evaluate("[typeof window.hacked, document.images.length]") == ["undefined", 0]
    assert page.locator("a[href^='javascript']").count() == 0
    assert page.locator("b:has-text('停车')").count() == 0


def test_a_huge_line_stays_within_the_page(browser: Browser, tmp_path: Path) -> None:
    arguments = world(1, odd=False)
    plan = arguments["tables"]["plans"]["plan_id"][0]
    texts = arguments["tables"]["texts"]
    arguments["tables"]["texts"] = texts.assign(
        text=texts["text"].where(texts["plan_id"] != plan, texts["text"] + "长" * 2_000_000)
    )
    arguments["tables"]["plans"].loc[0, "end"] += 2_000_000
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(write_report(tmp_path, **arguments).as_uri() + f"#/plan?id={plan}&at=0")
    page.wait_for_selector("html[data-ready=yes] #here")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert page.evaluate("document.querySelector('.text').textContent.length") < 50_000
    page.close()


def test_the_policy_refuses_scripts_styles_and_requests(browser: Browser, report: SimpleNamespace) -> None:
    page = browser.new_page()
    asked: list[str] = []
    refused: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("requestfailed", lambda request: refused.append(f"{request.failure} {request.url}"))
    page.goto(report.index.as_uri())
    page.wait_for_selector("html[data-ready=yes]")
    page.evaluate(
        'document.body.insertAdjacentHTML(\'beforeend\', \'<img src=https://example.org/a.png onerror="window.hacked=1"><a id=x href="javascript:window.hacked=2">x</a><b id=y style="color: red">y</b>\')'
    )
    page.evaluate(
        "document.write('<script>window.hacked=3<' + '/script><script src=https://example.org/a.js><' + '/script>')"
    )
    page.wait_for_timeout(100)
    assert page.evaluate("typeof window.hacked") == "undefined"
    assert page.evaluate("fetch('https://example.org/').then(() => 'sent', () => 'refused')") == "refused"
    outside = [url for url in asked if "example.org" in url]
    assert [f"csp {url}" for url in outside] == [text for text in refused if "example.org" in text]
    page.close()


def test_the_report_is_the_same_when_served(visit: Any, report: SimpleNamespace) -> None:
    with server(report.index.parent) as serving:
        thread = threading.Thread(target=serving.serve_forever, daemon=True)
        thread.start()
        page = visit("#/likeness", base=address(serving))
        assert page.locator("#view .chart").count() == 1
        assert set(listed(page, "#/measures?city=甲原市")) == measures_of(report, city="甲原市")
        serving.shutdown()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_phone_scrolls_down_only(visit: Any, lang: str) -> None:
    page = visit(f"?lang={lang}", width=390, height=844)
    for place in PAGES:
        go_to(page, place)
        assert page.evaluate("document.documentElement.scrollWidth") == 390, place


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_fault(visit: Any, scheme: str, report: SimpleNamespace) -> None:
    page = visit("", scheme=scheme)
    light = page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert light == (scheme == "light")
    plan = report.tables["plans"]["plan_id"][0]
    for place in (*PAGES, f"#/plan?id={plan}&at=0"):
        go_to(page, place)
        found = Axe().run(page).response["violations"]
        serious = {
            v["id"]: [n["html"][:160] for n in v["nodes"][:3]]
            for v in found
            if v["impact"] in ("serious", "critical")
        }
        assert not serious, place


def test_print_leaves_out_what_paper_cannot_do(visit: Any) -> None:
    page = visit("#/coverage", scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    expect(page.locator("nav")).to_be_hidden()
    expect(page.locator("#view .controls").first).to_be_hidden()
    expect(page.locator(".coverage")).to_be_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.pdf()[:5] == b"%PDF-"


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
