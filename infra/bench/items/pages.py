"""Pages: headquarters' figures over all stores, and first loads in a real browser."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import Any

from infra.bench.client import Client
from infra.bench.figures import Bench, Result

# What scripts still fetch after the page has loaded.
SETTLED_MS = 300


def w5_headquarters(bench: Bench) -> Iterator[Result]:
    """Headquarters' home, and what was sold by store and month, from the kept summaries."""
    client = Client(bench.site.port, bench.filled.host, cookies=session_of(bench))
    year = time.gmtime().tm_year
    for what, caller, path in (
        ("headquarters' home, all stores", client, "/"),
        ("sold by store and month", client, f"/overview/sales/?year={year}"),
        ("a year's figures by store, over the API", bench.product, _figures(year)),
    ):
        yield bench.latency(
            "W5",
            what,
            lambda _number, caller=caller, path=path: caller.expect(200, "GET", path),
            lambda _number: bench.sql.execute(
                "SELECT store_id, month, measure, sum(quantity) FROM summary GROUP BY 1, 2, 3"
            ).fetchall(),
            lambda _number: bench.floor.expect(200, "GET", "/summary"),
        )


def _figures(year: int) -> str:
    measures = "leads_new,sales_delivered,stock_units"
    return f"/api/v1/figures?by=store&period={year}&measure={measures}"


def session_of(bench: Bench) -> dict[str, str]:
    """The cookie with which headquarters is signed in."""
    from django.test import Client as Browser

    from forecourt.accounts.models import User
    from forecourt.kernel.groups import inside

    browser = Browser(headers={"host": bench.filled.host})
    with inside(bench.filled.schema_name):
        browser.force_login(User.objects.get(email=bench.filled.email))
    return {name: morsel.value for name, morsel in browser.cookies.items()}


def w6_in_a_browser(bench: Bench) -> Iterator[Result]:
    """Bytes, requests and time of first loads in Chromium: the home, and a list without charts."""
    from playwright.sync_api import sync_playwright

    from infra.setup.browser import browser

    chosen = browser()
    os.environ.update(chosen.environment)
    base = f"http://{bench.filled.host}:{bench.site.port}"
    cookies = [
        {"name": name, "value": value, "url": base} for name, value in session_of(bench).items()
    ]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=chosen.executable, args=["--no-sandbox"]
        )
        pages = (("home", "/"), ("vehicle list", "/vehicles/stock/"))
        loads = {
            name: sorted(
                _first_load(chromium, cookies, base + path)
                for _load in range(bench.scale.first_loads)
            )
            for name, path in pages
        }
        chromium.close()
    for name, measured in loads.items():
        seconds, size, requests = measured[len(measured) // 2]
        yield Result("W6", f"{name}, compressed, first load", size / 1024, "KB")
        yield Result("W6", f"{name}, requests of a first load", requests, "requests")
        yield Result("W6", f"{name}, first load in Chromium", seconds * 1000, "ms")


def _first_load(chromium: Any, cookies: Any, url: str) -> tuple[float, int, int]:
    """With an empty cache: seconds until loaded, bytes over the wire, requests."""
    context = chromium.new_context()
    context.add_cookies(cookies)
    page = context.new_page()
    wire = context.new_cdp_session(page)
    wire.send("Network.enable")
    sizes: list[int] = []
    wire.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    began = time.perf_counter()
    answer = page.goto(url, wait_until="load")
    taken = time.perf_counter() - began
    if answer.status != 200 or page.url.rstrip("/") != url.rstrip("/"):
        raise AssertionError(f"{url}: {answer.status}, {page.url}")
    page.wait_for_timeout(SETTLED_MS)
    context.close()
    return taken, int(sum(sizes)), len(sizes)
