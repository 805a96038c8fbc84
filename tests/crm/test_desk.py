"""The desk's queue, and pages that stay quick however much there is."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.crm.models import FollowUp, Interaction, Lead, Opportunity
from forecourt.kernel.clock import now
from tests.factories.crm import make_lead, make_opportunity
from tests.factories.organisation import make_staff, make_store
from tests.factories.settings import decide

BOARD_MOVE_QUERIES = 16
PAGE_QUERIES = 12
"""Of a page that is open all day, by whoever sees most."""


@pytest.fixture
def store(group):
    return make_store()


@pytest.fixture
def advisor(store):
    return make_staff(store=store)


@pytest.fixture
def desk(group, client_of, store):
    return client_of(group, make_staff("lead_desk", store).user)


def test_the_queue_shows_the_most_urgent_first_and_who_is_late(desk, advisor):
    later, late = make_lead(owner=advisor), make_lead(owner=advisor, name="急先锋")
    Lead.objects.filter(pk=late.pk).update(response_due_at=now() - timedelta(minutes=5))
    make_lead(owner=make_staff(store=make_store()), name="别店客")

    page = desk.get(reverse("crm:lead_queue")).content.decode()
    named = desk.get(reverse("crm:lead_queue"), {"lead": later.pk}).content.decode()

    assert page.index("急先锋") < page.index(f"?lead={later.pk}")
    assert f"/crm/leads/{late.pk}/not-reached/" in page
    assert f"/crm/leads/{later.pk}/not-reached/" in named
    assert "别店客" not in page
    assert f"owner={advisor.pk}" in page


def test_nobody_picked_up_is_one_key_and_the_next_lead_follows(desk, advisor):
    lead = make_lead(owner=advisor)

    answer = desk.post(
        reverse("crm:lead_not_reached", args=[lead.pk]), headers={"HX-Request": "true"}
    )

    lead.refresh_from_db()
    assert answer.status_code in (200, 204)
    assert lead.first_response_at is not None
    assert Interaction.objects.get().result == "NO_ANSWER"
    assert FollowUp.objects.get().lead_id == lead.pk
    assert (
        f"/crm/leads/{lead.pk}/not-reached/"
        not in desk.get(reverse("crm:lead_queue")).content.decode()
    )


def test_the_queue_costs_few_statements(desk, advisor, django_assert_max_num_queries):
    for _ in range(5):
        make_lead(owner=advisor)
    desk.get(reverse("crm:lead_queue"))

    with django_assert_max_num_queries(12):
        desk.get(reverse("crm:lead_queue"))


def _count(browser, address):
    browser.get(address)
    with CaptureQueriesContext(
        connection,
    ) as seen:
        answer = browser.get(address)
    assert answer.status_code == 200
    return len(seen), answer.content.decode()


def test_a_customer_with_two_thousand_entries_opens_like_one_with_five(group, client_of, advisor):
    browser = client_of(group, advisor.user)
    customer = make_lead(owner=advisor).customer
    address = reverse("crm:customer_detail", args=[customer.pk])

    def contacts(count):
        Interaction.objects.bulk_create(
            Interaction(
                customer=customer,
                store_id=advisor.home_store_id,
                author=advisor,
                kind="CALL",
                result="REACHED",
                note=f"call {number}",
                happened_at=now() - timedelta(hours=number),
                recorded_at=now(),
            )
            for number in range(count)
        )

    contacts(5)
    few, page = _count(browser, address)
    entries = reverse("crm:customer_timeline", args=[customer.pk])
    assert entries in page
    few_entries, _shown = _count(browser, entries)
    contacts(2000)
    many, _page = _count(browser, address)
    many_entries, shown = _count(browser, entries)

    assert (many, many_entries) == (few, few_entries)
    assert few_entries <= PAGE_QUERIES
    assert shown.count("call ") < 60
    assert f"{entries}?before=" in shown


@pytest.mark.parametrize("role", ["sales_advisor", "store_manager", "group_owner"])
def test_the_pages_of_a_day_cost_few_statements(group, client_of, advisor, role):
    deal = make_opportunity(owner=advisor)
    lead = make_lead(owner=advisor)
    person = advisor if role == "sales_advisor" else make_staff(role, advisor.home_store)
    browser = client_of(group, person.user)
    pages = (
        ("crm:customer_detail", [deal.customer_id]),
        ("crm:customer_timeline", [deal.customer_id]),
        ("crm:lead_detail", [lead.pk]),
        ("crm:opportunity_detail", [deal.pk]),
        ("crm:opportunity_offers", [deal.pk]),
        ("crm:opportunity_board", []),
    )

    costs = {name: _count(browser, reverse(name, args=args))[0] for name, args in pages}

    assert {name: cost for name, cost in costs.items() if cost > PAGE_QUERIES} == {}


def test_who_may_claim_a_waiting_lead_reads_what_was_before(group, client_of, advisor):
    decide("crm.open_lead_cap", 1)
    make_lead(owner=advisor)
    waiting = make_lead(store_id=advisor.home_store_id)
    rival = make_staff(store=advisor.home_store)
    stranger = make_staff(store=make_store())
    entries = reverse("crm:customer_timeline", args=[waiting.customer_id])

    assert waiting.owner_id is None
    assert client_of(group, rival.user).get(entries).status_code == 200
    assert client_of(group, stranger.user).get(entries).status_code == 404


def test_moving_a_card_costs_the_same_however_full_the_board_is(group, client_of, advisor):
    browser = client_of(group, advisor.user)
    deal = make_opportunity(owner=advisor)

    def move(stage):
        with CaptureQueriesContext(connection) as seen:
            answer = browser.post(
                reverse("crm:opportunity_move"), {"card": str(deal.pk), "lane": stage}
            )
        assert answer.status_code == 200
        return len(seen), answer

    move("CONTACTED")
    alone, _answer = move("VISITED")
    for _ in range(15):
        make_opportunity(owner=advisor)
    full, answer = move("QUOTED")
    page = answer.content.decode()

    # The card alone is drawn anew, on top of its lane, and every lane's number.
    assert page.count("data-card=") == 1
    assert 'hx-swap-oob="afterbegin:#opportunity-board-QUOTED-cards"' in page
    assert answer["HX-Reswap"] == "none"
    counts = {"NEW": 15, "QUOTED": 1, "CONTACTED": 0}
    for stage, count in counts.items():
        assert f'id="opportunity-board-{stage}-count" hx-swap-oob="true">{count}<' in page

    assert Opportunity.objects.get(pk=deal.pk).stage == "QUOTED"
    assert full == alone <= BOARD_MOVE_QUERIES
