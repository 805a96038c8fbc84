"""Every page of the menu, at desk and phone width, in both languages and both themes: it opens, axe
finds nothing, nothing scrolls sideways on the phone."""

import pytest

from forecourt.ui.shell import links_for
from tests.factories.organisation import actor_of
from tests.journeys.conftest import DESK, PHONE, Site, faults_of

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.mark.parametrize(
    ("size", "language", "theme"),
    [(DESK, "zh-hans", "light"), (PHONE, "en", "dark")],
    ids=["desk-zh-light", "phone-en-dark"],
)
def test_every_page_of_the_menu_opens_and_axe_finds_nothing(
    site: Site, visit, size: dict, language: str, theme: str
) -> None:
    visitor = visit("owner", size=size, language=language)
    visitor.page.context.add_cookies([{"name": "theme", "value": theme, "url": site.url}])
    links = links_for(actor_of(site.people["owner"]))
    assert len(links) >= 10
    faults = []
    for link in links:
        page = visitor.open(link.url)
        found = faults_of(page)
        if size is PHONE:
            overflow = page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            if overflow > 1:
                found.append(f"scrolls sideways by {overflow} px")
        faults += [f"{link.url} {fault}" for fault in found]
    assert not faults, "\n".join(faults)
