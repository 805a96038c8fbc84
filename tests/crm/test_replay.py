"""A changed rule is tried on the leads of the last 90 days before it is published."""

from datetime import timedelta

import pytest

from apps.crm.actions import (
    describe_replay,
    get_replay,
    mark_invalid,
    publish_replay,
    put_tags,
    save_assignment_rule,
    save_tag,
    start_replay,
)
from apps.crm.actions.replay import start_set_replay
from apps.crm.models import AssignmentRule, AssignmentShare, CustomerTag, Lead
from forecourt.kernel.access import Actor, system_actor
from forecourt.kernel.clock import now, today
from forecourt.kernel.errors import Conflict, Invalid, NotFound, NotPermitted
from forecourt.kernel.models import AuditEntry, Job
from tests.factories.crm import make_lead
from tests.factories.organisation import actor_of, make_staff, make_store

SYSTEM = system_actor("test")
RULE = {"name": "规则", "strategy": "ROUND_ROBIN", "conditions": {}}


@pytest.fixture
def owner(group) -> Actor:
    return actor_of(make_staff("group_owner"))


@pytest.fixture
def shop(group):
    """Two stores with two advisors each, one rule, and twelve leads that it handed out."""
    stores = [make_store(), make_store()]
    people = [make_staff("sales_advisor", store) for store in stores for _each in range(2)]
    rule = AssignmentRule.objects.get()
    save_assignment_rule(rule_id=rule.pk, actor=SYSTEM, **RULE)
    leads = [make_lead(source="WEB" if place % 2 else "PHONE") for place in range(12)]
    return stores, people, rule, leads


def facts() -> tuple:
    return (
        list(AssignmentRule.objects.order_by("id").values()),
        list(AssignmentShare.objects.order_by("staff_id").values()),
        list(Lead.objects.order_by("id").values()),
    )


def run(django_capture_on_commit_callbacks, **options) -> Job:
    with django_capture_on_commit_callbacks(execute=True):
        job = start_replay(**options)
    job.refresh_from_db()
    return job


def test_an_unchanged_rule_makes_no_difference(owner, shop, django_capture_on_commit_callbacks):
    _stores, people, rule, _leads = shop
    before = facts()

    job = run(django_capture_on_commit_callbacks, rule_id=rule.pk, actor=owner, **RULE)

    assert job.state == "DONE"
    assert (job.result["judged"], job.result["moved"]) == (12, 0)
    assert job.result["people"] == {str(person.pk): [3, 3, 3] for person in people}
    assert facts() == before


def test_a_changed_rule_shows_who_would_have_got_the_leads(
    owner, shop, django_capture_on_commit_callbacks
):
    stores, _people, rule, _leads = shop
    before = facts()

    job = run(
        django_capture_on_commit_callbacks,
        rule_id=rule.pk,
        actor=owner,
        **{**RULE, "store_id": stores[1].pk},
    )

    assert job.result["stores"] == {
        str(stores[1].pk): [6, 6, 12],
        str(stores[0].pk): [6, 6, 0],
    }
    assert job.result["moved"] >= 6
    shown = describe_replay(job, owner)
    assert {row.name: row.difference for row in shown.stores} == {
        stores[0].name: -6,
        stores[1].name: 6,
    }
    assert all(stores[1].name in move.after for move in shown.moves)
    assert facts() == before


def test_a_new_rule_comes_last(owner, shop, django_capture_on_commit_callbacks):
    stores, _people, _rule, _leads = shop

    job = run(django_capture_on_commit_callbacks, actor=owner, **{**RULE, "store_id": stores[1].pk})

    assert job.result["moved"] == 0


def test_a_limit_of_open_leads_counts_those_that_were_open_then(
    owner, shop, django_capture_on_commit_callbacks
):
    _stores, _people, rule, leads = shop
    for lead in leads[:6]:
        mark_invalid(lead_id=lead.pk, reason="TEST", actor=SYSTEM)
    later = now() + timedelta(hours=1)
    Lead.objects.filter(pk__in=[lead.pk for lead in leads[6:]]).update(received_at=later)

    job = run(
        django_capture_on_commit_callbacks,
        rule_id=rule.pk,
        actor=owner,
        **{**RULE, "open_lead_cap": 1},
    )

    # Four get one each and two wait; then those have ended, and the same once more.
    assert {counts[2] for one, counts in job.result["people"].items() if one != "0"} == {2}
    assert job.result["people"]["0"] == [0, 0, 4]


def test_what_the_rules_did_not_decide_is_left_out(owner, shop, django_capture_on_commit_callbacks):
    _stores, people, rule, _leads = shop
    make_lead(owner=people[0])
    old = make_lead()
    Lead.objects.filter(pk=old.pk).update(received_date=today() - timedelta(days=90))

    job = run(django_capture_on_commit_callbacks, rule_id=rule.pk, actor=owner, **RULE)

    assert (job.result["judged"], job.result["owners"]) == (12, 1)


def test_a_store_that_was_asked_for_stands_above_the_rule(
    owner, shop, django_capture_on_commit_callbacks
):
    stores, _people, rule, _leads = shop
    asked = make_lead(store_id=stores[0].pk)

    job = run(
        django_capture_on_commit_callbacks,
        rule_id=rule.pk,
        actor=owner,
        **{**RULE, "store_id": stores[1].pk},
    )

    assert asked.pk not in {move["lead"] for move in job.result["moves"]}
    assert job.result["stores"][str(stores[0].pk)][2] == 1


def test_a_rule_for_a_tag_is_tried_on_the_tags_that_the_customers_had_then(
    owner, shop, django_capture_on_commit_callbacks
):
    stores, _people, rule, leads = shop
    tag = save_tag(name="VIP", actor=SYSTEM)
    put_tags({lead.customer_id: [tag.pk] for lead in leads[:6]}, actor=SYSTEM)
    # Three had the tag when they asked; the other three got it afterwards.
    early = [lead.customer_id for lead in leads[:3]]
    CustomerTag.objects.filter(customer__in=early).update(set_at=now() - timedelta(days=1))
    # One that a rule for tags handed out says itself which there were.
    noted = leads[6]
    Lead.objects.filter(pk=noted.pk).update(assignment={**noted.assignment, "tags": ["VIP"]})
    vip = {**RULE, "name": "VIP", "conditions": {"tags": ["VIP"]}, "store_id": stores[1].pk}

    with django_capture_on_commit_callbacks(execute=True):
        job = start_set_replay(
            rules=[vip, {"rule_id": rule.pk, **RULE, "store_id": stores[0].pk}], actor=owner
        )
    job.refresh_from_db()

    assert job.result["judged"] == 12
    assert job.result["stores"][str(stores[1].pk)][2] == 4
    assert job.result["stores"][str(stores[0].pk)][2] == 8


def test_what_was_tried_is_published(owner, shop, django_capture_on_commit_callbacks):
    stores, _people, rule, _leads = shop
    job = run(
        django_capture_on_commit_callbacks,
        rule_id=rule.pk,
        actor=owner,
        **{**RULE, "store_id": stores[1].pk},
    )
    assert AssignmentRule.objects.get().store_id is None

    publish_replay(job_id=job.pk, actor=owner)

    assert AssignmentRule.objects.get().store_id == stores[1].pk
    assert AuditEntry.objects.filter(
        subject_kind="crm.assignmentrule", changes__store=[None, stores[1].pk]
    ).exists()


def test_rules_that_have_been_changed_since_are_not_overwritten(
    owner, shop, django_capture_on_commit_callbacks
):
    stores, _people, rule, _leads = shop
    job = run(
        django_capture_on_commit_callbacks,
        rule_id=rule.pk,
        actor=owner,
        **{**RULE, "store_id": stores[1].pk},
    )
    save_assignment_rule(rule_id=rule.pk, actor=SYSTEM, **{**RULE, "name": "另一个"})
    before = facts()

    with pytest.raises(Conflict):
        publish_replay(job_id=job.pk, actor=owner)

    assert facts() == before


def test_a_replay_that_has_not_ended_is_not_published(owner, shop):
    job = start_replay(rule_id=shop[2].pk, actor=owner, **RULE)
    before = facts()

    with pytest.raises(Conflict):
        publish_replay(job_id=job.pk, actor=owner)

    assert facts() == before


def test_who_may_not_change_all_rules_tries_none(owner, shop):
    manager = actor_of(make_staff("store_manager", shop[0][0]))

    with pytest.raises(NotPermitted):
        start_replay(actor=manager, **RULE)
    assert not Job.objects.exists()
    with pytest.raises(NotFound):
        get_replay(job_id=start_replay(actor=owner, **RULE).pk, actor=manager)


def test_a_wrong_rule_is_refused_before_the_work_begins(owner, shop):
    for wrong, error in (
        ({"name": " "}, Invalid),
        ({"strategy": "LUCK"}, Invalid),
        ({"conditions": {"moon": ["full"]}}, Invalid),
        ({"rule_id": 0}, NotFound),
    ):
        with pytest.raises(error):
            start_replay(actor=owner, **{**RULE, **wrong})
    assert not Job.objects.exists()


def test_the_page_starts_a_replay_and_shows_it(
    owner, shop, group, client_of, django_capture_on_commit_callbacks
):
    from apps.organisation.models import StaffMember

    stores, _people, rule, leads = shop
    browser = client_of(group, StaffMember.objects.get(pk=owner.staff_id).user)
    form = {"name": "规则", "strategy": "ROUND_ROBIN", "store_id": str(stores[1].pk)}

    with django_capture_on_commit_callbacks(execute=True):
        answer = browser.post(f"/crm/assignment/{rule.pk}/", {**form, "replay": "yes"})

    assert answer.status_code == 302
    assert AssignmentRule.objects.get().store_id is None
    page = browser.get(answer["Location"])
    assert leads[0].number in page.text or leads[1].number in page.text
    published = browser.post(f"{answer['Location']}publish/")
    assert published.status_code == 302
    assert AssignmentRule.objects.get().store_id == stores[1].pk
