"""The bell, its drop-down and the inbox."""

import re

import pytest

from apps.notifications.actions import notify
from apps.notifications.models import Notification
from forecourt.kernel.access import system_actor
from tests.factories.crm import make_lead
from tests.factories.organisation import make_staff, make_store

HTMX = {"headers": {"HX-Request": "true"}}
LIST = {"headers": {"HX-Request": "true", "HX-Target": "bell-list"}}


@pytest.fixture
def person(group):
    return make_staff("store_manager", make_store())


@pytest.fixture
def browser(group, client_of, person):
    browser = client_of(group, person.user)
    browser.cookies["django_language"] = "en"
    return browser


@pytest.fixture
def told(person, tea, django_capture_on_commit_callbacks):
    """``told("a")``: the person is told of tea under that key."""

    def tell(key, **values):
        with django_capture_on_commit_callbacks(execute=True):
            notify(
                tea,
                recipients=[person.pk],
                subject=person,
                values={"guest": key, **values},
                key=key,
                actor=system_actor(),
            )

    return tell


def number_on(page) -> str:
    found = re.search(r'<span class="fc-bar-count"[^>]*>([^<]*)</span>', page.content.decode())
    return found[1] if found else ""


def test_the_bell_is_on_every_page_and_costs_no_query(browser, told, django_assert_num_queries):
    told("a")
    browser.get("/organisation/stores/")
    with_bell = browser.get("/organisation/stores/")

    assert 'id="bell-place"' in with_bell.content.decode()
    assert 'hx-trigger="load, pulse' in with_bell.content.decode(), "the number comes by itself"
    assert number_on(browser.get("/notifications/bell/", **HTMX)) == "1"
    assert number_on(browser.get("/organisation/stores/")) == "1"


def test_the_bell_answers_only_what_is_new(browser, told):
    told("a")
    first = browser.get("/notifications/bell/", **HTMX)
    seen = re.search(r'name="seen" value="(\w+)"', first.content.decode())[1]

    same = browser.get(f"/notifications/bell/?seen={seen}", **HTMX)
    told("b")
    new = browser.get(f"/notifications/bell/?seen={seen}", **HTMX)

    assert same.status_code == 204
    assert (new.status_code, number_on(new)) == (200, "2")


def test_more_than_the_bell_counts_is_shown_as_more(browser, person, tea, told):
    Notification.objects.bulk_create(
        Notification(
            recipient_id=person.pk, event=tea.code, key=f"k{number}", created_at="2026-01-01T00:00Z"
        )
        for number in range(120)
    )

    assert number_on(browser.get("/notifications/bell/", **HTMX)) == "99+"


def test_the_drop_down_shows_the_newest_and_marks_all_read(browser, told):
    told("<b>a</b>")

    shown = browser.get("/notifications/latest/", **LIST).content.decode()
    after = browser.post("/notifications/read-all/", **LIST)

    assert "Tea for &lt;b&gt;a&lt;/b&gt;" in shown
    assert 'class="is-unread"' in shown
    assert after["HX-Trigger"] == "fc:bell"
    assert 'class="is-unread"' not in after.content.decode()
    assert not Notification.objects.filter(read_at__isnull=True).exists()


def test_an_empty_drop_down_says_so(browser):
    assert (
        "Nothing to tell you yet" in browser.get("/notifications/latest/", **LIST).content.decode()
    )


def test_opening_one_reads_it_and_leads_to_its_page(browser, person, told):
    told("a")
    row = Notification.objects.get()

    answer = browser.get(f"/notifications/{row.pk}/")

    row.refresh_from_db()
    assert answer["Location"] == f"/organisation/staff/{person.pk}/"
    assert row.read_at is not None


def test_the_page_behind_asks_for_the_right_itself(group, client_of):
    advisor, other = (make_staff("sales_advisor", make_store()) for _number in range(2))
    lead = make_lead(owner=advisor)
    row = Notification.objects.get(event="crm.lead_assigned")
    row.recipient_id = other.pk
    row.save()

    answer = client_of(group, other.user).get(f"/notifications/{row.pk}/", follow=True)

    assert answer.redirect_chain[-1][0] == f"/crm/leads/{lead.pk}/"
    assert answer.status_code == 404


def test_one_of_a_release_gone_by_leads_to_the_inbox(browser, person):
    row = Notification.objects.create(
        recipient_id=person.pk, event="gone.by", key="1", created_at="2026-01-01T00:00Z"
    )

    assert browser.get(f"/notifications/{row.pk}/")["Location"] == "/notifications/"
    assert "gone.by" in browser.get("/notifications/").content.decode()


def test_the_inbox_is_narrowed_by_kind_and_by_what_is_unread(browser, told, person):
    told("read")
    Notification.objects.update(read_at="2026-01-01T00:00Z")
    told("unread")
    Notification.objects.create(
        recipient_id=person.pk, event="gone.by", key="1", created_at="2026-01-01T00:00Z"
    )

    everything = browser.get("/notifications/").content.decode()
    unread = browser.get("/notifications/?unread=yes").content.decode()
    other = browser.get("/notifications/?kind=gone.by").content.decode()

    assert "Tea for read" in everything
    assert "Tea for unread" in everything
    assert "Tea for read" not in unread
    assert "Tea for unread" in unread
    assert "Tea for" not in other


def test_the_inbox_costs_few_queries(browser, told, django_assert_max_num_queries):
    for number in range(30):
        told(str(number))
    browser.get("/notifications/")

    with django_assert_max_num_queries(12):
        browser.get("/notifications/")


def test_chosen_rows_are_marked_as_read(browser, told):
    told("a")
    told("b")
    first = Notification.objects.order_by("pk").first()

    browser.post("/notifications/", {"bulk": "read", "row": first.pk})

    assert list(
        Notification.objects.filter(read_at__isnull=False).values_list("pk", flat=True)
    ) == [first.pk]
