"""Leads come in: customers found by phone, repeats joined, owners protected, one owner each."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.crm.actions import (
    enquiry,
    mark_invalid,
    qualify_lead,
    reassign_leads,
    register_lead,
    register_leads,
)
from apps.crm.actions.assignment_rules import order_assignment_rules, save_assignment_rule
from apps.crm.models import AssignmentRule, Customer, CustomerPhone, Interaction, Lead
from apps.notifications.models import Notification
from apps.organisation.brands import KNOWN
from forecourt.kernel.access import system_actor
from forecourt.kernel.clock import now
from forecourt.kernel.errors import Invalid, NotFound, NotPermitted
from forecourt.kernel.group_settings import value_of
from forecourt.kernel.models import AuditEntry, MeasureDelta
from tests.factories.crm import make_lead, next_phone
from tests.factories.organisation import actor_of, make_staff, make_store
from tests.factories.settings import decide
from tests.factories.vehicles import make_brand

SYSTEM = system_actor()


def test_a_new_phone_makes_a_customer_and_a_lead_with_one_owner(group):
    store = make_store(division_code="310115")
    advisor = make_staff(store=store)

    registered = register_lead(
        actor=SYSTEM,
        source="AUTOHOME",
        phone="138 0013 8000",
        name="张伟",
        division_code="310115",
        brand="比亚迪",
        external_id="ah-1",
        payload={"form": "42"},
    )

    lead = Lead.objects.select_related("customer").get()
    assert registered.is_new
    assert registered.lead == lead
    assert (lead.state, lead.owner_id, lead.store_id) == ("ASSIGNED", advisor.pk, store.pk)
    assert lead.response_due_at is not None
    assert lead.payload == {"form": "42"}
    assert lead.number.startswith(f"{store.code}-LD-")
    assert lead.assignment["how"] == "rule"
    customer = lead.customer
    assert (customer.name, customer.primary_phone) == ("张伟", "+8613800138000")
    assert (customer.owner_id, customer.home_store_id) == (advisor.pk, store.pk)
    assert list(customer.phones.values_list("phone", "is_primary")) == [("+8613800138000", True)]
    assert MeasureDelta.objects.get(measure="leads_new").quantity == 1
    assert set(AuditEntry.objects.values_list("action", flat=True)) == {"created", "registered"}


def test_it_takes_few_statements(group, django_assert_max_num_queries):
    make_staff(store=make_store(division_code="310115"))
    make_lead(division_code="310115")  # weighs the advisors, once a day

    # With the savepoint that the test's transaction adds, and the look for a campaign behind it.
    with django_assert_max_num_queries(13):
        make_lead(division_code="310115", external_id="x-1")


@pytest.mark.parametrize(("named", "asked"), [("BYD", "比亚迪"), ("比亚迪", " byd ")])
def test_a_rule_knows_a_brand_by_all_its_names(group, named, asked):
    make_brand(name_zh="比亚迪", name_en="BYD")
    KNOWN.forget()
    store = make_store()
    advisor = make_staff(store=store)
    make_staff(store=make_store())
    rule = save_assignment_rule(
        actor=SYSTEM,
        name="比亚迪专人",
        strategy="WON_RATE",
        conditions={"brands": [named]},
        staff_ids=[advisor.pk],
        store_id=store.pk,
    )
    order_assignment_rules(rule_ids=[rule.pk], actor=SYSTEM)

    lead = make_lead(brand=asked)

    assert lead.assignment["rule"]["id"] == rule.pk
    assert lead.owner_id == advisor.pk


def test_a_repeat_joins_the_open_lead_and_is_kept(group):
    make_staff(store=make_store())
    first = make_lead(phone="13800138000", external_id="a")

    second = register_lead(
        actor=SYSTEM, source="YICHE", phone="+86 13800138000", message="再问一次", external_id="b"
    )

    assert second.is_repeat
    assert second.lead == first
    assert Lead.objects.get().repeat_count == 1
    kept = Interaction.objects.get()
    assert (kept.kind, kept.source, kept.note) == ("ENQUIRY", "YICHE", "再问一次")
    assert Customer.objects.count() == 1


def test_the_same_message_delivered_twice_changes_nothing(group):
    make_staff(store=make_store())
    first = make_lead(phone="13800138000", source="YICHE", external_id="a")
    register_lead(actor=SYSTEM, source="YICHE", phone="13800138000", external_id="b")

    again = [
        register_lead(actor=SYSTEM, source="YICHE", phone="13800138000", external_id=reference)
        for reference in ("a", "b")
    ]

    assert all(answer.is_redelivery and answer.lead == first for answer in again)
    assert Lead.objects.get().repeat_count == 1
    assert Interaction.objects.count() == 1


def test_a_repeat_joins_the_opportunity_that_came_of_the_lead(group):
    advisor = make_staff(store=make_store())
    lead = make_lead(owner=advisor, phone="13800138000")
    qualify_lead(lead_id=lead.pk, level="A", actor=SYSTEM)

    again = register_lead(actor=SYSTEM, source="WEB", phone="13800138000")

    assert again.is_repeat
    assert again.lead == lead


@pytest.mark.parametrize("is_open", [False, True], ids=["a new lead", "an open lead"])
@pytest.mark.parametrize("by_person", [True, False], ids=["a person", "a store"])
def test_a_customer_brought_in_by_others_stays_with_her_owner_and_managers_are_told(
    group, client_of, is_open, by_person
):
    here, there = make_store(), make_store()
    owner, rival = make_staff(store=here), make_staff(store=there)
    managers = [make_staff("store_manager", store) for store in (here, there)]
    first = make_lead(owner=owner, phone="13800138000", name="王小明")
    if not is_open:
        mark_invalid(lead_id=first.pk, reason="OTHER", actor=SYSTEM)
    asked = {"owner_id": rival.pk} if by_person else {"store_id": there.pk}

    for _again in range(2):
        lead = register_lead(
            actor=actor_of(rival), source="WALK_IN", phone="13800138000", name="小王", **asked
        ).lead

    lead.refresh_from_db()
    assert (lead.owner_id, lead.store_id) == (owner.pk, here.pk)
    clash = lead.assignment["clash"]
    assert (clash["id"], clash["store_id"]) == (rival.pk if by_person else None, there.pk)
    told = Notification.objects.filter(event="crm.owners_clash")
    # Once a day; those of the other store learn neither her name nor whose she is.
    assert told.get().recipient_id == managers[0].pk
    elsewhere = Notification.objects.get(event="crm.owned_elsewhere")
    assert (elsewhere.recipient_id, elsewhere.subject_id) == (managers[1].pk, "")
    assert elsewhere.values["customer"] == "小王"
    assert not {"王小明", owner.name, lead.number} & set(map(str, elsewhere.values.values()))
    browser = client_of(group, managers[0].user)
    address = f'href="/crm/leads/{lead.pk}/"'
    assert address in browser.get("/crm/leads/?clash=yes").text
    assert address not in browser.get("/crm/leads/?clash=no").text

    # Whoever gives it on has settled it.
    reassign_leads(lead_ids=[lead.pk], owner_id=rival.pk, reason="换店", actor=SYSTEM)
    assert "clash" not in Lead.objects.get(pk=lead.pk).assignment


def test_a_file_of_clashes_costs_the_same_statements_for_any_number(group):
    owners = [make_staff(store=make_store()) for _number in range(5)]
    rival = make_staff(store=make_store())
    phones = [f"138001380{number:02}" for number in range(50)]
    register_leads(
        actor=SYSTEM,
        enquiries=[
            enquiry(source="WEB", phone=phone, owner_id=owners[place % 5].pk)
            for place, phone in enumerate(phones)
        ],
    )
    rows = [
        enquiry(source="PHONE", phone=phone, owner_id=rival.pk, store_id=rival.home_store_id)
        for phone in phones
    ]

    costs = []
    for count in (5, 50):
        with CaptureQueriesContext(connection) as asked:
            register_leads(actor=SYSTEM, enquiries=rows[:count])
        costs.append(len(asked))

    assert costs[0] == costs[1]
    assert Lead.objects.filter(assignment__clash__id=rival.pk).count() == 50
    assert set(Lead.objects.values_list("repeat_count", flat=True)) == {1, 2}


def test_a_file_of_known_customers_costs_the_same_statements_for_any_number(group):
    advisor = make_staff(store=make_store())
    phones = [f"139001380{number:02}" for number in range(50)]
    nameless = [make_lead(owner=advisor, phone=phone, name="") for phone in phones]
    for lead in nameless:
        mark_invalid(lead_id=lead.pk, reason="OTHER", actor=SYSTEM)

    costs = []
    for some in (phones[:5], phones[5:]):
        rows = [enquiry(source="PHONE", phone=phone, name="王芳") for phone in some]
        with CaptureQueriesContext(connection) as asked:
            register_leads(actor=SYSTEM, enquiries=rows)
        costs.append(len(asked))

    assert costs[0] == costs[1]
    found = Customer.objects.filter(name="王芳", owner=advisor, search_text__contains="wangfang")
    assert found.filter(search_text__contains="139001380").count() == 50


def test_the_owner_herself_and_her_own_stores_are_no_clash(group):
    home, second = make_store(), make_store()
    owner = make_staff(store=home)
    owner.stores.add(second)
    make_lead(owner=owner, phone="13800138000")

    for asked in ({"owner_id": owner.pk}, {"store_id": home.pk}, {"store_id": second.pk}, {}):
        lead = register_lead(actor=SYSTEM, source="WEB", phone="13800138000", **asked).lead

    assert "clash" not in Lead.objects.get(pk=lead.pk).assignment
    assert not Notification.objects.filter(event="crm.owners_clash").exists()


def test_after_the_protection_the_rules_decide(group):
    store = make_store()
    owner = make_staff(store=store)
    old = make_lead(owner=owner, phone="13800138000")
    mark_invalid(lead_id=old.pk, reason="OTHER", actor=SYSTEM)
    days = value_of("crm.protection_days")
    Customer.objects.update(touched_at=now() - timedelta(days=days + 1))

    lead = register_lead(actor=SYSTEM, source="WEB", phone="13800138000").lead

    assert lead.assignment["how"] == "rule"


def test_with_nobody_there_the_lead_waits_at_the_store(group):
    store = make_store(division_code="320102")

    lead = make_lead(division_code="320102")

    assert (lead.state, lead.owner_id, lead.store_id) == ("NEW", None, store.pk)
    assert lead.assignment["how"] == "nobody"


def test_the_closest_store_that_sells_the_brand_gets_it(group):
    far = make_store(division_code="320102", brand_names=["比亚迪"])
    near = make_store(division_code="310115", brand_names=["BMW"])
    for store in (far, near):
        make_staff(store=store)

    by_region = make_lead(division_code="310104")
    by_brand = make_lead(division_code="310104", brand="比亚迪")

    assert by_region.store_id == near.pk
    assert by_brand.store_id == far.pk


def test_by_region_the_next_closest_get_what_the_closest_cannot_take(group):
    city, province, far = (
        make_store(division_code=code, brand_names=["比亚迪"])
        for code in ("320102", "320583", "440106")
    )
    other = make_store(division_code="320102", brand_names=["BMW"])
    people = {store.pk: make_staff(store=store) for store in (city, province, far, other)}
    rule = save_assignment_rule(
        name="就近", strategy="REGION", conditions={}, open_lead_cap=1, actor=SYSTEM
    )
    others = AssignmentRule.objects.exclude(pk=rule.pk).values_list("pk", flat=True)
    order_assignment_rules(rule_ids=[rule.pk, *others], actor=SYSTEM)

    leads = [make_lead(division_code="320106", brand="比亚迪") for _each in range(4)]

    assert [lead.owner_id for lead in leads] == [
        people[city.pk].pk,
        people[province.pk].pk,
        people[far.pk].pk,
        None,
    ]
    assert [lead.assignment["region_match"] for lead in leads[:3]] == [2, 1, 0]
    assert leads[1].assignment["store_ids"] == [province.pk]


def test_a_full_advisor_gets_nothing_more(group):
    store = make_store()
    decide("crm.open_lead_cap", 1)
    advisor = make_staff(store=store)

    first, second = make_lead(store_id=store.pk), make_lead(store_id=store.pk)

    assert first.owner_id == advisor.pk
    assert (second.state, second.owner_id) == ("NEW", None)


@pytest.mark.parametrize(
    ("details", "field"),
    [
        ({"phone": "12"}, "phone"),
        ({"source": "PIGEON"}, "source"),
        ({"division_code": "999999"}, "division_code"),
        ({"received_at": now() + timedelta(days=1)}, "received_at"),
    ],
)
def test_bad_input_names_its_field_and_writes_nothing(group, details, field):
    with pytest.raises(Invalid) as refused:
        make_lead(**details)

    assert refused.value.field == field
    assert not Customer.objects.exists()


def test_who_may_not_enter_leads_is_refused(group):
    clerk = actor_of(make_staff("inventory_clerk", store=make_store()))

    with pytest.raises(NotPermitted):
        make_lead(actor=clerk)

    assert not Lead.objects.exists()


def test_an_unknown_store_is_not_found(group):
    with pytest.raises(NotFound):
        make_lead(store_id=999_999)

    assert not Lead.objects.exists()


def test_many_at_once_follow_the_same_rules(group):
    store = make_store(division_code="310115")
    advisors = [make_staff(store=store) for _number in range(3)]
    phones = [next_phone() for _number in range(60)]
    rows = [
        enquiry(source="IMPORT", phone=phone, name=f"客户{index}", external_id=f"r{index}")
        for index, phone in enumerate([*phones, *phones[:10]])
    ]

    answers = register_leads(actor=SYSTEM, enquiries=rows)

    assert [answer.is_repeat for answer in answers] == [False] * 60 + [True] * 10
    assert Lead.objects.count() == CustomerPhone.objects.count() == 60
    shares = [Lead.objects.filter(owner=advisor).count() for advisor in advisors]
    assert shares == [20, 20, 20]
    assert sum(Lead.objects.values_list("repeat_count", flat=True)) == 10
    assert Interaction.objects.count() == 10
    assert Lead.objects.values("number").distinct().count() == 60


def test_importing_the_same_rows_again_changes_nothing(group):
    make_staff(store=make_store())
    rows = [
        enquiry(source="IMPORT", phone=next_phone(), external_id=f"r{index}") for index in range(20)
    ]
    register_leads(actor=SYSTEM, enquiries=rows)

    again = register_leads(actor=SYSTEM, enquiries=rows)

    assert all(answer.is_redelivery for answer in again)
    assert Lead.objects.count() == 20
    assert not Interaction.objects.exists()
