"""Two customers made one and two again: everything goes along, and everything comes back."""

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.crm import queries
from apps.crm.actions import (
    change_customer,
    create_customer,
    find_duplicates,
    gather_strays,
    log_interaction,
    merge_customers,
    register_lead,
    undo_merge,
)
from apps.crm.errors import CannotMerge
from apps.crm.models import Customer, CustomerMerge, DuplicatePair, FollowUp, Lead
from apps.crm.rules.leads import OPEN_STATES, LeadState
from forecourt.kernel.access import system_actor
from forecourt.kernel.clock import now
from forecourt.kernel.errors import NotFound, NotPermitted
from forecourt.kernel.verify import run_checks
from tests.factories.crm import make_customer, make_lead, make_opportunity, next_phone
from tests.factories.organisation import actor_of, make_staff, make_store
from tests.races import in_threads, tables_locked

BOSS = system_actor()


@pytest.fixture
def store(group):
    return make_store()


@pytest.fixture
def advisor(store):
    return make_staff("sales_advisor", store=store)


@pytest.fixture
def other_advisor(store):
    return make_staff("sales_advisor", store=store)


def wrong() -> dict:
    return {name: found for name, found in run_checks() if found}


def merge(kept: Customer, merged: Customer, **also) -> CustomerMerge:
    return merge_customers(kept_id=kept.pk, merged_id=merged.pk, actor=BOSS, **also)


def test_everything_that_hung_on_both_hangs_on_the_kept_one(advisor, other_advisor) -> None:
    kept = make_customer(owner=advisor, name="王伟")
    deal = make_opportunity(owner=other_advisor, name="王玮")
    merged = deal.customer
    phones = {kept.primary_phone, merged.primary_phone}

    merge(kept, merged)

    kept.refresh_from_db()
    deal.refresh_from_db()
    assert deal.customer_id == kept.pk
    assert set(queries.phones_of(kept)) == phones
    assert kept.lifecycle == "INTERESTED"
    assert not Customer.objects.filter(pk=merged.pk).exists()
    assert queries.find_by_phone(merged.primary_phone) == kept
    assert list(queries.matching(Customer.objects.all(), merged.primary_phone[-8:], BOSS)) == [kept]
    assert wrong() == {}


def test_what_cannot_be_changed_is_read_with_the_kept_one(advisor) -> None:
    kept, merged = make_customer(owner=advisor), make_customer(owner=advisor)
    lead = Lead.objects.get(customer=merged)
    log_interaction(actor=BOSS, lead_id=lead.pk, kind="CALL", result="REACHED", note="要红色")

    merge(kept, merged)

    items, _older = queries.timeline(customer_id=kept.pk, actor=BOSS)
    assert "要红色" in [getattr(item.row, "note", "") for item in items]


def test_of_two_open_leads_one_stays_and_counts_the_other(advisor, other_advisor) -> None:
    first = make_lead(owner=advisor)
    second = make_lead(owner=other_advisor)

    merge(first.customer, second.customer)

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, first.repeat_count) == (LeadState.ASSIGNED, 1)
    assert second.state == LeadState.MERGED
    assert wrong() == {}


def test_an_open_lead_goes_to_the_owner_of_the_kept_customer(advisor, other_advisor) -> None:
    kept = create_customer(actor=actor_of(advisor), name="王伟", phone=next_phone())
    lead = make_lead(owner=other_advisor)

    merge(kept, lead.customer)

    lead.refresh_from_db()
    assert (lead.customer_id, lead.owner_id) == (kept.pk, advisor.pk)
    assert wrong() == {}


def test_the_kept_values_stay_what_is_missing_comes_and_what_is_chosen_wins(advisor) -> None:
    kept = create_customer(actor=BOSS, name="王伟", wechat="old", gender="MALE")
    merged = create_customer(
        actor=BOSS, name="王玮", wechat="new", email="w@mail.example", gender="FEMALE"
    )

    merge(kept, merged, take=["wechat"])

    kept.refresh_from_db()
    assert (kept.name, kept.wechat, kept.email) == ("王伟", "new", "w@mail.example")
    assert kept.gender == "MALE"


def test_whoever_has_refused_a_channel_has_refused_it(advisor) -> None:
    kept = create_customer(actor=BOSS, name="王伟", consents={"sms": True, "email": True})
    merged = create_customer(actor=BOSS, name="王玮", consents={"sms": False})

    merge(kept, merged)

    kept.refresh_from_db()
    assert kept.consents == {"sms": False, "email": True}


def test_undone_each_has_again_what_it_had(advisor, other_advisor) -> None:
    first, second = make_lead(owner=advisor), make_lead(owner=other_advisor)
    kept, merged = first.customer, second.customer
    change_customer(customer_id=merged.pk, actor=BOSS, email="m@mail.example")
    before = _everything(kept, merged)

    done = merge(kept, merged)
    assert _everything(kept, merged) != before
    undo_merge(merge_id=done.pk, actor=BOSS)

    for part, was in zip(_everything(kept, merged), before, strict=True):
        assert part == was
    assert wrong() == {}


def test_what_came_after_the_merge_stays_with_the_kept_one(advisor) -> None:
    kept, merged = make_customer(owner=advisor), make_customer(owner=advisor)
    done = merge(kept, merged)
    change_customer(customer_id=kept.pk, actor=BOSS, note="喜欢白色")
    deal = make_opportunity(owner=advisor, phone=kept.primary_phone)

    undo_merge(merge_id=done.pk, actor=BOSS)

    kept.refresh_from_db()
    deal.refresh_from_db()
    assert (kept.note, deal.customer_id) == ("喜欢白色", kept.pk)


def test_merges_are_undone_in_turn_and_for_thirty_days(advisor) -> None:
    kept, one, two = (make_customer(owner=advisor) for _ in range(3))
    first, second = merge(kept, one), merge(kept, two)

    with pytest.raises(CannotMerge):
        undo_merge(merge_id=first.pk, actor=BOSS)
    with time_machine.travel(now().timestamp() + 31 * 86_400), pytest.raises(CannotMerge):
        undo_merge(merge_id=second.pk, actor=BOSS)
    undo_merge(merge_id=second.pk, actor=BOSS)
    undo_merge(merge_id=first.pk, actor=BOSS)

    assert Customer.objects.filter(pk__in=[kept.pk, one.pk, two.pk]).count() == 3


def test_whoever_was_merged_along_comes_back_along(advisor) -> None:
    grandchild, child, kept = (make_customer(owner=advisor) for _ in range(3))
    inner = merge(child, grandchild)
    outer = merge(kept, child)

    assert queries.successor_of(grandchild.pk) == kept.pk
    with pytest.raises(NotFound):
        undo_merge(merge_id=inner.pk, actor=BOSS)
    undo_merge(merge_id=outer.pk, actor=BOSS)

    assert queries.successor_of(grandchild.pk) == child.pk
    assert wrong() == {}


def test_both_are_locked_in_the_order_of_everybody_and_so_again(advisor) -> None:
    kept, merged = make_opportunity(owner=advisor).customer, make_lead(owner=advisor).customer
    order = ["crm_testdrive", "crm_lead", "crm_opportunity", "crm_customer"]

    with CaptureQueriesContext(connection) as seen:
        done = merge(kept, merged)
    with CaptureQueriesContext(connection) as seen_again:
        undo_merge(merge_id=done.pk, actor=BOSS)

    assert tables_locked(seen)[:4] == order
    assert tables_locked(seen_again)[:5] == ["crm_customermerge", *order]


def test_two_national_ids_are_two_people(advisor) -> None:
    kept = create_customer(actor=BOSS, name="王伟", national_id="110101199003070134")
    merged = create_customer(actor=BOSS, name="王玮", national_id="11010119900307109X")

    with pytest.raises(CannotMerge):
        merge(kept, merged)

    assert Customer.objects.filter(pk=merged.pk).exists()
    assert not CustomerMerge.objects.exists()


def test_a_national_id_goes_along_and_comes_back(advisor) -> None:
    kept = create_customer(actor=BOSS, name="王伟")
    merged = create_customer(actor=BOSS, name="王玮", national_id="110101199003070134")

    done = merge(kept, merged)
    kept.refresh_from_db()
    assert kept.national_id.reveal() == "110101199003070134"
    undo_merge(merge_id=done.pk, actor=BOSS)

    kept.refresh_from_db()
    assert not kept.national_id
    assert Customer.objects.get(pk=merged.pk).national_id.reveal() == "110101199003070134"
    assert wrong() == {}


def test_only_who_may_merge_both_merges_them(advisor, store) -> None:
    there = make_staff("sales_advisor", store=make_store())
    kept, merged = make_customer(owner=advisor), make_customer(owner=there)
    manager = actor_of(make_staff("store_manager", store=store))

    with pytest.raises(NotFound):
        merge_customers(kept_id=kept.pk, merged_id=merged.pk, actor=manager)
    with pytest.raises(NotPermitted):
        merge_customers(kept_id=kept.pk, merged_id=merged.pk, actor=actor_of(advisor))

    assert Customer.objects.filter(pk=merged.pk).exists()


def test_an_enquiry_by_the_merged_phone_joins_the_kept_customer(advisor) -> None:
    kept, merged = make_customer(owner=advisor), make_customer(owner=advisor)
    phone = merged.primary_phone
    merge(kept, merged)

    again = register_lead(actor=BOSS, source="WEB", phone=phone, name="王")

    assert again.is_repeat
    assert again.lead.customer_id == kept.pk


def test_enquiries_that_come_while_customers_are_merged_end_with_the_kept_one(live_group) -> None:
    advisor = make_staff("sales_advisor", store=make_store())
    pairs = [(make_customer(owner=advisor), make_customer(owner=advisor)) for _ in range(6)]

    def act(number: int):
        kept, merged = pairs[number // 2]
        if number % 2:
            return merge(kept, merged)
        return register_lead(actor=BOSS, source="WEB", phone=merged.primary_phone, name="王")

    answers = in_threads(live_group, 12, act)

    assert not [answer for answer in answers if isinstance(answer, Exception)]
    for kept, merged in pairs:
        assert not Lead.objects.filter(customer=merged).exists()
        assert Lead.objects.filter(customer=kept, state__in=OPEN_STATES).count() == 1
    assert wrong() == {}


def test_what_came_to_a_merged_customer_after_all_is_gathered(advisor) -> None:
    kept, merged = make_customer(owner=advisor), make_customer(owner=advisor)
    done = merge(kept, merged)
    stray = make_opportunity(owner=advisor)
    type(stray).objects.filter(pk=stray.pk).update(customer=merged)
    assert "nothing hangs on merged customers" in wrong()

    assert gather_strays() == 1

    stray.refresh_from_db()
    done.refresh_from_db()
    assert stray.customer_id == kept.pk
    assert stray.pk in done.moved["crm.opportunity.customer"]


def test_a_dismissed_pair_is_not_brought_up_again(advisor) -> None:
    create_customer(actor=BOSS, name="欧阳致远", phone="13800138001", wechat="wx1")
    create_customer(actor=BOSS, name="欧阳致远", phone="13800138010", wechat="wx1")
    find_duplicates()
    DuplicatePair.objects.update(state="DISMISSED")

    find_duplicates()

    assert DuplicatePair.objects.get().state == "DISMISSED"


def _everything(*customers: Customer) -> list:
    """All columns of the customers and of what hangs on them that a merge may touch."""
    ids = [customer.pk for customer in customers]
    return [
        list(Customer.everybody.filter(pk__in=ids).order_by("pk").values()),
        list(
            Lead.objects.order_by("pk").values("pk", "customer", "state", "repeat_count", "owner")
        ),
        list(FollowUp.objects.order_by("pk").values("pk", "customer", "state")),
        {customer.pk: sorted(queries.phones_of(customer)) for customer in customers},
    ]
