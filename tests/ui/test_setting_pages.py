"""The page of all settings: what it shows to whom, and deciding on it."""

import pytest
from django.test import Client

from forecourt.kernel.group_settings import value_of
from forecourt.kernel.models import SettingValue
from tests.factories.organisation import make_staff, make_store
from tests.factories.settings import decide
from tests.ui.conftest import HTMX

MINUTES = "/settings/values/crm.response_minutes/"


@pytest.fixture(autouse=True)
def real_site(settings) -> None:
    settings.ROOT_URLCONF = "forecourt.config.urls_group"


@pytest.fixture
def store(group):
    return make_store(code="SH01", name_en="Pudong")


@pytest.fixture
def her_browser(group, store, client_of) -> Client:
    client = client_of(group, make_staff("store_manager", store).user)
    client.cookies["django_language"] = "en"
    return client


def test_every_setting_stands_there_with_its_value_and_where_it_comes_from(browser) -> None:
    decide("crm.protection_days", 60)

    body = browser.get("/settings/values/").content.decode()

    assert "First answer within" in body
    assert "30 minutes" in body
    assert "60 days" in body
    assert "Preset" in body
    assert "Age bands of stock" in body


def test_the_page_is_found_by_words_and_says_so_when_nothing_fits(browser) -> None:
    found = browser.get("/settings/values/?q=owner's", headers=HTMX).content.decode()
    nothing = browser.get("/settings/values/?q=zzzz", headers=HTMX).content.decode()

    assert "Owner&#x27;s protection" in found
    assert "First answer within" not in found
    assert "zzzz" in nothing


def test_the_page_of_settings_finds_single_settings_too(browser) -> None:
    assert "First answer within" in browser.get("/settings/?q=first answer").content.decode()


def test_a_value_is_decided_in_the_dialog(browser) -> None:
    form = browser.get(MINUTES, headers=HTMX)
    answer = browser.post(MINUTES, {"value": "20", "rule": "FIXED"}, headers=HTMX)

    assert 'value="30"' in form.content.decode()
    assert answer.status_code == 200
    assert "setting-changed" in answer.headers["HX-Trigger"]
    assert value_of("crm.response_minutes") == 20
    assert "Fixed by headquarters" in browser.get("/settings/values/").content.decode()


@pytest.mark.parametrize("value", ["", "0", "1441", "x"])
def test_a_wrong_value_is_refused_beside_the_field_and_stays_typed(browser, value) -> None:
    answer = browser.post(MINUTES, {"value": value, "rule": "DEFAULT"}, headers=HTMX)

    assert answer.status_code == 422
    assert f'value="{value}"' in answer.content.decode() or not value
    assert not SettingValue.objects.exists()


def test_what_is_left_open_needs_no_value(browser) -> None:
    decide("crm.response_minutes", 20)
    answer = browser.post(MINUTES, {"value": "", "rule": "OPEN"}, headers=HTMX)

    assert answer.status_code == 200
    assert value_of("crm.response_minutes") == 30


@pytest.mark.parametrize(
    ("key", "typed", "value"),
    [
        ("vehicles.age_limits", {"value": "30， 60 120"}, (30, 60, 120)),
        ("organisation.requires_second_factor", {"value": "True"}, True),
        (
            "crm.follow_up_days",
            {"value_H": "2", "value_A": "4", "value_B": "8", "value_C": "16", "rule": "DEFAULT"},
            {"H": 2, "A": 4, "B": 8, "C": 16},
        ),
    ],
)
def test_each_kind_has_its_own_fields(browser, key, typed, value) -> None:
    answer = browser.post(f"/settings/values/{key}/", typed, headers=HTMX)

    assert answer.status_code == 200, answer.content.decode()
    assert value_of(key) == value


def test_limits_that_do_not_rise_are_refused(browser) -> None:
    answer = browser.post(
        "/settings/values/vehicles.age_limits/", {"value": "90, 60, 30"}, headers=HTMX
    )

    assert answer.status_code == 422
    assert "greater than the one before" in answer.content.decode()


def test_a_decision_is_set_back(browser) -> None:
    decide("crm.response_minutes", 20)

    browser.post(f"{MINUTES}reset/", {"at": ""}, headers=HTMX)

    assert value_of("crm.response_minutes") == 30


def test_the_history_tells_who_decided_what(browser, store) -> None:
    browser.post(MINUTES, {"value": "20", "rule": "DEFAULT"}, headers=HTMX)
    browser.post(f"{MINUTES}?at=store:{store.pk}", {"value": "5"}, headers=HTMX)

    body = browser.get(f"{MINUTES}history/", headers=HTMX).content.decode()

    assert "沈明" in body
    assert "20 minutes" in body
    assert "5 minutes" in body
    assert "SH01 Pudong" in body


def test_a_store_manager_sees_and_decides_what_is_open_for_her_store(her_browser, store) -> None:
    body = her_browser.get("/settings/values/").content.decode()
    answer = her_browser.post(f"{MINUTES}?at=store:{store.pk}", {"value": "5"}, headers=HTMX)

    assert "First answer within" in body
    assert "Age bands of stock" not in body
    assert answer.status_code == 200
    assert value_of("crm.response_minutes", store_id=store.pk) == 5
    assert value_of("crm.response_minutes") == 30


def test_other_places_do_not_exist_for_her(her_browser) -> None:
    other = make_store()
    for place in (f"store:{other.pk}", "brand:1", "store:x", "group:1", "store:²"):
        answer = her_browser.post(f"{MINUTES}?at={place}", {"value": "5"}, headers=HTMX)
        assert answer.status_code == 404, place

    assert not SettingValue.objects.exists()


def test_the_pages_keep_their_budget_of_queries(
    browser, store, django_assert_max_num_queries
) -> None:
    browser.get("/settings/values/")
    with django_assert_max_num_queries(12):
        browser.get("/settings/values/")
    with django_assert_max_num_queries(12):
        browser.get("/settings/")


def test_patterns_of_numbers_stand_there_with_an_example_and_are_changed_with_a_preview(
    browser, store
) -> None:
    page = browser.get("/settings/numbering/").content.decode()
    preview = browser.get(
        "/settings/numbering/TR/preview/?value={store}-v-{yyyy}-{seq:03}", headers=HTMX
    ).content.decode()
    refused = browser.post("/settings/numbering/TR/", {"value": "{seq:05}"}, headers=HTMX)
    saved = browser.post(
        "/settings/numbering/TR/", {"value": "{store}-V-{yyyy}-{seq:03}"}, headers=HTMX
    )

    assert "SH01-TR-" in page
    assert "SH01-V-" in preview
    assert refused.status_code == 422
    assert saved.status_code == 200
    assert value_of("numbering.TR") == "{store}-V-{yyyy}-{seq:03}"


def test_numbers_are_headquarters_to_decide(her_browser) -> None:
    answer = her_browser.post("/settings/numbering/TR/", {"value": "{store}-V-{seq:03}"})

    assert answer.status_code == 404
    assert her_browser.get("/settings/numbering/").status_code == 404
    assert not SettingValue.objects.exists()
