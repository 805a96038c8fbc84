"""Leads that nobody has: claimed by one, given away by managers, never held by two."""

import pytest

from apps.crm.actions import claim_lead, reassign_leads, register_lead
from apps.crm.errors import LeadAlreadyTaken, NotAnAdvisor, OverCap
from apps.crm.models import Customer, CustomerPhone, FollowUp, Interaction, Lead
from apps.crm.queries import get_lead, list_leads, list_waiting_leads
from forecourt.kernel import verify
from forecourt.kernel.access import system_actor
from forecourt.kernel.errors import Invalid, NotFound, NotPermitted
from forecourt.kernel.models import AuditEntry
from forecourt.kernel.summaries import by_store
from tests.factories.crm import make_lead, make_opportunity, next_phone
from tests.factories.organisation import actor_of, make_staff, make_store
from tests.factories.settings import decide
from tests.races import in_threads

SYSTEM = system_actor()


def waiting_lead(store):
    """A lead of a store whose advisors were all full when it came."""
    decide("crm.open_lead_cap", 1)
    advisors = list(store.home_staff.all())
    for _advisor in advisors:
        make_lead(store_id=store.pk)
    lead = make_lead(store_id=store.pk)
    decide("crm.open_lead_cap", 60)
    assert lead.owner_id is None
    return lead


def test_a_claimed_lead_has_its_claimer(group):
    store = make_store()
    advisor = make_staff(store=store)
    lead = waiting_lead(store)

    claim_lead(lead_id=lead.pk, actor=actor_of(advisor))

    lead.refresh_from_db()
    assert (lead.state, lead.owner_id) == ("ASSIGNED", advisor.pk)
    assert lead.response_due_at is not None
    assert lead.customer.owner_id == advisor.pk
    assert AuditEntry.objects.filter(action="claimed", subject_id=str(lead.pk)).exists()


def test_the_second_claimer_hears_who_has_it(group):
    store = make_store()
    first, second = make_staff(store=store), make_staff(store=store, name="李娜")
    lead = waiting_lead(store)
    claim_lead(lead_id=lead.pk, actor=actor_of(second))

    with pytest.raises(LeadAlreadyTaken, match="李娜"):
        claim_lead(lead_id=lead.pk, actor=actor_of(first))

    assert Lead.objects.get(pk=lead.pk).owner_id == second.pk


def test_nobody_claims_above_the_cap(group):
    store = make_store()
    advisor = make_staff(store=store)
    lead = waiting_lead(store)
    decide("crm.open_lead_cap", 1)

    with pytest.raises(OverCap):
        claim_lead(lead_id=lead.pk, actor=actor_of(advisor))

    assert Lead.objects.get(pk=lead.pk).owner_id is None


def test_a_lead_of_another_store_is_not_found(group):
    stranger = make_staff(store=make_store())
    lead = waiting_lead(make_store())

    with pytest.raises(NotFound):
        claim_lead(lead_id=lead.pk, actor=actor_of(stranger))

    assert Lead.objects.get(pk=lead.pk).owner_id is None


def test_a_manager_gives_leads_away_with_their_customers_and_plans(group):
    store, other = make_store(), make_store()
    old, new = make_staff(store=store), make_staff(store=other)
    headquarters = actor_of(make_staff("headquarters"))
    leads = [make_lead(owner=old) for _number in range(3)]

    reassign_leads(
        lead_ids=[lead.pk for lead in leads], owner_id=new.pk, reason="离职", actor=headquarters
    )

    assert set(Lead.objects.values_list("owner", "store")) == {(new.pk, other.pk)}
    assert set(Customer.objects.values_list("owner", "home_store")) == {(new.pk, other.pk)}
    assert not FollowUp.objects.exclude(owner=new).exists()
    day = leads[0].received_date
    kept = by_store(["leads_new"], start=day, end=day)["leads_new"]
    assert (kept[store.pk].quantity, kept[other.pk].quantity) == (0, 3)
    assert AuditEntry.objects.filter(action="reassigned").count() == 3
    assert Lead.objects.first().assignment["reason"] == "离职"


def test_reassigning_wants_a_reason_and_somebody_who_works(group):
    store = make_store()
    old = make_staff(store=store)
    gone = make_staff(store=store, state="LEFT")
    manager = actor_of(make_staff("sales_manager", store=store))
    lead = make_lead(owner=old)

    with pytest.raises(Invalid):
        reassign_leads(lead_ids=[lead.pk], owner_id=old.pk, reason=" ", actor=manager)
    with pytest.raises(NotAnAdvisor):
        reassign_leads(lead_ids=[lead.pk], owner_id=gone.pk, reason="忙", actor=manager)

    assert Lead.objects.get().owner_id == old.pk


def test_one_lead_out_of_reach_stops_the_whole_bulk(group):
    store = make_store()
    old, new = make_staff(store=store), make_staff(store=store)
    foreign = make_lead(owner=make_staff(store=make_store()))
    own = make_lead(owner=old)
    manager = actor_of(make_staff("sales_manager", store=store))

    with pytest.raises(NotFound):
        reassign_leads(lead_ids=[own.pk, foreign.pk], owner_id=new.pk, reason="忙", actor=manager)

    assert Lead.objects.get(pk=own.pk).owner_id == old.pk


def test_an_advisor_may_not_give_leads_away(group):
    store = make_store()
    advisor, colleague = make_staff(store=store), make_staff(store=store)
    lead = make_lead(owner=advisor)

    with pytest.raises(NotPermitted):
        reassign_leads(
            lead_ids=[lead.pk], owner_id=colleague.pk, reason="忙", actor=actor_of(advisor)
        )

    assert Lead.objects.get().owner_id == advisor.pk


def test_everybody_sees_what_is_hers(group):
    store, other = make_store(), make_store()
    advisor, colleague, stranger = (
        make_staff(store=store),
        make_staff(store=store),
        make_staff(store=other),
    )
    own, beside, far = (make_lead(owner=staff) for staff in (advisor, colleague, stranger))
    manager = actor_of(make_staff("sales_manager", store=store))
    headquarters = actor_of(make_staff("headquarters"))

    assert set(list_leads(actor_of(advisor))) == {own}
    assert set(list_leads(manager)) == {own, beside}
    assert set(list_leads(headquarters)) == {own, beside, far}
    with pytest.raises(NotFound):
        get_lead(lead_id=beside.pk, actor=actor_of(advisor))
    with pytest.raises(NotFound):
        get_lead(lead_id=far.pk, actor=manager)


def test_waiting_leads_are_those_of_ones_own_store(group):
    store = make_store()
    advisor = make_staff(store=store)
    lead = waiting_lead(store)
    waiting_lead(make_store())

    assert list(list_waiting_leads(actor_of(advisor))) == [lead]


def test_fifty_who_claim_at_once_leave_one_owner(live_group):
    store = make_store()
    advisors = [make_staff(store=store) for _number in range(50)]
    actors = [actor_of(advisor) for advisor in advisors]
    lead = register_lead(actor=SYSTEM, source="WEB", phone=next_phone(), store_id=store.pk).lead
    Lead.objects.filter(pk=lead.pk).update(owner=None, state="NEW", assigned_at=None)

    answers = in_threads(
        live_group, 50, lambda number: claim_lead(lead_id=lead.pk, actor=actors[number])
    )

    won = [answer for answer in answers if isinstance(answer, Lead)]
    lost = [answer for answer in answers if isinstance(answer, LeadAlreadyTaken)]
    assert (len(won), len(lost)) == (1, 49)
    lead.refresh_from_db()
    assert lead.owner_id == won[0].owner_id
    assert all(lead.owner.name in refusal.message for refusal in lost)
    assert AuditEntry.objects.filter(action="claimed").count() == 1


def test_a_burst_with_repeats_loses_and_doubles_nothing(live_group):
    stores = [make_store(division_code=code) for code in ("310115", "320102")]
    advisors = [make_staff(store=store) for store in stores for _number in range(5)]
    phones = [next_phone() for _number in range(400)]
    enquiries = [*phones, *phones[:100]]

    def send(number):
        return [
            register_lead(
                actor=SYSTEM,
                source="WEB",
                phone=phone,
                name="王芳",
                division_code="310104" if index % 2 else "320104",
                external_id=f"{number}-{index}",
            )
            for index, phone in enumerate(enquiries[number::20])
        ]

    answers = in_threads(live_group, 20, send)

    assert not [answer for answer in answers if isinstance(answer, Exception)]
    assert sum(len(part) for part in answers) == 500
    assert Customer.objects.count() == CustomerPhone.objects.count() == 400
    assert Lead.objects.count() == 400
    assert sum(Lead.objects.values_list("repeat_count", flat=True)) == 100
    assert Interaction.objects.filter(kind="ENQUIRY").count() == 100
    assert not Lead.objects.filter(owner=None).exists()
    assert AuditEntry.objects.filter(action="registered").count() == 400
    counts = [Lead.objects.filter(owner=advisor).count() for advisor in advisors]
    assert max(counts) - min(counts) <= 6
    problems = [problem for _name, found in verify.run_checks() for problem in found]
    assert problems == []


def test_an_opportunity_is_made_once(live_group):
    advisor = make_staff(store=make_store())
    opportunity = make_opportunity(owner=advisor)

    assert opportunity.owner_id == advisor.pk
