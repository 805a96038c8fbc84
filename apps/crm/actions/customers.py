"""Customers: make, change, add a phone, uncover a hidden one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.crm import queries
from apps.crm.actions.enquiries import checked_division, checked_phone
from apps.crm.actions.finding import index
from apps.crm.actions.identity import national_id_columns
from apps.crm.errors import NationalIdInUse, PhoneInUse
from apps.crm.events import CustomerChanged
from apps.crm.models import Customer, CustomerPhone
from apps.crm.rules import customers as rules
from apps.crm.rules.customers import CustomerKind, Gender
from apps.crm.rules.leads import LEAD_SOURCES, LeadSource
from forecourt.kernel import audit, custom_fields, events
from forecourt.kernel.access import Actor, masked
from forecourt.kernel.clock import now, today
from forecourt.kernel.errors import Invalid
from forecourt.kernel.option_lists import values as options

CHANGEABLE = (
    "kind",
    "name",
    "gender",
    "birth_date",
    "wechat",
    "email",
    "occupation",
    "family",
    "contact_time",
    "division_code",
    "address",
    "note",
    "consents",
    "national_id",
)


@transaction.atomic
def create_customer(
    *,
    actor: Actor,
    name: str,
    phone: str = "",
    source: str = LeadSource.OTHER,
    home_store_id: int | None = None,
    custom: Mapping[str, Any] | None = None,
    **details: Any,
) -> Customer:
    """A customer without an enquiry; ``details`` are named in ``CHANGEABLE``.

    Raises Invalid, PhoneInUse, NationalIdInUse, NotPermitted, and what custom values are refused
    for.
    """
    actor.require("crm.register_lead")
    if not name.strip():
        raise Invalid(_("A customer needs a name."), field="name")
    options.require(LEAD_SOURCES, source, field="source")
    values = _checked({"name": name, **details})
    number = checked_phone(phone) if phone.strip() else ""
    customer = Customer(
        source=source,
        primary_phone=number,
        owner_id=actor.staff_id if actor.home_store_id else None,
        home_store_id=home_store_id or actor.home_store_id,
        created_at=now(),
        **values,
    )
    index(customer)
    _save(customer)
    if number:
        _add_phone(customer, number, is_primary=True)
    changes = custom_fields.save_values(customer, custom, actor=actor, is_new=True)
    audit.record(actor, "created", customer, changes)
    return customer


def add_visitor(*, actor: Actor, name: str, phone: str, gender: str, store_id: int) -> Customer:
    """Somebody new at the desk who wants no car now; nobody owns her yet.

    Part of the caller's transaction, which asked for the right. Raises Invalid, PhoneInUse.
    """
    values = _checked({"name": name, "gender": gender} if name.strip() else {"gender": gender})
    number = checked_phone(phone)
    customer = Customer(
        source=LeadSource.WALK_IN,
        primary_phone=number,
        home_store_id=store_id,
        created_at=now(),
        **values,
    )
    index(customer)
    _save(customer)
    _add_phone(customer, number, is_primary=True)
    audit.record(actor, "created", customer)
    return customer


@transaction.atomic
def change_customer(
    *,
    customer_id: int,
    actor: Actor,
    custom: Mapping[str, Any] | None = None,
    **details: Any,
) -> Customer:
    """Change what is known of a customer; ``details`` are named in ``CHANGEABLE``.

    ``consents`` tells of the channels that are asked about: all others keep what was said, and
    ``None`` forgets an answer.
    Raises Invalid, NationalIdInUse, NotFound, NotPermitted, and what custom values are refused for.
    """
    customer = _lock(customer_id, actor, "crm.change_customer")
    if customer.national_id and details.get("national_id") == masked(customer, "national_id"):
        # It came back as it was shown: in part.
        del details["national_id"]
    elif "national_id" in details:
        actor.require(
            "crm.see_national_id", store_id=customer.home_store_id, owner_id=customer.owner_id
        )
    values = _checked(details, kind=customer.kind, consents=customer.consents)
    before = {name: getattr(customer, name) for name in values}
    changes = _without_secrets(audit.changes_between(before, values))
    if changes:
        for name, value in values.items():
            setattr(customer, name, value)
        index(customer)
        _save(customer, [*values, "name_sort", "search_text", "grams"])
    changes |= custom_fields.save_values(customer, custom, actor=actor)
    if changes:
        audit.record(actor, "changed", customer, changes)
        events.publish(CustomerChanged(customer.pk))
    return customer


@transaction.atomic
def add_phone(
    *, customer_id: int, phone: str, actor: Actor, make_primary: bool = False
) -> Customer:
    """Give a customer a further number. Raises Invalid, PhoneInUse, NotFound, NotPermitted."""
    customer = _lock(customer_id, actor, "crm.change_customer")
    number = checked_phone(phone)
    make_primary = make_primary or not customer.primary_phone
    if make_primary:
        customer.phones.filter(is_primary=True).update(is_primary=False)
        customer.primary_phone = number
    _add_phone(customer, number, is_primary=make_primary)
    index(customer)
    customer.save(update_fields=["primary_phone", "name_sort", "search_text", "grams"])
    audit.record(actor, "phone added", customer, {"phone": [None, rules.masked_phone(number)]})
    return customer


@transaction.atomic
def reveal_national_id(*, customer_id: int, actor: Actor) -> str:
    """A customer's identity number in full, to somebody who may see it; always logged.

    Raises NotFound, NotPermitted.
    """
    customer = _lock(customer_id, actor, "crm.see_national_id")
    audit.record(actor, "national_id_revealed", customer)
    return customer.national_id.reveal() if customer.national_id else ""


@transaction.atomic
def reveal_phone(*, customer_id: int, actor: Actor) -> list[str]:
    """All numbers of a customer in full, to somebody who sees them masked; always logged.

    Raises NotFound, NotPermitted.
    """
    customer = _lock(customer_id, actor, "crm.reveal_phone")
    audit.record(actor, "phone uncovered", customer)
    return list(customer.phones.order_by("-is_primary", "id").values_list("phone", flat=True))


def _lock(customer_id: int, actor: Actor, permission: str) -> Customer:
    return queries.lock(Customer, pk=customer_id, actor=actor, permission=permission)


def _add_phone(customer: Customer, number: str, *, is_primary: bool) -> None:
    try:
        with transaction.atomic():
            CustomerPhone.objects.create(customer=customer, phone=number, is_primary=is_primary)
    except IntegrityError as error:
        raise PhoneInUse(
            _("This number belongs to another customer already."), field="phone"
        ) from error


def _without_secrets(changes: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """The log says that a way to the customer changed, and never what it is."""
    return {
        name: [value and rules.hidden(value) for value in pair]
        if name in (*rules.HIDDEN_WITH_PHONE, "national_id")
        else pair
        for name, pair in changes.items()
        if name != "national_id_index"
    }


def _save(customer: Customer, columns: list[str] | None = None) -> None:
    try:
        with transaction.atomic():
            customer.save(update_fields=columns)
    except IntegrityError as error:
        if "customer_national_id_uq" not in str(error):
            raise
        raise NationalIdInUse(
            _("Another customer has this national ID already."), field="national_id"
        ) from error


def _checked(
    details: Mapping[str, Any],
    *,
    kind: str = CustomerKind.PERSON,
    consents: Mapping[str, bool] | None = None,
) -> dict[str, Any]:
    """The columns to write, for a customer of this kind who has said ``consents`` so far.

    Raises Invalid with the field's name; LookupError for a field that cannot be changed.
    """
    unknown = set(details) - set(CHANGEABLE)
    if unknown:
        raise LookupError(f"A customer has no {min(unknown)} to change.")
    values = {
        name: value.strip() if isinstance(value, str) else value for name, value in details.items()
    }
    if "name" in values and not values["name"]:
        raise Invalid(_("A customer needs a name."), field="name")
    if "kind" in values and values["kind"] not in CustomerKind.values:
        raise Invalid(_("Choose one of the values offered."), field="kind")
    if "gender" in values and values["gender"] not in Gender.values:
        raise Invalid(_("Choose one of the values offered."), field="gender")
    birth_date = values.get("birth_date")
    if isinstance(birth_date, date) and birth_date > today():
        raise Invalid(_("A birthday lies in the past."), field="birth_date")
    if "division_code" in values:
        values["division_code"] = checked_division(values["division_code"])
    if "consents" in values:
        values["consents"] = rules.consents_after(consents or {}, values["consents"])
    if "national_id" in values:
        values |= national_id_columns(values["national_id"], kind=values.get("kind", kind))
    return values
