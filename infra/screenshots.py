"""`python -m infra.screenshots`: the pictures of the documentation, from the product as it runs.

Start `make run` first; PORT says where it listens.
"""

from __future__ import annotations

import os
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from infra.setup.browser import browser as chosen_browser

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "screenshots"
DESK = {"width": 1280, "height": 860}
PHONE = {"width": 390, "height": 844}
PICTURES = (
    ("overview", "hq", "/", "en", DESK),
    ("overview-zh", "hq", "/", "zh-hans", DESK),
    ("stock", "hq", "/vehicles/stock/", "en", DESK),
    ("transfers", "hq", "/vehicles/transfers/board/", "zh-hans", DESK),
    ("deals", "hq", "/crm/opportunities/board/", "zh-hans", DESK),
    ("figures", "hq", "/crm/figures/", "en", DESK),
    ("day-phone", "advisor1.sh01", "/crm/day/", "zh-hans", PHONE),
)


def main() -> None:
    base = f"http://huadong.localhost:{os.environ.get('PORT') or 8000}"
    chosen = chosen_browser()
    os.environ.update(chosen.environment)
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=chosen.executable, args=["--no-sandbox", "--disable-quic"]
        )
        for name, who, path, language, size in PICTURES:
            _take(chromium, base, name, who, path, language, size)


def _take(
    chromium: Browser,
    base: str,
    name: str,
    who: str,
    path: str,
    language: str,
    size: dict[str, int],
) -> None:
    context = chromium.new_context(viewport=size)
    context.add_cookies([{"name": "django_language", "value": language, "url": base}])
    page = context.new_page()
    page.goto(f"{base}/accounts/login/")
    page.fill("input[name=login]", f"{who}@huadong.example")
    page.fill("input[name=password]", "forecourt-demo")
    page.locator("main button[type=submit]").first.click()
    page.wait_for_url(lambda url: "/accounts/login" not in url)
    page.goto(base + path)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(500)
    page.screenshot(path=FOLDER / f"{name}.png")
    context.close()


if __name__ == "__main__":
    main()
