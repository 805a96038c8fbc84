"""Leads come in: find or make the customer, join what is there, else hand the lead out.

One lead and ten thousand go the same way, in the same number of statements per batch. Nothing is
locked to find out whether a customer or an open lead exists: unique constraints decide when two
come at once, and whoever lost looks again and joins the winner's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.crm.actions.assignment import (
    Dispatcher,
    Placement,
    WeightsOutdated,
    minute_of_day,
    weigh_advisors,
)
from apps.crm.actions.clashes import Clash, clash_between
from apps.crm.actions.enquiries import Enquiry, enquiry
from apps.crm.actions.lifecycle import refresh_lifecycle
from apps.crm.actions.repeats import LeadClosed, join_leads
from apps.crm.actions.telling import (
    tell_of_clash,
    tell_of_repeat,
    tell_of_waiting,
    tell_owners,
)
from apps.crm.errors import NotAnAdvisor
from apps.crm.events import CustomersAsked, LeadAssigned, LeadRegistered
from apps.crm.models import Customer, CustomerPhone, Interaction, Lead
from apps.crm.queries.tags import tag_names_of
from apps.crm.rules import customers as customer_rules
from apps.crm.rules.assignment import LeadFacts
from apps.crm.rules.customers import CustomerKind
from apps.crm.rules.leads import LeadState
from apps.organisation import queries as organisation
from apps.organisation.queries import StorePlace
from forecourt.kernel import audit, custom_fields, events, numbering, summaries
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now, today
from forecourt.kernel.db.rows import append, draw_keys, insert, together

NUMBER_KIND = "LD"
NO_STORE_CODE = "HQ"
"""Leads that no store could be found for are numbered under headquarters."""
TRIES = 20
DEADLOCK_OR_SERIALISATION = ("40P01", "40001")
BATCH = 1000
NO_AMOUNT = Decimal("0.00")
NO_ANSWER_OF_ITS_OWN = -1

KNOWN = """
    SELECT p.phone, c.id, c.name, c.owner_id, c.home_store_id, c.touched_at,
        (SELECT l.id FROM crm_lead l
         WHERE l.customer_id = c.id AND l.state IN ('NEW', 'ASSIGNED', 'CONTACTED')),
        (SELECT max(l.id) FROM crm_lead l JOIN crm_opportunity o ON o.lead_id = l.id
         WHERE l.customer_id = c.id AND l.state = 'QUALIFIED' AND l.received_at >= %s
            AND o.stage IN ('NEW', 'CONTACTED', 'VISITED', 'TEST_DRIVEN', 'QUOTED'))
    FROM crm_customerphone p JOIN crm_customer c ON c.id = p.customer_id
    WHERE p.phone = ANY(%s)
"""


@dataclass(frozen=True, slots=True)
class RegisteredLead:
    """What became of an enquiry: a lead of its own, or one more call for a lead that was there.

    ``is_repeat`` the customer asked again, ``is_redelivery`` the channel sent the same message
    twice, which changed nothing.
    """

    lead: Lead
    is_repeat: bool = False
    is_redelivery: bool = False

    @property
    def is_new(self) -> bool:
        return not (self.is_repeat or self.is_redelivery)


def register_lead(
    *,
    actor: Actor,
    source: str,
    phone: str,
    custom: Mapping[str, Any] | None = None,
    **details: Any,
) -> RegisteredLead:
    """Take in one enquiry; ``details`` are the further fields of :func:`enquiry`.

    The customer is found by phone in the whole group, or made. An open lead (or the opportunity
    that came of one within the group's days) is joined; else the lead goes to the customer's owner
    while her protection lasts, else by the assignment rules; with nobody there it stays NEW.

    Raises Invalid, NotAnAdvisor, NotFound (store), NotPermitted, and what custom values are refused
    for.
    """
    actor.require("crm.register_lead")
    taken = enquiry(source=source, phone=phone, **details)
    if taken.owner_id is not None and taken.owner_id != actor.staff_id:
        actor.require("crm.reassign_lead")
    if taken.store_id is not None:
        organisation.get_working_store(store_id=taken.store_id)
    if not custom:
        return _persistently(actor, [taken])[0]
    with transaction.atomic():
        registered = _persistently(actor, [taken])[0]
        if not registered.is_redelivery:
            _save_custom(registered, custom, actor)
    return registered


def register_arrival(*, actor: Actor, taken: Enquiry) -> RegisteredLead:
    """The enquiry of somebody who stands in the showroom, for whoever receives her there.

    The caller has asked for the right, and found the owner by the showroom's own rule. Part of the
    caller's transaction. Raises NotAnAdvisor.
    """
    return _persistently(actor, [taken])[0]


def _save_custom(registered: RegisteredLead, custom: Mapping[str, Any], actor: Actor) -> None:
    lead = Lead.objects.select_for_update().get(pk=registered.lead.pk)
    changes = custom_fields.save_values(lead, custom, actor=actor, is_new=registered.is_new)
    if changes:
        audit.record(actor, "changed", lead, changes)


def register_leads(*, actor: Actor, enquiries: Sequence[Enquiry]) -> list[RegisteredLead]:
    """Take in many at once, under every rule of :func:`register_lead`; answers in their order.

    Each batch of a thousand is one transaction, or a part of the caller's. The owners of new leads
    are told; of what else became of a file its import tells once.
    """
    actor.require("crm.import_customer")
    answers: list[RegisteredLead] = []
    for start in range(0, len(enquiries), BATCH):
        answers += _persistently(actor, enquiries[start : start + BATCH], of_file=True)
    return answers


def _persistently(
    actor: Actor, enquiries: Sequence[Enquiry], *, of_file: bool = False
) -> list[RegisteredLead]:
    """Try again when somebody else made the same customer, lead or reference first."""
    looks_for_references = len(enquiries) > 1
    for _attempt in range(TRIES):
        try:
            with transaction.atomic():
                return _Registration(actor, enquiries, looks_for_references, of_file).run()
        except WeightsOutdated:
            with transaction.atomic():
                weigh_advisors(today=today())
        except (_Outdated, LeadClosed):
            continue
        except IntegrityError as error:
            if "_uq" not in str(error):
                raise
            looks_for_references = True
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", None) not in DEADLOCK_OR_SERIALISATION:
                raise
    raise RuntimeError("An enquiry met somebody else's changes again and again.")


class _Outdated(Exception):
    """The customer was merged or given to somebody a moment ago: look again."""


@dataclass(slots=True)
class _Known:
    """A customer as found by phone."""

    customer_id: int
    name: str
    owner_id: int | None
    home_store_id: int | None
    touched_at: datetime | None
    open_lead_id: int | None
    live_lead_id: int | None

    @property
    def place(self) -> tuple[int | None, int | None]:
        """With whom and where, from which follows where her lead goes."""
        return self.owner_id, self.home_store_id


@dataclass(slots=True)
class _Draft:
    """A lead about to be written, with the customer's row if that is new too."""

    enquiry: Enquiry
    known: _Known | None
    placement: Placement | None = None
    customer: Customer | None = None
    lead: Lead | None = None
    repeats: list[Enquiry] = field(default_factory=list)


class _Registration:
    """One transaction's worth of enquiries."""

    def __init__(
        self,
        actor: Actor,
        enquiries: Sequence[Enquiry],
        looks_for_references: bool,
        of_file: bool,
    ) -> None:
        self.actor = actor
        self.enquiries = enquiries
        self.looks_for_references = looks_for_references
        self.of_file = of_file
        self.moment = now()
        self.answers: dict[int, RegisteredLead] = {}
        # By customer, or by phone where the customer is new: two enquiries of one customer in one
        # batch make one lead.
        self.drafts: dict[tuple[int, str], _Draft] = {}
        self.draft_of: dict[int, _Draft] = {}
        self.joins: dict[int, list[tuple[int, Enquiry]]] = defaultdict(list)
        self.asked_again: set[int] = set()

    def run(self) -> list[RegisteredLead]:
        self.dispatcher = Dispatcher()
        self.known = self._find_known()
        references = self._references() if self._may_be_redelivered() else {}
        first_of: dict[tuple[str, str], int] = {}
        again: dict[int, int] = {}
        for index, taken in enumerate(self.enquiries):
            reference = (taken.source, taken.external_id)
            if taken.external_id and reference in references:
                self.answers[index] = RegisteredLead(references[reference], is_redelivery=True)
            elif taken.external_id and reference in first_of:
                again[index] = first_of[reference]
            else:
                first_of[reference] = index
                self._sort(index, taken)
        self._place()
        self._make_rows()
        with together():
            self._write_rows()
            self._write_history()
            self._tell()
        self._take_up_customers()
        self._write_joins()
        self._publish()
        for index, draft in self.draft_of.items():
            is_repeat = draft.enquiry is not self.enquiries[index]
            self.answers[index] = RegisteredLead(draft.lead, is_repeat=is_repeat)
        for index, first in again.items():
            self.answers[index] = RegisteredLead(self.answers[first].lead, is_redelivery=True)
        return [self.answers[index] for index in range(len(self.enquiries))]

    # --- What is there already ------------------------------------------------------------------

    def _may_be_redelivered(self) -> bool:
        """Whether to look: a new customer's reference is judged by the unique constraint alone."""
        return self.looks_for_references or any(
            taken.external_id and taken.phone in self.known for taken in self.enquiries
        )

    def _references(self) -> dict[tuple[str, str], Lead]:
        """Leads by the channels' references that were delivered before."""
        wanted: dict[str, set[str]] = defaultdict(set)
        for taken in self.enquiries:
            if taken.external_id:
                wanted[taken.source].add(taken.external_id)
        if not wanted:
            return {}
        condition = Q(pk__in=())
        for source, ids in wanted.items():
            condition |= Q(source=source, external_id__in=sorted(ids))
        found = {(lead.source, lead.external_id): lead for lead in Lead.objects.filter(condition)}
        for contact in Interaction.objects.filter(condition).select_related("lead"):
            found[contact.source, contact.external_id] = contact.lead
        return found

    def _find_known(self) -> dict[str, _Known]:
        since = self.moment - timedelta(days=self.dispatcher.decided.of("crm.repeat_days"))
        with connection.cursor() as cursor:
            cursor.execute(KNOWN, [since, sorted({taken.phone for taken in self.enquiries})])
            return {phone: _Known(*facts) for phone, *facts in cursor.fetchall()}

    def _sort(self, index: int, taken: Enquiry) -> None:
        known = self.known.get(taken.phone)
        joined = known and (known.open_lead_id or known.live_lead_id)
        if joined:
            self.joins[joined].append((index, taken))
            return
        key = (known.customer_id, "") if known else (0, taken.phone)
        draft = self.drafts.get(key)
        if draft is None:
            draft = self.drafts[key] = _Draft(taken, known)
        else:
            draft.repeats.append(taken)
        self.draft_of[index] = draft

    # --- Who gets it ----------------------------------------------------------------------------

    def _place(self) -> None:
        if not self.drafts:
            return
        # One order for everybody, so that batches that make the same rows wait, and never cross.
        self.drafts = dict(sorted(self.drafts.items()))
        people, stores = self._people_and_stores()
        self.works_in = organisation.stores_of_staff(
            {
                draft.known.owner_id
                for draft in self.drafts.values()
                if draft.known and draft.known.owner_id and draft.enquiry.store_id
            }
        )
        tags = self._tags()
        open_to_rules: list[tuple[_Draft, LeadFacts]] = []
        for draft in self.drafts.values():
            draft.placement = self._to_owner(draft, people, stores) or self._to_chosen(
                draft, people, stores
            )
            if draft.placement is None:
                open_to_rules.append((draft, self._facts(draft, tags)))
        if not open_to_rules:
            return
        self.dispatcher.prepare((facts for _draft, facts in open_to_rules), today=today())
        for draft, facts in open_to_rules:
            draft.placement = self.dispatcher.place(facts)
        self.dispatcher.remember()

    def _people_and_stores(self) -> tuple[dict[int, Any], dict[int, Any]]:
        """Owners of the known customers and people asked for, with their stores."""
        staff_ids = {d.known.owner_id for d in self.drafts.values() if d.known}
        staff_ids |= {d.enquiry.owner_id for d in self.drafts.values()}
        people = organisation.staff_by_id(staff_ids - {None}) if staff_ids - {None} else {}
        store_ids = {person.home_store_id for person in people.values()}
        for draft in self.drafts.values():
            if people:
                store_ids.add(draft.enquiry.store_id)
                store_ids.add(draft.known.home_store_id if draft.known else None)
        stores = organisation.stores_by_id(store_ids - {None}) if store_ids - {None} else {}
        return people, stores

    def _to_owner(
        self, draft: _Draft, people: dict[int, Any], stores: dict[int, Any]
    ) -> Placement | None:
        """The customer's owner, while her protection lasts."""
        known = draft.known
        if known is None or known.owner_id is None:
            return None
        owner = people[known.owner_id]
        store = stores.get(known.home_store_id) or stores.get(owner.home_store_id)
        if owner.state != owner.State.ACTIVE or store is None:
            return None
        days = self.dispatcher.decided.of(
            "crm.protection_days", store_id=store.pk, brand=draft.enquiry.brand
        )
        if not customer_rules.is_protected(
            last_touch_at=known.touched_at, now=self.moment, days=days
        ):
            return None
        explanation: dict[str, Any] = {"how": "owner", "days": days}
        clash = clash_between(
            owner=owner,
            store_id=store.pk,
            person=people.get(draft.enquiry.owner_id),
            store=stores.get(draft.enquiry.store_id),
            works_in=self.works_in.get(owner.pk, ()),
        )
        if clash is not None:
            explanation["clash"] = clash
        return Placement(_place_of(store), owner.pk, owner.name, explanation)

    def _to_chosen(
        self, draft: _Draft, people: dict[int, Any], stores: dict[int, Any]
    ) -> Placement | None:
        """The person that was asked for. Raises NotAnAdvisor."""
        wanted = draft.enquiry.owner_id
        if wanted is None:
            return None
        person = people.get(wanted)
        store = person and (stores.get(draft.enquiry.store_id) or stores.get(person.home_store_id))
        if person is None or store is None or person.state != person.State.ACTIVE:
            raise NotAnAdvisor(_("This person cannot take leads."), field="owner_id")
        return Placement(
            _place_of(store),
            person.pk,
            person.name,
            {"how": draft.enquiry.owner_by, "by": self.actor.name},
        )

    def _tags(self) -> dict[int, frozenset[str]]:
        """Of the known customers, if a rule looks at them."""
        known = [draft.known.customer_id for draft in self.drafts.values() if draft.known]
        return tag_names_of(known) if known and self.dispatcher.asks_for("tags") else {}

    def _facts(self, draft: _Draft, tags: Mapping[int, frozenset[str]]) -> LeadFacts:
        taken, known = draft.enquiry, draft.known
        return LeadFacts(
            source=taken.source,
            division_code=taken.division_code,
            brand=taken.brand,
            series=taken.series,
            store_id=taken.store_id or (known.home_store_id if known else None),
            tags=tags.get(known.customer_id, frozenset()) if known else frozenset(),
            minute=minute_of_day(self.moment) if self.dispatcher.asks_for("hours") else None,
        )

    # --- Writing --------------------------------------------------------------------------------

    def _make_rows(self) -> None:
        """With their keys, so that nothing that refers to them waits for the database."""
        drafts = list(self.drafts.values())
        new = [draft for draft in drafts if draft.known is None]
        for draft in drafts:
            draft.lead = self._lead(draft)
        for draft in new:
            draft.customer = self._customer(draft)
        draw_keys([draft.customer for draft in new], [draft.lead for draft in drafts])
        for draft in new:
            draft.lead.customer_id = draft.customer.pk
        if drafts:
            self._number(drafts)

    def _write_rows(self) -> None:
        drafts = list(self.drafts.values())
        insert([draft.customer for draft in drafts if draft.customer is not None])
        append(
            [
                CustomerPhone(customer=draft.customer, phone=draft.enquiry.phone, is_primary=True)
                for draft in drafts
                if draft.customer is not None
            ]
        )
        insert([draft.lead for draft in drafts if draft.lead is not None])

    def _customer(self, draft: _Draft) -> Customer:
        taken, placement = draft.enquiry, draft.placement
        keys = customer_rules.search_keys(
            name=taken.name, phones=[taken.phone], is_person=taken.kind == CustomerKind.PERSON
        )
        return Customer(
            kind=taken.kind,
            name=taken.name,
            name_sort=keys.name_sort,
            primary_phone=taken.phone,
            gender=taken.gender,
            division_code=taken.division_code,
            source=taken.source,
            owner_id=placement.owner_id,
            home_store_id=placement.store.store_id if placement.store else None,
            touched_at=self.moment if placement.owner_id else None,
            created_at=taken.received_at or self.moment,
            search_text=keys.search_text,
            grams=keys.grams,
        )

    def _take_up_customers(self) -> None:
        """Customers who were known go with their new leads; further enquiries join these."""
        drafts = self.drafts.values()
        known = [draft for draft in drafts if draft.known is not None]
        if known:
            ids = [draft.known.customer_id for draft in known]
            locked = Customer.objects.select_for_update().filter(pk__in=ids).order_by("pk")
            rows = locked.values_list("pk", "owner_id", "home_store_id")
            places = {pk: (owner_id, store_id) for pk, owner_id, store_id in rows}
            if any(places.get(draft.known.customer_id) != draft.known.place for draft in known):
                raise _Outdated
            self._give_customers(known)
            self._name_customers(known)
            refresh_lifecycle(ids)
        for draft in drafts:
            if draft.repeats:
                self.joins[draft.lead.pk] = [(NO_ANSWER_OF_ITS_OWN, r) for r in draft.repeats]

    def _lead(self, draft: _Draft) -> Lead:
        taken, placement = draft.enquiry, draft.placement
        owned = placement.owner_id is not None
        received_at = taken.received_at or self.moment
        zone = placement.store.time_zone if placement.store else None
        return Lead(
            customer_id=draft.known.customer_id if draft.known else None,
            source=taken.source,
            external_id=taken.external_id,
            campaign_code=taken.campaign_code,
            payload=dict(taken.payload),
            message=taken.message,
            division_code=taken.division_code,
            brand=taken.brand,
            series=taken.series,
            store_id=placement.store.store_id if placement.store else None,
            owner_id=placement.owner_id,
            state=LeadState.ASSIGNED if owned else LeadState.NEW,
            assignment=placement.explanation,
            received_at=received_at,
            received_date=_local_date(received_at, zone),
            assigned_at=self.moment if owned else None,
            response_due_at=placement.response_due_at(
                self.moment, self.dispatcher.decided, brand=taken.brand
            ),
        )

    def _number(self, drafts: list[_Draft]) -> None:
        stores = [draft.placement.store for draft in drafts]
        documents = [
            (store.code if store else NO_STORE_CODE, draft.lead.received_date)
            for store, draft in zip(stores, drafts, strict=True)
        ]
        numbers = numbering.number_documents(NUMBER_KIND, documents)
        for draft, number in zip(drafts, numbers, strict=True):
            draft.lead.number = number

    def _give_customers(self, known: list[_Draft]) -> None:
        """Known customers go with their leads, in one statement for each person and store."""
        given: dict[tuple[int, int], list[int]] = defaultdict(list)
        for draft in known:
            placement = draft.placement
            if placement.owner_id is not None:
                place = (placement.owner_id, placement.store.store_id)
                given[place].append(draft.known.customer_id)
        for (owner_id, store_id), ids in given.items():
            Customer.objects.filter(pk__in=ids).update(
                owner_id=owner_id, home_store_id=store_id, touched_at=self.moment, pooled_at=None
            )

    def _name_customers(self, known: list[_Draft]) -> None:
        """A name that was missing is filled in."""
        names = {
            draft.known.customer_id: draft.enquiry.name
            for draft in known
            if draft.enquiry.name and not draft.known.name
        }
        if not names:
            return
        phones: dict[int, list[str]] = defaultdict(list)
        numbers = CustomerPhone.objects.filter(customer__in=names)
        for customer_id, phone in numbers.values_list("customer_id", "phone"):
            phones[customer_id].append(phone)
        rows = []
        for customer_id, name in names.items():
            keys = customer_rules.search_keys(name=name, phones=phones[customer_id])
            rows.append(Customer(pk=customer_id, name=name, **asdict(keys)))
        columns = [part.name for part in fields(customer_rules.SearchKeys)]
        Customer.objects.bulk_update(rows, ["name", *columns])

    def _write_joins(self) -> None:
        """Further enquiries join the leads that are there."""
        if not self.joins:
            return
        leads = Lead.objects.in_bulk(list(self.joins))
        leads |= {draft.lead.pk: draft.lead for draft in self.drafts.values()}
        enquiries = {
            lead_id: [taken for _index, taken in repeats] for lead_id, repeats in self.joins.items()
        }
        self.asked_again = {leads[lead_id].customer_id for lead_id in self.joins}
        clashes = join_leads(enquiries, leads, actor=self.actor, moment=self.moment)
        for lead_id, repeats in self.joins.items():
            for index, _taken in repeats:
                if index != NO_ANSWER_OF_ITS_OWN:
                    self.answers[index] = RegisteredLead(leads[lead_id], is_repeat=True)
        # A file's rows are no news of the moment.
        if not self.of_file:
            self._tell_of_repeats(leads, clashes)

    def _tell_of_repeats(
        self, leads: Mapping[int, Lead], clashes: Iterable[tuple[Lead, Clash, Enquiry]]
    ) -> None:
        name_of = {
            known.open_lead_id or known.live_lead_id: known.name for known in self.known.values()
        }
        for lead_id, repeats in self.joins.items():
            for _index, taken in repeats:
                name = name_of.get(lead_id, "")
                tell_of_repeat(leads[lead_id], name, taken.source, self.actor)
        for lead, clash, taken in clashes:
            tell_of_clash(lead, clash, name_of.get(lead.pk, ""), taken, self.actor)

    def _write_history(self) -> None:
        entries, measures = [], []
        for draft in self.drafts.values():
            lead, placement = draft.lead, draft.placement
            if draft.customer is not None:
                entries.append(audit.entry(self.actor, "created", draft.customer))
            changes = {"source": [None, lead.source]}
            if placement.owner_id is not None:
                changes["owner"] = [None, placement.owner_name]
                changes["why"] = [None, placement.explanation["how"]]
            entries.append(audit.entry(self.actor, "registered", lead, changes))
            if lead.store_id is not None:
                measures.append(("leads_new", lead.store_id, lead.received_date, 1, NO_AMOUNT))
        audit.append(entries)
        summaries.add_many(measures)

    def _publish(self) -> None:
        asked = {draft.lead.customer_id for draft in self.drafts.values()} | self.asked_again
        if asked:
            events.publish(CustomersAsked(tuple(sorted(asked))))
        for draft in self.drafts.values():
            lead = draft.lead
            events.publish(LeadRegistered(lead.pk, lead.customer_id, lead.store_id))
            if lead.owner_id is not None:
                events.publish(
                    LeadAssigned(lead.pk, lead.customer_id, lead.store_id, lead.owner_id)
                )

    def _tell(self) -> None:
        """Owners of their new leads, and those who give leads out of those without an owner."""
        leads = [draft.lead for draft in self.drafts.values()]
        names = {
            draft.lead.customer_id: (draft.known and draft.known.name) or draft.enquiry.name
            for draft in self.drafts.values()
        }
        tell_owners(leads, names, self.actor)
        if self.of_file:
            return
        tell_of_waiting((lead for lead in leads if lead.owner_id is None), names, self.actor)
        for draft in self.drafts.values():
            if clash := draft.lead.assignment.get("clash"):
                name = names[draft.lead.customer_id]
                tell_of_clash(draft.lead, clash, name, draft.enquiry, self.actor)


def _place_of(store: Any) -> StorePlace:
    """A store's row in the form that placing leads works with."""
    return StorePlace(
        store_id=store.pk,
        code=store.code,
        name=store.name,
        time_zone=store.time_zone,
        opens_at=store.opens_at,
        closes_at=store.closes_at,
        region_match=0,
        sells_brand=False,
        people=(),
    )


def _local_date(moment: datetime, zone: str | None) -> date:
    return timezone.localdate(moment, ZoneInfo(zone) if zone else None)
