"""Headquarters decides a setting in the browser, and a store manager hers."""

import pytest

from forecourt.kernel.group_settings import value_of
from tests.journeys.conftest import DESK, PHONE, faults_of

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def test_a_setting_is_found_decided_and_set_back(site, visit, in_group) -> None:
    page = visit("owner", size=DESK).open("/settings/")
    page.fill("main input[type=search]", "first answer")
    page.get_by_role("link", name="First answer within").click()
    row = page.locator(".fc-setting", has_text="First answer within")

    row.get_by_role("button", name="Change First answer within").click()
    page.fill("#dialog-form input[name=value]", "0")
    page.locator("#dialog-form button[type=submit]").click()
    page.get_by_text("greater than or equal to 1").first.wait_for()
    page.fill("#dialog-form input[name=value]", "20")
    page.get_by_label("Fixed: counts everywhere").check()
    page.locator("#dialog-form button[type=submit]").click()
    row.get_by_text("20 minutes").wait_for()

    assert "Fixed by headquarters" in row.inner_text()
    assert value_of("crm.response_minutes") == 20
    row.get_by_role("button", name="Set back First answer within").click()
    page.locator("dialog[open] button[value=yes]").click()
    row.get_by_text("30 minutes").wait_for()


def test_a_store_manager_decides_for_her_store_on_the_phone(site, visit, in_group) -> None:
    page = visit("store_manager.SH01", size=PHONE).open("/settings/values/")
    row = page.locator(".fc-setting", has_text="First answer within")
    assert faults_of(page) == []

    row.get_by_role("button", name="Change First answer within").click()
    page.fill("#dialog-form input[name=value]", "15")
    assert faults_of(page) == []
    page.locator("#dialog-form button[type=submit]").click()
    row.get_by_text("15 minutes").wait_for()

    assert value_of("crm.response_minutes", store_id=site.stores["SH01"].pk) == 15
    assert value_of("crm.response_minutes") == 30
    overflow = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert overflow <= 1


def test_a_pattern_of_numbers_is_previewed_while_it_is_typed(site, visit, in_group) -> None:
    page = visit("owner", size=DESK).open("/settings/numbering/")
    page.get_by_role("button", name="Change Transfers").click()
    page.fill("#id_value", "{store}-V-{yyyy}-{seq:03}")
    page.get_by_text("-001").wait_for()
    page.locator("#dialog-form button[type=submit]").click()
    page.get_by_text("{store}-V-{yyyy}-{seq:03}").wait_for()

    assert value_of("numbering.TR") == "{store}-V-{yyyy}-{seq:03}"


def test_a_colour_shows_at_once_and_the_page_stays_readable(site, visit, in_group) -> None:
    page = visit("owner", size=DESK).open("/settings/look/")
    page.fill("input[name=colour]", "#7a1f2b")
    page.locator("#look-form button[type=submit]").click()
    page.locator("link[href='/brand/7a1f2b.css']").wait_for(state="attached")

    shown = page.locator(".fc-look-sample .btn-primary").evaluate(
        "button => getComputedStyle(button).backgroundColor"
    )
    assert shown == "rgb(122, 31, 43)"
    assert faults_of(page) == []
