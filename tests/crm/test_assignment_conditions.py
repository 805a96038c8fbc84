"""Whom a rule means: what the lead, its customer and its candidates must be, and who is there."""

import pytest

from apps.approvals.actions import plan_absence
from apps.crm.actions import order_assignment_rules, put_tags, save_assignment_rule, save_tag
from apps.crm.models import AssignmentRule, Customer, Lead
from apps.crm.rules.assignment import LeadFacts, checked_conditions, matches
from apps.organisation.models import Department, Position
from forecourt.kernel.access import system_actor
from forecourt.kernel.clock import today
from forecourt.kernel.errors import Invalid
from tests.factories.crm import make_lead, next_phone
from tests.factories.organisation import actor_of, make_staff, make_store

SYSTEM = system_actor()


def first_rule(**fields):
    """A rule that stands above the one that every group begins with."""
    values = {"name": "first", "strategy": "ROUND_ROBIN", "conditions": {}} | fields
    rule = save_assignment_rule(actor=SYSTEM, **values)
    others = AssignmentRule.objects.exclude(pk=rule.pk).values_list("pk", flat=True)
    order_assignment_rules(rule_ids=[rule.pk, *others], actor=SYSTEM)
    return rule


@pytest.mark.parametrize(
    ("hours", "minute", "holds"),
    [
        ("09:00-18:00", 9 * 60, True),
        ("09:00-18:00", 18 * 60, False),
        ("18:00-09:00", 23 * 60, True),
        ("18:00-09:00", 8 * 60 + 59, True),
        ("18:00-09:00", 12 * 60, False),
        ("00:00-00:00", 720, True),
    ],
)
def test_a_rule_may_count_at_a_time_of_day_only(hours, minute, holds):
    conditions = checked_conditions({"hours": [hours]})

    assert matches(conditions, LeadFacts(minute=minute)) is holds
    assert not matches(conditions, LeadFacts())


@pytest.mark.parametrize("hours", ["9-18", "25:00-26:00", "evening"])
def test_a_time_that_is_none_is_refused(hours):
    with pytest.raises(Invalid):
        checked_conditions({"hours": [hours]})


def test_a_tagged_customer_who_comes_again_goes_by_the_rule_for_the_tag(group):
    store = make_store()
    make_staff(store=store)
    expert = make_staff(store=make_store())
    lead = make_lead(store_id=store.pk, phone="13800138000")
    tag = save_tag(name="VIP", actor=SYSTEM)
    put_tags({lead.customer_id: [tag.pk]}, actor=SYSTEM)
    first_rule(conditions={"tags": ["VIP"]}, staff_ids=[expert.pk], store_id=expert.home_store_id)
    Lead.objects.all().update(state="INVALID", invalid_reason="TEST", closed_at=lead.received_at)
    Customer.objects.update(owner=None, home_store=None)

    again, other = make_lead(phone="13800138000"), make_lead(phone=next_phone())

    assert (again.owner_id, again.assignment["rule"]["name"]) == (expert.pk, "first")
    assert other.assignment["rule"]["name"] != "first"


def test_candidates_are_narrowed_to_positions_and_to_teams_with_what_lies_below(group):
    store = make_store()
    position = Position.objects.create(code="ev_advisor", name_zh="新能源顾问")
    team = Department.objects.create(store=store, name_zh="展厅", name_en="Showroom")
    below = Department.objects.create(store=store, parent=team, name_zh="一组")
    make_staff(store=store, position=position)
    make_staff(store=store, department=below)
    wanted = make_staff(store=store, position=position, department=below)
    first_rule(
        conditions={"positions": ["ev_advisor"], "departments": ["showroom"]}, store_id=store.pk
    )

    owners = {make_lead(store_id=store.pk).owner_id for _ in range(3)}

    assert owners == {wanted.pk}


def test_nobody_who_is_away_today_gets_a_lead(group):
    store = make_store()
    away, there = make_staff(store=store), make_staff(store=store)
    assert {make_lead(store_id=store.pk).owner_id for _ in range(2)} == {away.pk, there.pk}
    plan_absence(substitute_id=there.pk, from_date=today(), to_date=today(), actor=actor_of(away))

    owners = {make_lead(store_id=store.pk).owner_id for _ in range(3)}

    assert owners == {there.pk}
