"""How much waits for a person: the number in the navigation, and the inbox behind it."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.approvals.actions import approve, plan_absence
from apps.approvals.queries.waiting import waiting_count
from apps.approvals.rules.steps import Step
from apps.vehicles.actions import approve_transfer, request_transfer
from apps.vehicles.rules.states import TransferReason
from forecourt.kernel.access import system_actor
from forecourt.kernel.clock import today
from tests.factories.approvals import Desk
from tests.factories.organisation import actor_of, make_staff, make_store
from tests.factories.vehicles import make_unit

pytestmark = pytest.mark.usefixtures("group")


def test_the_number_follows_what_is_asked_and_decided(django_capture_on_commit_callbacks):
    desk = Desk(Step(roles=("sales_manager",), needs_all=True))

    def counted() -> list[int]:
        people = (desk.sales, desk.other_sales, desk.manager)
        return [waiting_count.get(person.pk) for person in people]

    assert counted() == [0, 0, 0]
    with django_capture_on_commit_callbacks(execute=True):
        request = desk.submit()
    assert counted() == [1, 1, 0]
    with django_capture_on_commit_callbacks(execute=True):
        approve(approval_id=request.pk, actor=actor_of(desk.sales))
    assert counted() == [0, 1, 0]
    with django_capture_on_commit_callbacks(execute=True):
        plan_absence(
            substitute_id=desk.manager.pk,
            from_date=today(),
            to_date=today(),
            actor=actor_of(desk.other_sales),
        )
    assert counted() == [0, 1, 1]


def test_a_transfer_without_a_flow_counts_for_who_may_approve_it(
    django_capture_on_commit_callbacks,
):
    store, receiver = make_store(), make_store()
    manager = make_staff("store_manager", store)
    assert waiting_count.get(manager.pk) == 0

    with django_capture_on_commit_callbacks(execute=True):
        transfer = request_transfer(
            stock_unit_ids=[make_unit(store).pk],
            to_store_id=receiver.pk,
            reason=TransferReason.BALANCING,
            actor=system_actor(),
        )
    assert waiting_count.get(manager.pk) == 1
    with django_capture_on_commit_callbacks(execute=True):
        approve_transfer(transfer_id=transfer.pk, actor=actor_of(manager))
    assert waiting_count.get(manager.pk) == 0


def test_a_page_shows_the_number_from_the_cache_alone(group, client_of):
    desk = Desk(Step(roles=("sales_manager",)))
    desk.submit()
    client = client_of(group, desk.sales.user)

    def shown() -> str | None:
        page = client.get("/notifications/").content.decode()
        found = re.search(r'class="fc-nav-badge" hx-get="([^"]+)" hx-trigger="(load)?', page)
        assert found, "There is no badge."
        return found[2]

    assert shown() == "load"
    assert ">1</span>" in client.get("/approvals/waiting-badge/").content.decode()
    assert shown() is None
    with CaptureQueriesContext(connection) as made:
        client.get("/notifications/")
    assert not any("approvals_" in query["sql"] for query in made)


# --- Deciding where no flow asks ----------------------------------------------------------------


def _ask(store, receiver):
    return request_transfer(
        stock_unit_ids=[make_unit(store).pk],
        to_store_id=receiver.pk,
        reason=TransferReason.BALANCING,
        actor=system_actor(),
    )


def test_several_transfers_are_approved_from_the_inbox(group, client_of):
    store, receiver = make_store(), make_store()
    manager = make_staff("store_manager", store)
    mine, other, left = _ask(store, receiver), _ask(store, receiver), _ask(store, receiver)
    chosen = [f"vehicles.transfer:{row.pk}" for row in (mine, other)]

    page = client_of(group, manager.user).post("/approvals/approve/", {"subject": chosen})

    assert page.status_code == 302
    for row in (mine, other, left):
        row.refresh_from_db()
    assert (mine.state, other.state, left.state) == ("APPROVED", "APPROVED", "REQUESTED")
    assert mine.approved_by_id == manager.pk


def test_what_cannot_be_approved_is_told_and_leaves_the_others(group, client_of):
    store, receiver = make_store(), make_store()
    manager = make_staff("store_manager", store)
    mine, theirs = _ask(store, receiver), _ask(receiver, store)
    chosen = [f"vehicles.transfer:{theirs.pk}", f"vehicles.transfer:{mine.pk}", "people.leave:1"]
    browser = client_of(group, manager.user)

    page = browser.post("/approvals/approve/", {"subject": chosen}, follow=True)

    mine.refresh_from_db()
    theirs.refresh_from_db()
    assert (mine.state, theirs.state) == ("APPROVED", "REQUESTED")
    told = [str(message) for message in page.context["messages"]]
    assert len(told) == 3


def test_nothing_chosen_changes_nothing(group, client_of):
    store, receiver = make_store(), make_store()
    manager = make_staff("store_manager", store)
    mine = _ask(store, receiver)

    page = client_of(group, manager.user).post("/approvals/approve/", {})

    mine.refresh_from_db()
    assert mine.state == "REQUESTED"
    assert page.status_code in (400, 409, 422)
