"""Who is told of leads and planned contacts, in the change's own transaction."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from functools import cache
from typing import Any

from django.db.models import QuerySet
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from apps.crm import notifications as told
from apps.crm.actions.enquiries import Enquiry
from apps.crm.models import Customer, FeedMessage, FollowUp, Lead, Opportunity, TestDrive, Visit
from apps.crm.rules.explanation import name_of_rival
from apps.crm.rules.leads import LEAD_SOURCES
from apps.crm.rules.opportunities import LOST_REASONS
from apps.crm.rules.visits import VISIT_REASONS
from apps.notifications.actions import Notice, notify, notify_all
from apps.organisation.queries import names_of_staff, people_in_charge
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now
from forecourt.kernel.models import ImportRun
from forecourt.kernel.option_lists import values as options

SEVERAL = 5
"""So many leads given to one person at once are told of in one line."""
NO_NAME = _("No name given")


def tell_owners(leads: Collection[Lead], names: Mapping[int, str], actor: Actor) -> None:
    """Tell people of leads that are theirs now; ``names`` are the customers' by id."""
    by_owner: dict[int, list[Lead]] = defaultdict(list)
    for lead in leads:
        if lead.owner_id is not None and lead.is_open:
            by_owner[lead.owner_id].append(lead)
    one_by_one = [mine for mine in by_owner.values() if len(mine) < SEVERAL]
    notify_all(
        told.LEAD_ASSIGNED,
        notices=[
            _of_lead(lead, names, [lead.owner_id], f"{lead.pk}:{lead.assigned_at:%Y%m%d%H%M%S}")
            for mine in one_by_one
            for lead in mine
        ],
        actor=actor,
    )
    notify_all(
        told.LEADS_ASSIGNED,
        notices=[
            Notice(
                recipients=[owner_id],
                key=f"{mine[0].pk}:{now():%Y%m%d%H%M%S}",
                values={"count": len(mine)},
            )
            for owner_id, mine in by_owner.items()
            if len(mine) >= SEVERAL
        ],
        actor=actor,
    )


def tell_of_customers(customers: Iterable[Customer], owner_id: int, actor: Actor) -> None:
    """Tell somebody of customers who are hers now."""
    notices = [
        Notice(
            [owner_id],
            f"{customer.pk}:{now():%Y%m%d%H%M%S}",
            subject=customer.pk,
            values={"customer": customer.name or NO_NAME},
        )
        for customer in customers
    ]
    notify_all(told.CUSTOMER_GIVEN, notices=notices, actor=actor)


def tell_of_waiting(leads: Iterable[Lead], names: Mapping[int, str], actor: Actor) -> None:
    """Tell those who give out leads of some that nobody has."""
    for lead in leads:
        people = people_in_charge("crm.reassign_lead", lead.store_id)
        notify_all(
            told.LEAD_WAITING,
            notices=[_of_lead(lead, names, people, str(lead.pk))],
            actor=actor,
        )


def tell_of_repeat(lead: Lead, customer: str, source: str, actor: Actor) -> None:
    """Tell the owner that the customer asked again; once for each time."""
    notify(
        told.LEAD_REPEATED,
        recipients=[lead.owner_id],
        subject=lead,
        values={
            "lead": lead.number,
            "customer": customer or NO_NAME,
            "source": options.named(LEAD_SOURCES, source),
        },
        key=f"{lead.pk}:{lead.repeat_count}",
        store_id=lead.store_id,
        actor=actor,
    )


def tell_of_clash(
    lead: Lead, clash: Mapping[str, Any], customer: str, taken: Enquiry, actor: Actor
) -> None:
    """Tell the managers of both sides, once a day, that a customer with an owner was brought in.

    Those of the other side do not see the lead: they are told the name that their own people typed,
    and neither what the group knows of her nor whose she is.
    """
    who = name_of_rival(clash)
    but = {lead.owner_id, clash["id"]}
    here = people_in_charge("crm.reassign_lead", lead.store_id)
    there = people_in_charge("crm.reassign_lead", clash["store_id"]) if clash["store_id"] else set()
    key = f"{lead.pk}:{localdate(now()):%Y%m%d}"
    owner = names_of_staff([lead.owner_id])[lead.owner_id]
    names = {lead.customer_id: customer}
    notice = _of_lead(lead, names, here - but, key, owner=owner, other=who)
    notify_all(told.OWNERS_CLASH, notices=[notice], actor=actor)
    notice = Notice(
        recipients=there - here - but,
        key=key,
        values={
            "customer": taken.name or NO_NAME,
            "other": who,
            "source": options.named(LEAD_SOURCES, taken.source),
        },
        store_id=clash["store_id"],
    )
    notify_all(told.OWNED_ELSEWHERE, notices=[notice], actor=actor)


def tell_of_clashes_in_file(leads: QuerySet[Lead], run: ImportRun, actor: Actor) -> None:
    """Tell the managers of both sides how many clashes of owners a file has brought, each once;
    also the one who brought the file, who cannot know."""
    here: Counter[int] = Counter()
    there: Counter[int] = Counter()
    in_charge = cache(lambda store_id: people_in_charge("crm.reassign_lead", store_id))
    for store_id, other_id in leads.values_list("store_id", "assignment__clash__store_id"):
        managers = in_charge(store_id)
        here.update(managers)
        if other_id and other_id != store_id:
            there.update(in_charge(other_id) - managers)
    for event, counts in (
        (told.OWNERS_CLASH_IN_FILE, here),
        (told.OWNED_ELSEWHERE_IN_FILE, there),
    ):
        notices = [
            Notice([person], str(run.pk), values={"count": count, "file": run.original_name})
            for person, count in counts.items()
        ]
        notify_all(event, notices=notices, actor=actor, also_actor=True)


def tell_of_late_answers(leads: Iterable[Lead], actor: Actor) -> None:
    """Tell owners of leads whose first answer is overdue."""
    notify_all(
        told.ANSWER_OVERDUE,
        notices=[
            _of_lead(
                lead,
                {lead.customer_id: lead.customer.name},
                [lead.owner_id],
                f"{lead.pk}:{lead.response_due_at:%Y%m%d%H%M}",
            )
            for lead in leads
        ],
        actor=actor,
    )


def tell_managers_of_late_answers(
    leads: Iterable[Lead], owners: Mapping[int, Any], actor: Actor
) -> None:
    """Tell the owner's manager or, where she has none, those who give out leads in the store."""
    notices = []
    for lead in leads:
        owner = owners[lead.owner_id]
        people = (
            {owner.manager_id}
            if owner.manager_id
            else people_in_charge("crm.reassign_lead", lead.store_id) - {owner.pk}
        )
        notices.append(
            _of_lead(
                lead,
                {lead.customer_id: lead.customer.name},
                people,
                f"{lead.pk}:{lead.response_due_at:%Y%m%d%H%M}",
                owner=owner.name,
            )
        )
    notify_all(told.ANSWER_OVERDUE_OF_OTHERS, notices=notices, actor=actor)


def tell_of_overdue_contacts(contacts: Iterable[FollowUp], actor: Actor) -> int:
    """Tell people of their planned contacts whose time has passed; once for each."""
    notices = [
        Notice(
            recipients=[contact.owner_id],
            key=f"{contact.pk}:{contact.due_at:%Y%m%d%H%M}",
            subject=contact.customer_id,
            values={
                "customer": contact.customer.name or NO_NAME,
                "purpose": contact.purpose,
                "due": contact.due_at,
            },
            store_id=contact.store_id,
        )
        for contact in contacts
    ]
    return notify_all(told.CONTACT_OVERDUE, notices=notices, actor=actor)


def tell_managers_of_overdue_contacts(
    by_manager: Mapping[int, Collection[tuple[Any, int]]], day: date, actor: Actor
) -> int:
    """One line a manager and day: how many contacts of her people are overdue, and whose."""
    notices = [
        Notice(
            recipients=[manager_id],
            key=f"{day:%Y%m%d}",
            values={
                "count": sum(count for _owner, count in found),
                "names": ", ".join(
                    f"{name} {count}"
                    for count, name in sorted(
                        ((count, owner.name) for owner, count in found), reverse=True
                    )
                ),
            },
        )
        for manager_id, found in by_manager.items()
    ]
    return notify_all(told.CONTACTS_OVERDUE_OF_OTHERS, notices=notices, actor=actor)


def tell_of_stuck_message(message: FeedMessage, actor: Actor) -> None:
    """Tell those who set up feeds of a message that waits to be mended."""
    notify(
        told.FEED_MESSAGE_STUCK,
        recipients=people_in_charge("crm.manage_feed", None),
        subject=message,
        values={"feed": message.feed.name},
        key=str(message.pk),
        actor=actor,
    )


def tell_of_pool_ahead(customers: Iterable[Customer], actor: Actor) -> None:
    """Tell owners of customers who go to the shared pool on their ``pooled_on``."""
    notices = [
        Notice(
            recipients=[customer.owner_id],
            key=f"{customer.pk}:{customer.touched_at:%Y%m%d%H%M%S}",
            subject=customer.pk,
            values={"customer": customer.name or NO_NAME, "day": localdate(customer.pooled_on)},
            store_id=customer.home_store_id,
        )
        for customer in customers
    ]
    notify_all(told.POOL_WARNING, notices=notices, actor=actor)


def tell_of_woken_deal(opportunity: Opportunity, owner_id: int, actor: Actor) -> None:
    """Tell whoever is to try the customer once more."""
    notify(
        told.DEAL_WOKEN,
        recipients=[owner_id],
        subject=opportunity,
        values={
            "customer": opportunity.customer.name or NO_NAME,
            "wish": opportunity.wish,
            "reason": options.named(LOST_REASONS, opportunity.lost_reason),
        },
        key=f"{opportunity.pk}:{opportunity.lost_at:%Y%m%d}",
        store_id=opportunity.store_id,
        actor=actor,
    )


def tell_of_visitor(visit: Visit, actor: Actor) -> None:
    """Tell the advisor that somebody waits for her; not when she entered it herself."""
    if visit.advisor_id in (None, actor.staff_id):
        return
    name = Customer.objects.filter(pk=visit.customer_id).values_list("name", flat=True).first()
    notify(
        told.VISITOR,
        recipients=[visit.advisor_id],
        subject=visit,
        values={
            "customer": name or NO_NAME,
            "people": visit.headcount,
            "reason": options.named(VISIT_REASONS, visit.reason),
            "note": visit.note,
        },
        key=f"{visit.pk}:{visit.advisor_id}",
        store_id=visit.store_id,
        actor=actor,
    )


def tell_of_test_drives(drives: Iterable[TestDrive], actor: Actor) -> None:
    """Tell whoever accompanies the customer; not when she booked it herself."""
    notices = [
        Notice(
            recipients=[drive.advisor_id],
            key=f"{drive.pk}:{drive.advisor_id}:{drive.starts_at:%Y%m%d%H%M}",
            subject=drive.pk,
            values=_of_drive(drive),
            store_id=drive.store_id,
        )
        for drive in drives
    ]
    notify_all(told.TEST_DRIVE_BOOKED, notices=notices, actor=actor)


def tell_managers_of_test_drives(
    drives: Iterable[TestDrive], owners: Mapping[int, Any], actor: Actor
) -> None:
    """Tell managers of customers whom nobody called after a drive; wants the plans loaded."""
    notices = []
    for drive in drives:
        owner = owners[drive.follow_up.owner_id]
        people = (
            {owner.manager_id}
            if owner.manager_id
            else people_in_charge("crm.reassign_lead", drive.store_id) - {owner.pk}
        )
        notices.append(
            Notice(
                recipients=people,
                key=str(drive.pk),
                subject=drive.pk,
                values={**_of_drive(drive), "owner": owner.name},
                store_id=drive.store_id,
            )
        )
    notify_all(told.TEST_DRIVE_NOT_FOLLOWED_UP, notices=notices, actor=actor)


def _of_drive(drive: TestDrive) -> dict[str, Any]:
    return {
        "customer": drive.customer.name or NO_NAME,
        "car": drive.vehicle_name,
        "time": drive.starts_at,
    }


def _of_lead(
    lead: Lead,
    names: Mapping[int, str],
    recipients: Iterable[int | None],
    key: str,
    **values: str,
) -> Notice:
    return Notice(
        recipients=recipients,
        key=key,
        subject=lead.pk,
        values={
            "lead": lead.number,
            "customer": names.get(lead.customer_id) or NO_NAME,
            "source": options.named(LEAD_SOURCES, lead.source),
            "wish": lead.wish,
            "due": lead.response_due_at,
            **values,
        },
        store_id=lead.store_id,
    )
