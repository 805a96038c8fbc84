"""The page of settings: which tiles stand on it, for whom, and how one gets back to it."""

import pytest

from forecourt.ui import shell
from tests.factories.organisation import actor_of, make_staff, make_store
from tests.ui.conftest import HTMX


@pytest.fixture(autouse=True)
def real_site(settings) -> None:
    settings.ROOT_URLCONF = "forecourt.config.urls_group"


def labels(links) -> list[str]:
    return [str(link.label) for link in links]


def test_pages_of_configuration_stand_on_the_page_of_settings_alone(browser) -> None:
    body = browser.get("/settings/").content.decode()
    navigation, page = body.split("</nav>", 1)

    for address in ("/organisation/roles/", "/organisation/settings/", "/crm/assignment/"):
        assert f'href="{address}"' in page
        assert f'href="{address}"' not in navigation
    assert 'href="/settings/" aria-current="page"' in navigation


def test_the_palette_finds_them_all_the_same(browser) -> None:
    assert 'href="/organisation/roles/"' in browser.get("/search/?q=roles").content.decode()


def test_each_says_what_is_decided_there(group, owner) -> None:
    tiles = [link for link in shell.links_for(actor_of(owner)) if link.on_settings_page]

    assert len(tiles) >= 5
    assert [link.url for link in tiles if not link.description] == []


def test_each_stands_under_a_heading(group, owner) -> None:
    tiles = [link for link in shell.links_for(actor_of(owner)) if link.on_settings_page]

    assert all(section.title for section in shell.sections_of(tiles))


def test_a_word_narrows_the_tiles(browser) -> None:
    body = browser.get("/settings/?q=Tax NUMBER", headers=HTMX).content.decode()

    assert "/organisation/structure/" in body
    assert "/organisation/roles/" not in body


def test_a_word_that_fits_nothing_says_so(browser) -> None:
    assert "zzz" in browser.get("/settings/?q=zzz").content.decode()


def test_a_page_of_settings_leads_back_to_them(browser) -> None:
    body = browser.get("/organisation/roles/").content.decode()

    assert '<ol class="fc-crumbs"><li><a href="/settings/">Settings</a></li>' in body
    assert 'href="/settings/" aria-current="page"' in body


def test_who_may_set_nothing_sees_no_entry_and_no_page(group, client_of) -> None:
    advisor = make_staff("sales_advisor", make_store())

    assert "/settings/" not in [link.url for link in shell.links_for(actor_of(advisor))]
    assert client_of(group, advisor.user).get("/settings/").status_code == 403


def test_a_store_manager_sees_the_tiles_that_are_hers(group) -> None:
    links = shell.links_for(actor_of(make_staff("store_manager", make_store())))
    urls = [link.url for link in links if link.on_settings_page]

    assert "/crm/assignment/" in urls
    assert "/organisation/roles/" not in urls
