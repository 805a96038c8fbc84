"""Customers from another system, many at a time: found by phone, filled in, or made."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any

from django.db import transaction

from apps.crm.actions.identity import national_id_columns
from apps.crm.actions.tags import put_tags
from apps.crm.models import Customer, CustomerPhone
from apps.crm.queries import national_id_index
from apps.crm.rules.customers import CustomerKind, kept_digits, search_keys
from apps.crm.rules.leads import LeadSource
from apps.organisation import queries as organisation
from forecourt.kernel import audit
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now
from forecourt.kernel.custom_fields import save_many
from forecourt.kernel.db.rows import insert_many

FILLED_IN = (
    *("name", "gender", "birth_date", "wechat", "email", "division_code", "address", "note"),
    *("occupation", "family", "contact_time"),
)


@dataclass(frozen=True, slots=True)
class CustomerRecord:
    """A customer as another system has her; phones in E.164 form, the main one first.

    ``national_id`` has been checked.
    """

    name: str
    phones: tuple[str, ...] = ()
    kind: str = CustomerKind.PERSON
    gender: str = ""
    birth_date: date | None = None
    wechat: str = ""
    email: str = ""
    division_code: str = ""
    address: str = ""
    note: str = ""
    occupation: str = ""
    family: str = ""
    contact_time: str = ""
    national_id: str = ""
    consents: Mapping[str, bool] = field(default_factory=dict)
    source: str = LeadSource.IMPORT
    store_id: int | None = None
    owner_id: int | None = None
    tag_ids: tuple[int, ...] = ()
    custom: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What became of a record; ``owner_kept`` names who looks after the customer where the record
    names somebody else."""

    customer_id: int
    is_new: bool
    is_changed: bool
    is_out_of_reach: bool = False
    owner_kept: str = ""


@transaction.atomic
def take_in_customers(*, records: Sequence[CustomerRecord], actor: Actor) -> list[TakenIn]:
    """Make customers, or fill in what is not yet known of those whose phone or ID is known.

    What the group knows already is never overwritten, and an owner stays; a customer whom the actor
    may not change, of another store, stays as she is. Records without a phone always make a
    customer: the importer remembers which rows it has taken in. Raises NotPermitted.
    """
    actor.require("crm.import_customer")
    batch = _Batch(records, actor)
    batch.write()
    return batch.answers


class _Batch:
    def __init__(self, records: Sequence[CustomerRecord], actor: Actor) -> None:
        self.records = records
        self.actor = actor
        self.moment = now()
        locked = self._locked()
        self.known = self._by_phone(locked)
        self.known_ids = {
            row.national_id_index: row for row in locked.values() if row.national_id_index
        }
        self.home_stores = self._home_stores()
        self.new: list[tuple[Customer, list[str]]] = []
        self.changed: dict[int, Customer] = {}
        self.consents_before: dict[int, dict[str, bool]] = {}
        self.added: list[CustomerPhone] = []
        self.answers: list[TakenIn] = []

    def write(self) -> None:
        subjects: list[tuple[Customer, bool, bool]] = []
        grant = self.actor.grant("crm.import_customer")
        strangers: set[int] = set()
        for record in self.records:
            customer = next(
                (self.known[phone] for phone in record.phones if phone in self.known),
                self._by_national_id(record),
            )
            if customer is None:
                customer = self._make(record)
                subjects.append((customer, True, True))
            elif customer.pk and not grant.covers(customer.home_store_id, customer.owner_id):
                strangers.add(customer.pk)
                subjects.append((customer, False, False))
            else:
                subjects.append((customer, False, self._fill_in(customer, record)))
        insert_many([customer for customer, _phones in self.new])
        insert_many(
            [
                CustomerPhone(customer_id=customer.pk, phone=phone, is_primary=index == 0)
                for customer, phones in self.new
                for index, phone in enumerate(phones)
            ]
        )
        self._write_changes()
        audit.record_many(self.actor, "imported", [customer for customer, _phones in self.new])
        self.owners = organisation.names_of_staff(
            {customer.owner_id for customer, _new, _changed in subjects} - {None}
        )
        filled = self._fill_in_custom(
            [customer for customer, _new, _changed in subjects], except_for=strangers
        )
        filled |= self._put_tags([row for row, _new, _changed in subjects], strangers)
        self.answers = [
            TakenIn(
                customer.pk,
                is_new,
                is_changed or customer.pk in filled,
                customer.pk in strangers,
                self._owner_kept(customer, record, strangers),
            )
            for (customer, is_new, is_changed), record in zip(subjects, self.records, strict=True)
        ]

    def _owner_kept(
        self, customer: Customer, record: CustomerRecord, strangers: Collection[int]
    ) -> str:
        """Of whom the actor may not see, not even that."""
        if customer.pk in strangers or None in (record.owner_id, customer.owner_id):
            return ""
        return "" if record.owner_id == customer.owner_id else self.owners[customer.owner_id]

    def _fill_in_custom(self, customers: Sequence[Customer], *, except_for: set[int]) -> set[int]:
        """Custom values of new customers, and those that known ones do not have yet."""
        written = [
            (customer, record.custom)
            for customer, record in zip(customers, self.records, strict=True)
            if customer.pk not in except_for
        ]
        return save_many(written, actor=self.actor, only_blanks=True)

    def _put_tags(self, customers: Sequence[Customer], strangers: set[int]) -> set[int]:
        wanted: dict[int, set[int]] = {}
        for customer, record in zip(customers, self.records, strict=True):
            if record.tag_ids and customer.pk not in strangers:
                wanted.setdefault(customer.pk, set()).update(record.tag_ids)
        return put_tags(wanted, actor=self.actor) if wanted else set()

    def _locked(self) -> dict[int, Customer]:
        """Those whom the records may mean, locked: an answer that one of them gives while the file
        is written, a consent withdrawn above all, is neither missed nor undone."""
        phones = {phone for record in self.records for phone in record.phones}
        owners = CustomerPhone.objects.filter(phone__in=sorted(phones))
        ids = set(owners.values_list("customer_id", flat=True))
        indexes = {
            national_id_index(record.national_id) for record in self.records if record.national_id
        }
        if indexes:
            same = Customer.objects.filter(national_id_index__in=sorted(indexes))
            ids |= set(same.values_list("pk", flat=True))
        rows = Customer.objects.select_for_update(of=("self",)).filter(pk__in=ids)
        return {row.pk: row for row in rows.order_by("pk")}

    def _by_phone(self, locked: Mapping[int, Customer]) -> dict[str, Customer]:
        rows = CustomerPhone.objects.filter(customer__in=locked)
        return {row.phone: locked[row.customer_id] for row in rows}

    def _by_national_id(self, record: CustomerRecord) -> Customer | None:
        if not record.national_id or record.kind != CustomerKind.PERSON:
            return None
        return self.known_ids.get(national_id_index(record.national_id))

    def _home_stores(self) -> dict[int, int | None]:
        ids = {record.owner_id for record in self.records} - {None}
        return {
            staff_id: person.home_store_id
            for staff_id, person in organisation.staff_by_id(ids).items()
        }

    def _make(self, record: CustomerRecord) -> Customer:
        values = {
            part.name: getattr(record, part.name)
            for part in fields(record)
            if part.name in FILLED_IN
        }
        customer = Customer(
            **values,
            kind=record.kind,
            source=record.source,
            primary_phone=record.phones[0] if record.phones else "",
            owner_id=record.owner_id,
            home_store_id=record.store_id or self.home_stores.get(record.owner_id),
            touched_at=self.moment if record.owner_id else None,
            created_at=self.moment,
            consents=dict(record.consents),
        )
        self._identify(customer, record)
        phones = list(dict.fromkeys(record.phones))
        _index(customer, phones)
        self.new.append((customer, phones))
        for phone in phones:
            self.known[phone] = customer
        return customer

    def _identify(self, customer: Customer, record: CustomerRecord) -> bool:
        """Note the identity number where none is known yet and nobody else has it."""
        if not record.national_id or customer.national_id or customer.kind != CustomerKind.PERSON:
            return False
        index = national_id_index(record.national_id)
        if index in self.known_ids:
            return False
        for name, value in national_id_columns(record.national_id, kind=customer.kind).items():
            setattr(customer, name, value)
        self.known_ids[index] = customer
        return True

    def _fill_in(self, customer: Customer, record: CustomerRecord) -> bool:
        changed = self._identify(customer, record)
        for name in FILLED_IN:
            value: Any = getattr(record, name)
            if value and not getattr(customer, name):
                setattr(customer, name, value)
                changed = True
        told = {**record.consents, **customer.consents}
        if told != customer.consents:
            if customer.pk is not None:
                self.consents_before.setdefault(customer.pk, customer.consents)
            customer.consents = told
            changed = True
        fresh = [phone for phone in dict.fromkeys(record.phones) if phone not in self.known]
        if customer.pk is None:
            # Made by an earlier record of this very batch: it is written once, with all it has.
            phones = next(phones for made, phones in self.new if made is customer)
            phones += fresh
            _index(customer, phones)
        elif fresh:
            self.added += [CustomerPhone(customer=customer, phone=phone) for phone in fresh]
        for phone in fresh:
            self.known[phone] = customer
        if (changed or fresh) and customer.pk is not None:
            self.changed[customer.pk] = customer
        return changed or bool(fresh)

    def _write_changes(self) -> None:
        if not self.changed:
            return
        CustomerPhone.objects.bulk_create(self.added)
        phones: dict[int, list[str]] = {}
        rows = CustomerPhone.objects.filter(customer__in=self.changed).values_list(
            "customer_id", "phone"
        )
        for customer_id, phone in rows:
            phones.setdefault(customer_id, []).append(phone)
        ordered = [self.changed[pk] for pk in sorted(self.changed)]
        for customer in ordered:
            _index(customer, phones.get(customer.pk, []))
        derived = ("national_id", "national_id_index", "name_sort", "search_text", "grams")
        Customer.objects.bulk_update(ordered, [*FILLED_IN, "consents", *derived])
        audit.append(
            [
                audit.entry(self.actor, "imported", customer, self._consents_told(customer))
                for customer in ordered
            ]
        )

    def _consents_told(self, customer: Customer) -> dict[str, list[Any]]:
        """Who has agreed to what must be provable: the log holds it before and after."""
        before = self.consents_before.get(customer.pk)
        return {} if before is None else {"consents": [before, customer.consents]}


def _index(customer: Customer, phones: Sequence[str]) -> None:
    keys = search_keys(
        name=customer.name,
        phones=[*phones, *kept_digits(customer.search_text, phones)],
        is_person=customer.kind == CustomerKind.PERSON,
    )
    customer.name_sort = keys.name_sort
    customer.search_text = keys.search_text
    customer.grams = keys.grams
