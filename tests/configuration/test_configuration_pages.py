"""The pages of the configuration file: down, up with a preview, versions, back."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from forecourt.kernel.access import system_actor
from forecourt.kernel.configuration import document
from forecourt.kernel.configuration.actions import export_config, save_version
from forecourt.kernel.group_settings import value_of
from forecourt.kernel.models import ConfigurationVersion
from tests.factories.organisation import make_region, make_staff, make_store

SYSTEM = system_actor("test")
BASE = "/settings/configuration/"
KEY = "crm.repeat_days"


@pytest.fixture
def browser(group, client_of) -> Client:
    return client_of(group, make_staff("group_owner").user)


def wanted(days: int, **more: object) -> str:
    parts = document.read(export_config(actor=SYSTEM)).parts
    parts["settings"][KEY] = {"rule": "DEFAULT", "value": days, "brands": {}, "stores": {}}
    return document.write({**parts, **more})


def days() -> int:
    return value_of(KEY)


def upload(browser: Client, text: str | bytes, name: str = "config.yaml"):
    raw = text.encode() if isinstance(text, str) else text
    return browser.post(f"{BASE}upload/", {"file": SimpleUploadedFile(name, raw)})


def base_of(answer) -> str:
    return re.search(r'name="base" value="([0-9a-f]{64})"', answer.text)[1]


def test_the_file_is_downloaded_as_it_is_exported(browser):
    answer = browser.get(f"{BASE}download/")

    assert answer.content.decode() == export_config(actor=SYSTEM)
    assert re.search(r'filename="alpha-\d{8}\.yaml"', answer.headers["Content-Disposition"])


def test_an_upload_shows_what_would_change_and_changes_nothing(browser):
    answer = upload(browser, wanted(7))

    assert answer.status_code == 200
    assert KEY in answer.text
    assert days() == 90
    assert not ConfigurationVersion.objects.exists()


def test_what_was_previewed_is_imported(browser):
    base = base_of(upload(browser, wanted(7)))

    answer = browser.post(f"{BASE}apply/", {"base": base, "note": "试行"})

    assert answer.status_code == 302
    assert days() == 7
    assert list(ConfigurationVersion.objects.order_by("id").values_list("origin", "note")) == [
        ("BEFORE", ""),
        ("IMPORTED", "试行"),
    ]


def test_what_somebody_changed_after_the_preview_is_not_overwritten(browser):
    base = base_of(upload(browser, wanted(7)))
    make_region(name_zh="华东")

    answer = browser.post(f"{BASE}apply/", {"base": base})

    assert answer.status_code == 409
    assert days() == 90


def test_another_persons_upload_is_not_applied(browser, group, client_of):
    base = base_of(upload(browser, wanted(7)))

    answer = client_of(group, make_staff("group_owner").user).post(f"{BASE}apply/", {"base": base})

    assert answer.status_code == 409
    assert days() == 90


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("format: 1\nparts:\n  settings: {crm.repeat_days: {value: many}}\n", "config.yaml"),
        ("format: 1\nparts: [", "config.yaml"),
        (b"\xff\xfe", "config.yaml"),
        ("format: 1\nparts: {}\n", "config.exe"),
        ("", "config.yaml"),
    ],
)
def test_a_file_that_cannot_be_imported_is_refused_with_reasons(browser, text, name):
    answer = upload(browser, text, name)

    assert answer.status_code == 422
    assert days() == 90
    assert browser.post(f"{BASE}apply/", {"base": "0" * 64}).status_code == 409


def test_versions_are_listed_compared_and_brought_back(browser):
    browser.post(f"{BASE}save/", {"note": "原样"}, headers={"hx-request": "true"})
    first = ConfigurationVersion.objects.get()
    browser.post(f"{BASE}apply/", {"base": base_of(upload(browser, wanted(7)))})

    assert "原样" in browser.get(BASE).text
    compared = browser.get(f"{BASE}{first.pk}/")
    assert KEY in compared.text
    last = ConfigurationVersion.objects.latest("id")
    assert KEY in browser.get(f"{BASE}{last.pk}/?with={first.pk}").text
    assert browser.get(f"{BASE}{first.pk}/download/").content.decode() == first.content

    preview = browser.get(f"{BASE}{first.pk}/restore/")
    assert days() == 7
    answer = browser.post(f"{BASE}{first.pk}/restore/", {"base": base_of(preview)})

    assert answer.status_code == 302
    assert days() == 90
    assert ConfigurationVersion.objects.latest("id").origin == "RESTORED"


@pytest.mark.parametrize("other", ["x", "0", "9" * 30, "-1"])
def test_a_version_is_compared_with_what_exists(browser, other):
    version = save_version(actor=SYSTEM)

    assert browser.get(f"{BASE}{version.pk}/?with={other}").status_code in {200, 404}


def test_a_store_manager_is_not_let_in(group, client_of):
    manager = client_of(group, make_staff("store_manager", make_store()).user)

    for path in ("", "download/", "upload/", "save/"):
        assert manager.get(f"{BASE}{path}").status_code == 403


def test_the_list_of_versions_is_read_in_few_queries(browser, django_assert_max_num_queries):
    for number in range(30):
        save_version(actor=SYSTEM, note=str(number))
    browser.get(BASE)
    with django_assert_max_num_queries(12):
        browser.get(BASE)
