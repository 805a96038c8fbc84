"""The kit in a real browser: what only a browser can show of forms, lists, boards, the palette."""

import pytest
from playwright.sync_api import Page, expect

from forecourt.kernel.clock import now
from forecourt.kernel.groups import inside
from forecourt.kernel.models import Job
from tests.journeys.conftest import DESK, PASSWORD, PHONE, Site, faults_of

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
STATES = ["DONE", "FAILED", "RUNNING"]


@pytest.fixture
def jobs(site: Site) -> None:
    with inside(site.group):
        Job.objects.bulk_create(
            Job(
                kind=f"kind{number:03}",
                state=STATES[number % 3],
                actor_id=site.people["owner"].pk,
                actor_name="owner",
                created_at=now(),
            )
            for number in range(120)
        )


def fill_in(page: Page) -> None:
    page.fill("#id_name", "王芳")
    page.fill("#id_phone", "13800138000")
    page.fill("#id_price", "219800")
    page.click("#id_brand")
    page.keyboard.type("byd")
    expect(page.get_by_role("option", name="BYD")).to_be_visible()
    page.keyboard.press("Enter")
    page.check("input[name=channel][value=WEB]")


@pytest.mark.parametrize(("size", "theme"), [(DESK, "dark"), (PHONE, "light")])
def test_axe_finds_nothing_in_any_component(site, visit, jobs, size, theme) -> None:
    visitor = visit("owner", size={**size, "height": 3000})
    visitor.page.context.add_cookies([{"name": "theme", "value": theme, "url": site.url}])

    for path in ("/gallery/", "/gallery/list/", "/gallery/form/", "/offline/", "/no/such/page/"):
        page = visitor.open(path)

        assert faults_of(page) == [], path
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth"), path


def test_a_form_is_filled_in_by_keyboard_and_saved(visit) -> None:
    page = visit("owner").open("/gallery/form/")
    fill_in(page)

    page.press("#id_name", "Enter")

    expect(page.locator(".fc-toast")).to_contain_text("Saved.")


def test_a_field_is_checked_when_it_is_left(visit) -> None:
    page = visit("owner").open("/gallery/form/")
    page.fill("#id_phone", "123")

    page.press("#id_phone", "Tab")

    expect(page.locator("#id_phone_error")).to_be_visible()
    expect(page.locator("#id_phone")).to_have_attribute("aria-invalid", "true")
    page.fill("#id_phone", "13800138000")
    page.press("#id_phone", "Tab")
    expect(page.locator("#id_phone")).to_have_attribute("aria-invalid", "false")


def test_a_refused_form_says_where_and_keeps_what_was_typed(visit) -> None:
    page = visit("owner").open("/gallery/form/")
    page.fill("#id_name", "王芳")

    page.get_by_role("button", name="Save").click()

    expect(page.locator(".fc-error-summary")).to_be_focused()
    expect(page.locator("#id_name")).to_have_value("王芳")
    page.locator(".fc-error-summary a").first.click()
    expect(page.locator("#id_phone")).to_be_focused()


def test_leaving_with_unsaved_input_is_asked_about(visit) -> None:
    page = visit("owner").open("/gallery/form/")
    page.fill("#id_name", "王芳")
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))

    page.locator(".fc-crumbs a").click()
    page.wait_for_url("**/gallery/")

    assert asked == ["beforeunload"]


def test_nothing_typed_is_lost_when_the_session_has_ended(site, visit) -> None:
    visitor = visit("owner")
    page = visitor.open("/gallery/form/")
    fill_in(page)
    page.context.clear_cookies(name="sessionid")

    page.get_by_role("button", name="Save").click()
    expect(page.locator("#sign-in-again")).to_be_visible()
    page.locator("#sign-in-again-link").click()
    page.fill("input[name=login]", site.people["owner"].email)
    page.fill("input[name=password]", PASSWORD)
    page.locator("main button[type=submit]").first.click()

    page.wait_for_url("**/gallery/form/")
    expect(page.locator("#id_name")).to_have_value("王芳")
    expect(page.locator("#id_brand")).to_have_value("比亚迪 BYD")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".fc-toast").last).to_contain_text("Saved.")


def test_a_list_is_narrowed_sorted_paged_and_gone_back_in(visit, jobs) -> None:
    page = visit("owner").open("/gallery/list/")

    page.get_by_role("button", name="State").click()
    page.get_by_label("Failed").check()
    expect(page.locator("[role=status]", has_text="40 rows")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Kind").click()
    expect(page.locator("th[aria-sort=ascending]")).to_contain_text("Kind")

    assert "state=FAILED" in page.url
    assert "sort=kind" in page.url
    page.go_back()
    expect(page.locator("th[aria-sort=descending]")).to_contain_text("Job no.")
    expect(page.locator("[role=status]", has_text="40 rows")).to_be_visible()


def test_chosen_rows_bring_up_their_actions(visit, jobs) -> None:
    page = visit("owner").open("/gallery/list/")

    page.locator("[data-all-rows]").check()

    expect(page.locator("[data-chosen]")).to_have_text("50 chosen")
    page.get_by_role("button", name="Check", exact=True).click()
    page.locator("#confirm-yes").click()
    expect(page.locator(".fc-toast").first).to_contain_text("25 rows done.")
    expect(page.locator(".fc-bulk")).to_be_hidden()


def test_the_palette_opens_a_page_without_the_mouse(visit) -> None:
    page = visit("owner").open("/gallery/")

    page.keyboard.press("Control+k")
    page.keyboard.type("stores")
    expect(page.locator("#palette [role=option][aria-selected=true]")).to_contain_text("Stores")
    page.keyboard.press("Enter")

    page.wait_for_url("**/organisation/stores/")


def test_a_card_is_moved_by_menu_and_a_refused_one_goes_back(visit) -> None:
    page = visit("owner").open("/gallery/")
    board = page.locator("#sample-board")

    board.locator("[data-card='2'] button").first.press("Enter")
    page.get_by_role("button", name="Contacted").locator("visible=true").press("Enter")
    expect(board.locator("[data-lane=CONTACTED] [data-card='2']")).to_be_visible()
    board.locator("[data-card='4'] button").first.press("Enter")
    page.get_by_role("button", name="New", exact=True).locator("visible=true").press("Enter")

    expect(page.locator("#messages")).to_contain_text("stays where it is")
    expect(board.locator("[data-lane=QUALIFIED] [data-card='4']")).to_be_visible()


def test_a_chart_can_be_read_as_a_table(visit) -> None:
    page = visit("owner").open("/gallery/")
    chart = page.locator("#sample-sales")
    chart.scroll_into_view_if_needed()

    expect(chart.locator("canvas")).to_be_visible()
    chart.get_by_text("Show as table").click()

    expect(chart.locator("tfoot")).to_contain_text("320")


def test_the_menu_of_a_phone_opens_and_closes(visit) -> None:
    page = visit("owner", size=PHONE).open("/gallery/")

    page.get_by_role("button", name="Menu", exact=True).locator("visible=true").last.click()
    expect(page.locator("#nav")).to_be_visible()
    page.keyboard.press("Escape")

    expect(page.locator("#nav")).to_be_hidden()
