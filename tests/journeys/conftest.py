"""A real Chromium on a real server: a group whose rows are committed, served in this process."""

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.cache import cache
from django.db import connections
from django.test.testcases import LiveServerThread
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from apps.organisation.models import StaffMember, Store
from forecourt.kernel.groups import GroupIdentity, inside
from forecourt.kernel.verify import Problem, run_checks
from infra.setup.browser import browser as chosen_browser
from tests.factories.organisation import make_region, make_staff, make_store

PASSWORD = "a-good-password"
DESK = {"width": 1280, "height": 860}
PHONE = {"width": 390, "height": 844}
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    chosen = chosen_browser()
    os.environ.update(chosen.environment)
    # Playwright keeps an event loop running; the database is used from this thread all the same.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        yield _launch(playwright, chosen.executable)


def _launch(playwright: Playwright, executable: str) -> Browser:
    return playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)


@dataclass
class Site:
    """The group's address, and who works there."""

    group: GroupIdentity
    url: str
    stores: dict[str, Store]
    people: dict[str, StaffMember]


class _Server(LiveServerThread):
    """Closes its connections at the end, so that the databases can be dropped."""

    def run(self) -> None:
        try:
            super().run()
        finally:
            connections.close_all()


@contextmanager
def served() -> Iterator[int]:
    """The product on loopback, in this process, at the port that is yielded."""
    server = _Server("127.0.0.1", StaticFilesHandler, connections_override={})
    server.daemon = True
    server.start()
    server.is_ready.wait(30)
    assert server.error is None, server.error
    yield server.port
    server.terminate()
    for thread in threading.enumerate():
        if "process_request_thread" in thread.name:
            thread.join(5)


@pytest.fixture
def site(live_group: GroupIdentity) -> Iterator[Site]:
    """Two stores of one brand in two regions, with the people that the journeys need."""
    cache.clear()
    stores = {
        code: make_store(
            code=code,
            name_zh=name,
            name_en=english,
            region=make_region(name_zh=region),
            brand_names=["BYD"],
        )
        for code, name, english, region in (
            ("SH01", "浦东店", "Pudong", "上海区"),
            ("HZ01", "滨江店", "Binjiang", "浙江区"),
        )
    }
    roles = ("store_manager", "sales_advisor", "inventory_clerk", "receptionist")
    people = {
        f"{role}.{code}": make_staff(role, store=store, name=f"{role} {code}")
        for code, store in stores.items()
        for role in roles
    }
    people["owner"] = make_staff("group_owner", name="owner")
    people["hq"] = make_staff("headquarters", name="hq")
    with served() as port:
        yield Site(live_group, f"http://{live_group.slug}.localhost:{port}", stores, people)
    # In a thread of its own: the driver's event loop runs in this one, and checks have theirs.
    with ThreadPoolExecutor(1) as thread_of_its_own:
        problems = thread_of_its_own.submit(_problems_in, live_group).result()
    assert problems == {}, "verify must pass after every journey"


def _problems_in(group: GroupIdentity) -> dict[str, list[Problem]]:
    try:
        with inside(group):
            return {name: found for name, found in run_checks() if found}
    finally:
        connections.close_all()


@dataclass
class Visitor:
    """One person's browser. Every error that the page reports fails the journey."""

    page: Page
    site: Site
    errors: list[str]

    def hear(self, error: str) -> None:
        # Leaving a page while it still fades in is no fault of the page.
        if "Transition was" not in error:
            self.errors.append(error)

    def open(self, path: str) -> Page:
        self.page.goto(self.site.url + path)
        return self.page

    def sign_in(self, email: str, password: str = PASSWORD) -> Page:
        self.open("/accounts/login/")
        self.page.fill("input[name=login]", email)
        self.page.fill("input[name=password]", password)
        self.page.locator("main button[type=submit]").first.click()
        self.page.wait_for_url(lambda url: "/accounts/login" not in url)
        return self.page


def attended(page: Page, site: Site) -> Visitor:
    """A visitor who hears of every error on her page."""
    visitor = Visitor(page, site, [])
    page.on("pageerror", lambda error: visitor.hear(str(error)))
    page.on(
        "console",
        lambda message: (
            visitor.errors.append(message.text)
            if "Content Security Policy" in message.text
            else None
        ),
    )
    page.on(
        "response",
        lambda response: (
            visitor.errors.append(f"{response.status} {response.url}")
            if response.status >= 500
            else None
        ),
    )
    return visitor


@pytest.fixture
def visit(site: Site, chromium: Browser) -> Iterator[Callable[..., Visitor]]:
    """``visit("hq", size=PHONE, language="en")``: a fresh browser of that person, signed in."""
    contexts: list[BrowserContext] = []
    visitors: list[Visitor] = []

    def make(
        who: str | None = None, *, size: dict[str, int] = DESK, language: str = "en"
    ) -> Visitor:
        context = chromium.new_context(viewport=size, has_touch=size is PHONE)
        context.set_default_timeout(15_000)
        context.add_cookies([{"name": "django_language", "value": language, "url": site.url}])
        contexts.append(context)
        visitor = attended(context.new_page(), site)
        if who is not None:
            visitor.sign_in(site.people[who].email)
        visitors.append(visitor)
        return visitor

    yield make
    for visitor in visitors:
        assert visitor.errors == []
    for context in contexts:
        with suppress(Exception):
            context.close()


@pytest.fixture
def in_group(site: Site) -> Iterator[None]:
    with inside(site.group):
        yield


AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"


def faults_of(page: Page) -> list[str]:
    """What axe finds against WCAG 2.2 A and AA: rule, help and the elements.

    The bar at the foot of a phone lies over whatever is at that height; one scrolls it away from
    there, which axe cannot know, so for it the bar stands at the end of the page.
    """
    # The page's policy allows no foreign script; the driver puts it in from outside.
    page.evaluate(AXE.read_text())
    page.evaluate(
        "document.querySelectorAll('.fc-tabbar').forEach(bar => bar.style.position = 'static')"
    )
    result = page.evaluate(
        "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})"
    )
    page.evaluate("document.querySelectorAll('.fc-tabbar').forEach(bar => bar.style.position = '')")
    return [
        f"{violation['id']}: {violation['help']}: "
        + "; ".join(node["html"][:140] for node in violation["nodes"][:3])
        for violation in result["violations"]
    ]
