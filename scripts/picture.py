"""Take docs/report.png, the README's picture: ``python scripts/picture.py workspace/reports/latest/index.html``."""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

OUT = Path(__file__).resolve().parents[1] / "docs" / "report.png"


def main() -> None:
    page_path = Path(sys.argv[1]).resolve()
    with sync_playwright() as tools:
        browser = tools.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        page.goto(f"{page_path.as_uri()}?lang=en")
        page.wait_for_selector("table a")
        page.wait_for_timeout(1500)
        page.evaluate("document.querySelector('#coverage').scrollIntoView()")
        page.screenshot(path=OUT)
        browser.close()


if __name__ == "__main__":
    main()
