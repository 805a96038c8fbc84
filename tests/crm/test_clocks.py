"""Times to answer by the hours, holidays and zone of the store, and after nobody looked."""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from apps.crm.actions import reminders, schedule_follow_up
from apps.crm.models import Customer, FollowUp, Lead
from apps.crm.rules.contacts import next_follow_up_at
from apps.crm.rules.leads import response_due_at
from apps.notifications.models import Notification
from apps.organisation.models import StaffMember
from forecourt.kernel import verify
from forecourt.kernel.access import system_actor
from tests.factories.crm import make_lead, make_opportunity
from tests.factories.organisation import make_staff, make_store
from tests.factories.settings import decide

SYSTEM = system_actor()
HOURS = {"opens_at": time(9), "closes_at": time(18), "zone": ZoneInfo("Asia/Shanghai")}
FRIDAY_EVENING = datetime(2026, 9, 30, 9, 50, tzinfo=UTC)  # 17:50 in Shanghai


def test_a_holiday_counts_for_nothing():
    closed = [date(2026, 10, day) for day in range(1, 8)]

    due = response_due_at(since=FRIDAY_EVENING, minutes=30, closed=closed, **HOURS)
    planned = next_follow_up_at(after=FRIDAY_EVENING, days=1, result="", closed=closed, **HOURS)

    assert due == datetime(2026, 10, 8, 1, 20, tzinfo=UTC)
    assert planned.date() == date(2026, 10, 8)
    on_a_holiday = datetime(2026, 10, 3, 3, 0, tzinfo=UTC)
    assert response_due_at(since=on_a_holiday, minutes=30, closed=closed, **HOURS) == datetime(
        2026, 10, 8, 1, 30, tzinfo=UTC
    )


@pytest.fixture
def clock(monkeypatch):
    """``clock(moment)``: what every part of the module takes to be now."""
    modules = (
        "apps.crm.actions.leads",
        "apps.crm.actions.registration",
        "apps.crm.actions.reminders",
        "apps.crm.actions.contacts",
        "apps.crm.queries.contacts",
        "apps.crm.queries.leads",
        "apps.crm.actions.telling",
    )

    def set_to(moment):
        for module in modules:
            monkeypatch.setattr(f"{module}.now", lambda: moment)

    return set_to


def at(hour, minute, day=5):
    """A moment of May 2026 by the clock of Ürümqi, where the stores of these tests are."""
    return datetime(2026, 5, day, hour, minute, tzinfo=ZoneInfo("Asia/Urumqi"))


@pytest.fixture
def people(group, clock):
    """A store in another zone, its advisor and her manager; a holiday on the sixth."""
    store = make_store(time_zone="Asia/Urumqi")
    decide("organisation.closed_days", ["2026-05-06"], store_id=store.pk)
    manager = make_staff("sales_manager", store)
    clock(at(17, 40))
    return make_staff(store=store, manager=manager), manager


def told(person):
    return Notification.objects.filter(recipient_id=person.pk, event__startswith="crm.answer")


def sweep():
    return (
        reminders.remind_of_late_answers(),
        reminders.tell_managers_of_late_answers(),
        reminders.give_back_unanswered(),
    )


def test_advisor_manager_and_everybody_in_business_hours_though_the_worker_was_down(people, clock):
    advisor, manager = people
    lead = make_lead(owner=advisor)
    assert lead.response_due_at == at(9, 10, day=7)

    clock(at(9, 9, day=7))
    assert sweep() == (0, 0, 0)
    # Down from 9:09 to 10:09: the advisor hears late, and has her time from then on.
    clock(at(10, 9, day=7))
    assert sweep() == (1, 0, 0)
    assert sweep() == (0, 0, 0)
    clock(at(10, 38, day=7))
    assert sweep() == (0, 0, 0)
    # Down until just before closing: the manager hears, and the rest of her time is tomorrow's.
    clock(at(17, 50, day=7))
    assert sweep() == (0, 1, 0)
    clock(at(23, 0, day=7))
    assert sweep() == (0, 0, 0)
    clock(at(9, 19, day=8))
    assert sweep() == (0, 0, 0)
    clock(at(9, 20, day=8))
    assert sweep() == (0, 0, 1)
    assert sweep() == (0, 0, 0)

    lead = Lead.objects.get()
    assert (lead.state, lead.owner_id, lead.response_due_at) == ("NEW", None, None)
    assert lead.assignment == {"how": "returned", "name": advisor.name}
    assert Customer.objects.get().owner_id is None
    assert (told(advisor).count(), told(manager).count()) == (1, 1)
    assert not [problem for _name, found in verify.run_checks() for problem in found]


def test_a_group_may_leave_unanswered_leads_where_they_are(people, clock):
    advisor, _manager = people
    decide("crm.returns_unanswered", False)
    make_lead(owner=advisor)
    for moment in (at(12, 0, day=7), at(14, 0, day=7), at(16, 0, day=7)):
        clock(moment)
        sweep()

    assert Lead.objects.get().owner_id == advisor.pk


def test_a_customer_in_the_middle_of_a_deal_keeps_her_owner(people, clock):
    advisor, _manager = people
    make_opportunity(owner=advisor, phone="13800138000")
    Lead.objects.update(received_at=at(9, 0) - timedelta(days=200))
    make_lead(owner=advisor, phone="13800138000")
    for moment in (at(12, 0, day=7), at(14, 0, day=7), at(16, 0, day=7)):
        clock(moment)
        sweep()

    assert Lead.objects.latest("pk").owner_id is None
    assert Customer.objects.get().owner_id == advisor.pk


def test_planned_contacts_are_called_to_mind_once_each_whenever_the_worker_comes(people, clock):
    advisor, _manager = people
    make_opportunity(owner=advisor)
    FollowUp.objects.update(due_at=at(10, 0, day=7))

    clock(at(9, 59, day=7))
    assert reminders.remind_of_overdue_contacts() == 0
    clock(at(11, 30, day=7))
    assert reminders.remind_of_overdue_contacts() == 1
    assert reminders.remind_of_overdue_contacts() == 0
    planned = FollowUp.objects.get()
    schedule_follow_up(actor=SYSTEM, opportunity_id=planned.opportunity_id, due_at=at(12, 0, day=7))
    assert reminders.remind_of_overdue_contacts() == 0
    clock(at(15, 0, day=7))
    assert reminders.remind_of_overdue_contacts() == 1
    assert reminders.remind_of_overdue_contacts() == 0


def test_after_the_limit_managers_hear_whose_contacts_are_overdue_and_see_them(
    people, clock, group, client_of
):
    advisor, manager = people
    late = [make_opportunity(owner=advisor).pk for _number in range(2)]
    FollowUp.objects.update(due_at=at(10, 0, day=7))
    # Late for a day only, and nobody's of the manager's people: neither goes up to her.
    for owner, day in ((advisor, 8), (make_staff(store=make_store()), 7)):
        planned = FollowUp.objects.filter(opportunity=make_opportunity(owner=owner))
        planned.update(due_at=at(10, 0, day=day))
    decide("crm.overdue_days", 2)

    clock(at(8, 40, day=8))
    assert reminders.tell_managers_of_overdue_contacts(day=date(2026, 5, 8)) == 0
    clock(at(11, 0, day=9))
    # Nobody is named as the advisor's manager: then it is whoever gives out leads in her store.
    StaffMember.objects.filter(pk=advisor.pk).update(manager=None)
    assert reminders.tell_managers_of_overdue_contacts(day=date(2026, 5, 9)) == 1

    told = Notification.objects.get(event="crm.contacts_overdue_of_others")
    assert (told.recipient_id, told.values["count"]) == (manager.pk, "2")
    answer = client_of(group, manager.user).get(f"/notifications/{told.pk}/", follow=True)
    assert answer.redirect_chain[-1][0] == "/crm/follow-ups/?gone_up=yes"
    assert rows_of(answer) == set(late)
    answer = client_of(group, manager.user).get("/crm/follow-ups/?overdue=yes&gone_up=no")
    assert rows_of(answer).isdisjoint(late)


def rows_of(page):
    return {int(pk) for pk in re.findall(r'href="/crm/opportunities/(\d+)/', page.text)}
