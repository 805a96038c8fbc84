"""Leads come in: customers found by phone, repeats joined, owners protected, one owner each."""

from datetime import timedelta

import pytest

from apps.crm.actions import enquiry, mark_invalid, qualify_lead, register_lead, register_leads
from apps.crm.actions.assignment_rules import order_assignment_rules, save_assignment_rule
from apps.crm.models import Customer, CustomerPhone, Interaction, Lead
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


def test_a_protected_customer_goes_to_her_owner_and_the_clash_is_told(group):
    store = make_store()
    owner, rival = make_staff(store=store), make_staff(store=store)
    old = make_lead(owner=owner, phone="13800138000")
    mark_invalid(lead_id=old.pk, reason="OTHER", actor=SYSTEM)

    registered = register_lead(
        actor=actor_of(rival), source="WALK_IN", phone="13800138000", owner_id=rival.pk
    )

    assert registered.is_new
    assert registered.lead.owner_id == owner.pk
    assert registered.lead.assignment["how"] == "owner"
    assert registered.lead.assignment["clash"]["id"] == rival.pk


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
