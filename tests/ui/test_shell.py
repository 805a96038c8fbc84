"""The frame: look and language, search, the installable app, its weight."""

import gzip
import json
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

from forecourt.kernel import menu, search
from forecourt.kernel.models import Job
from forecourt.ui import shell
from tests.factories.organisation import actor_of
from tests.ui.conftest import HTMX

FIRST_LOAD = 150 * 1024
LATER_LOAD = 30 * 1024


@pytest.fixture
def entries(monkeypatch) -> list[menu.MenuEntry]:
    made = [
        menu.MenuEntry("Things", "things", "list", "Work", None, 1, on_phone_bar=True),
        menu.MenuEntry("Gallery", "ui:gallery", "star", "Work", "platform.see_gallery", 2),
        menu.MenuEntry("New thing", "ui:gallery_form", "plus", is_action=True),
        menu.MenuEntry("Elsewhere", "no:such_page", "x"),
    ]
    monkeypatch.setattr(menu, "_entries", made)
    return made


def test_the_navigation_shows_what_the_person_may_use(group, owner, manager, entries) -> None:
    of_owner = [str(link.label) for link in shell.links_for(actor_of(owner))]
    of_manager = [str(link.label) for link in shell.links_for(actor_of(manager))]

    assert of_owner == ["Things", "Gallery", "New thing"]
    assert of_manager == ["Things", "New thing"]


def test_the_longest_address_is_the_current_one(group, owner, entries) -> None:
    links = shell.links_for(actor_of(owner), "/gallery/form/")

    assert [str(link.label) for link in links if link.is_current] == ["Gallery"]


def test_the_page_marks_where_one_is(browser, entries) -> None:
    body = browser.get("/things/").content.decode()

    assert re.search(r'href="/things/" aria-current="page"', body)
    assert "New thing" not in body


def test_the_theme_is_in_the_first_byte_of_the_page(browser) -> None:
    browser.post("/i18n/theme/", {"theme": "dark", "next": "/things/"})

    assert b'data-bs-theme="dark"' in browser.get("/things/").content
    browser.post("/i18n/theme/", {"theme": "auto"})
    assert b"data-bs-theme" not in browser.get("/things/").content


@pytest.mark.parametrize("theme", ["", "pink", '"><script>'])
def test_a_theme_that_is_none_changes_nothing(browser, theme) -> None:
    browser.post("/i18n/theme/", {"theme": theme})

    assert b"data-bs-theme" not in browser.get("/things/").content


def test_the_language_is_kept_with_the_account(browser, owner) -> None:
    response = browser.post("/i18n/language/", {"language": "zh-hans", "next": "/things/"})

    owner.user.refresh_from_db()
    assert response["Location"] == "/things/"
    assert owner.user.language == "zh-hans"
    assert b'lang="zh-CN"' in browser.get("/things/").content


def test_an_unknown_language_changes_nothing(browser, owner) -> None:
    browser.post("/i18n/language/", {"language": "tlh"})

    owner.user.refresh_from_db()
    assert owner.user.language == ""
    assert b'lang="en"' in browser.get("/things/").content


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:1"])
def test_choosing_never_leads_elsewhere(browser, elsewhere) -> None:
    for address, field in (("theme", "dark"), ("language", "en")):
        response = browser.post(f"/i18n/{address}/", {address: field, "next": elsewhere})

        assert response["Location"] == "/"


def test_the_palette_finds_pages_actions_and_records(browser, entries, monkeypatch) -> None:
    source = search.SearchSource(
        "test",
        "People",
        "user",
        "organisation.view_store",
        lambda query, actor, limit: [search.Hit(f"<{query}>", "detail", "/people/1/")],
    )
    monkeypatch.setattr(search, "_sources", {"test": source})

    body = browser.get("/search/?q=thing", headers=HTMX).content.decode()

    assert body.index("New thing") < body.index(">Things<")
    assert "&lt;<mark>thing</mark>&gt;" in body
    assert 'href="/people/1/"' in body
    assert "<!doctype" not in body


def test_a_source_without_permission_is_not_asked(
    group, client_of, manager, entries, monkeypatch
) -> None:
    source = search.SearchSource(
        "test", "People", "user", "platform.see_gallery", lambda *_: pytest.fail("was asked")
    )
    monkeypatch.setattr(search, "_sources", {"test": source})

    assert client_of(group, manager.user).get("/search/?q=thing").status_code == 200


def test_a_job_is_shown_to_who_started_it_alone(browser, owner, manager, make_jobs) -> None:
    mine, theirs = make_jobs(owner)[0], make_jobs(manager)[0]

    assert browser.get(f"/jobs/{mine.pk}/").status_code == 200
    assert browser.get(f"/jobs/{theirs.pk}/").status_code == 404
    assert browser.post(f"/jobs/{theirs.pk}/cancel/").status_code == 404
    theirs.refresh_from_db()
    assert not theirs.cancel_requested


def test_a_job_is_asked_for_until_it_has_ended(browser, owner, make_jobs) -> None:
    job = make_jobs(owner)[0]

    waiting = browser.get(f"/jobs/{job.pk}/", headers=HTMX).content
    Job.objects.filter(pk=job.pk).update(state="DONE")
    ended = browser.get(f"/jobs/{job.pk}/", headers=HTMX).content

    assert b"hx-trigger" in waiting
    assert b"hx-trigger" not in ended


def test_the_app_can_be_installed(browser, group) -> None:
    manifest = json.loads(browser.get("/manifest.webmanifest").content)

    assert group.name in manifest["name"]
    assert {icon["sizes"] for icon in manifest["icons"]} >= {"192x192", "512x512"}
    for icon in manifest["icons"]:
        assert finders.find(icon["src"].removeprefix("/static/")), icon["src"]


def test_the_service_worker_keeps_no_page_of_a_group(browser) -> None:
    response = browser.get("/service-worker.js")

    assert response["Content-Type"].startswith("text/javascript")
    assert 'mode === "navigate"' in response.content.decode()
    assert b'credentials: "omit"' in response.content


def test_the_offline_page_names_nobody(group, client_of) -> None:
    assert group.name.encode() not in client_of(group).get("/offline/").content


def test_pages_are_sent_compressed(browser, owner, make_jobs) -> None:
    make_jobs(owner, 60)

    response = browser.get("/gallery/list/", headers={"Accept-Encoding": "gzip"})

    assert response["Content-Encoding"] == "gzip"
    assert len(response.content) < LATER_LOAD
    assert b"<!doctype html>" in gzip.decompress(response.content)


def first_load(body: bytes) -> dict[str, int]:
    """Compressed sizes of a page and of what it fetches at once."""
    names = set(re.findall(r'(?:src|href)="/static/([^"#]+)', body.decode()))
    names |= {"ui/js/list.js", "ui/js/palette.js"}
    names = {name for name in names if not name.endswith(".png")}
    sizes = {name: len(gzip.compress(Path(finders.find(name)).read_bytes(), 9)) for name in names}
    return sizes | {"page": len(gzip.compress(body, 6))}


def test_a_list_weighs_at_most_150_kilobytes_at_first_and_30_later(
    browser, owner, make_jobs
) -> None:
    make_jobs(owner, 60)
    body = browser.get("/gallery/list/").content

    sizes = first_load(body)

    assert sum(sizes.values()) <= FIRST_LOAD, sizes
    assert sizes["page"] <= LATER_LOAD
