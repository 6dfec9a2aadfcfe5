"""Take the README's pictures of a report over corpus/sample.

planmine run corpus/sample --workspace workspace
python scripts/picture.py workspace/reports/latest/index.html
"""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

DOCS = Path(__file__).resolve().parents[1] / "docs"
BROWSER = "/usr/bin/chromium"


def main() -> None:
    address = f"{Path(sys.argv[1]).resolve().as_uri()}?lang=en"
    with sync_playwright() as tools:
        browser = tools.chromium.launch(executable_path=BROWSER, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1280, "height": 960})
        page.goto(f"{address}#/coverage")
        page.wait_for_selector("html[data-shown=coverage] .chart")
        page.evaluate("document.querySelector('#view h2').scrollIntoView()")
        page.screenshot(path=DOCS / "report-coverage.png")
        page.goto(f"{address}#/likeness")
        page.reload()
        page.wait_for_selector("html[data-shown=likeness] .table")
        page.locator("#view .table tbody a").first.click()  # the most similar pair
        page.wait_for_selector("html[data-shown=pair] li[data-relation]")
        page.set_viewport_size({"width": 1280, "height": 760})
        page.evaluate("document.querySelector('#view h2').scrollIntoView()")
        page.screenshot(path=DOCS / "report-pair.png")
        browser.close()


if __name__ == "__main__":
    main()
