"""What must always be true of customers, leads and opportunities."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.db.models import Exists, F, OuterRef, Q

from apps.crm import recounts  # noqa: F401 - declares a check of its own
from apps.crm.actions.merging import links_of
from apps.crm.models import (
    Customer,
    CustomerMerge,
    CustomerPhone,
    FollowUp,
    Lead,
    Opportunity,
    TestDrive,
)
from apps.crm.queries import lifecycles, messages_left_behind, national_id_index
from apps.crm.rules.contacts import FollowUpState
from apps.crm.rules.customers import search_keys
from apps.crm.rules.leads import OWNED_OPEN_STATES, LeadState
from apps.crm.rules.opportunities import OPEN_STAGES
from apps.crm.rules.test_drives import TestDriveState
from forecourt.kernel.clock import now
from forecourt.kernel.crypto import Undecipherable
from forecourt.kernel.verify import Problem, check


@check("open leads and opportunities have a next step")
def _next_steps() -> Iterable[Problem]:
    planned = FollowUp.objects.filter(state=FollowUpState.OPEN)
    forgotten = Lead.objects.filter(state__in=OWNED_OPEN_STATES).exclude(
        Q(Exists(planned.filter(lead=OuterRef("pk"))))
        | Q(
            state=LeadState.ASSIGNED,
            first_response_at__isnull=True,
            response_due_at__isnull=False,
        )
    )
    for lead in forgotten.iterator():
        yield Problem(f"lead {lead.number}", "neither an answer nor a next contact is due")
    unplanned = Opportunity.objects.filter(stage__in=OPEN_STAGES).exclude(
        Exists(planned.filter(opportunity=OuterRef("pk")))
    )
    for opportunity in unplanned.iterator():
        yield Problem(f"opportunity {opportunity.pk}", "no next contact is planned")


@check("lost deals are no longer to be confirmed")
def _losses() -> Iterable[Problem]:
    waiting = Opportunity.objects.filter(loss_approval__state="PENDING")
    for opportunity in waiting.exclude(stage__in=OPEN_STAGES):
        yield Problem(f"opportunity {opportunity.pk}", "is closed and waits for a confirmation")


@check("open leads belong to their customers' owners")
def _one_owner() -> Iterable[Problem]:
    strays = Lead.objects.filter(state__in=OWNED_OPEN_STATES).exclude(customer__owner=F("owner"))
    for lead in strays.iterator():
        yield Problem(f"lead {lead.number}", "its owner is not the customer's")


@check("customers' phones agree with one another")
def _phones() -> Iterable[Problem]:
    primary = CustomerPhone.objects.filter(customer=OuterRef("pk"), is_primary=True)
    wrong = Customer.objects.filter(
        Q(primary_phone="") & Exists(primary)
        | ~Q(primary_phone="") & ~Exists(primary.filter(phone=OuterRef("primary_phone")))
    )
    for customer in wrong.iterator():
        yield Problem(f"customer {customer.pk}", "the main number is not among the numbers")


@check("customers' national IDs are found by their indexes")
def _national_ids() -> Iterable[Problem]:
    rows = Customer.objects.only("national_id", "national_id_index")
    for customer in rows.exclude(national_id_index=None).iterator():
        try:
            number = customer.national_id.reveal() if customer.national_id else ""
        except Undecipherable:
            yield Problem(f"customer {customer.pk}", "the national ID cannot be deciphered")
            continue
        if not number or national_id_index(number) != customer.national_id_index:
            yield Problem(f"customer {customer.pk}", "the national ID is not what it is found by")


@check("nothing hangs on merged customers")
def _strays() -> Iterable[Problem]:
    for merge in CustomerMerge.objects.filter(undone_at=None).iterator():
        for model, _field, ids in links_of(merge.merged_id, merge.kept_id):
            if ids:
                yield Problem(f"customer {merge.merged_id}", f"still has {model._meta.label} {ids}")


@check("merged customers say into whom")
def _merged() -> Iterable[Problem]:
    merges = CustomerMerge.objects.filter(undone_at=None, merged=OuterRef("pk"))
    everybody = Customer.everybody.annotate(was_merged=Exists(merges))
    for customer in everybody.filter(Q(merged_into=None, was_merged=True)).iterator():
        yield Problem(f"customer {customer.pk}", "was merged and stands alone")
    for customer in everybody.filter(~Q(merged_into=None), was_merged=False).iterator():
        yield Problem(f"customer {customer.pk}", "is put away without a merge")


@check("open leads of customers in the shared pool wait with them")
def _pool() -> Iterable[Problem]:
    held = Lead.objects.filter(customer__pooled_at__isnull=False, state__in=OWNED_OPEN_STATES)
    for lead in held.iterator():
        yield Problem(f"lead {lead.number}", "has an owner, and its customer is in the pool")


@check("what feeds sent is taken in, or waits to be mended")
def _feed_messages() -> Iterable[Problem]:
    for message in messages_left_behind(before=now() - timedelta(hours=1)).iterator():
        yield Problem(f"message {message.pk} of a feed", "was kept and never taken in")


@check("customers' lifecycles follow from the facts")
def _lifecycles() -> Iterable[Problem]:
    for customer_id, kept, derived in lifecycles():
        if kept != derived:
            yield Problem(f"customer {customer_id}", f"lifecycle is {kept}, should be {derived}")


@check("customers are found by what they are called")
def _search_keys() -> Iterable[Problem]:
    for customer in Customer.objects.prefetch_related("phones").iterator(chunk_size=2000):
        keys = search_keys(
            name=customer.name, phones=[phone.phone for phone in customer.phones.all()]
        )
        if not set(keys.grams) <= set(customer.grams):
            yield Problem(f"customer {customer.pk}", "cannot be found by name and phone")


@check("nobody drives without a licence on record")
def _licences() -> Iterable[Problem]:
    driven = TestDrive.objects.filter(state__in=(TestDriveState.OUT, TestDriveState.RETURNED))
    for drive in driven.only("number", "licence_number").iterator():
        if not drive.licence_number:
            yield Problem(f"test drive {drive.number}", "the driver's licence is not on record")


@check("a contact was planned after each test drive")
def _drives_followed_up() -> Iterable[Problem]:
    for drive in TestDrive.objects.filter(state=TestDriveState.RETURNED, follow_up__isnull=True):
        yield Problem(f"test drive {drive.number}", "no contact was planned after it")
