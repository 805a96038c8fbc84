"""What comes in, checked and brought into the form in which it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from apps.crm.rules.customers import CustomerKind, Gender
from apps.crm.rules.leads import LEAD_SOURCES
from forecourt.kernel import regions, text
from forecourt.kernel.clock import now
from forecourt.kernel.errors import Invalid
from forecourt.kernel.option_lists import values as options

LONGEST_CAMPAIGN = 40


@dataclass(frozen=True, slots=True)
class Enquiry:
    """What came in, checked and in stored form; made by :func:`enquiry`.

    ``owner_by`` says how its owner was found, where the enquiry names one: ``chosen`` by whoever
    entered it, or by her ``turn`` in the showroom.
    """

    source: str
    phone: str
    name: str = ""
    kind: str = CustomerKind.PERSON
    gender: str = ""
    division_code: str = ""
    brand: str = ""
    series: str = ""
    message: str = ""
    external_id: str = ""
    store_id: int | None = None
    owner_id: int | None = None
    owner_by: str = "chosen"
    received_at: datetime | None = None
    campaign_code: str = ""
    payload: Mapping[str, Any] = field(default_factory=dict)


def enquiry(
    *,
    source: str,
    phone: str,
    name: str = "",
    kind: str = CustomerKind.PERSON,
    gender: str = "",
    division_code: str = "",
    brand: str = "",
    series: str = "",
    message: str = "",
    external_id: str = "",
    store_id: int | None = None,
    owner_id: int | None = None,
    received_at: datetime | None = None,
    campaign_code: str = "",
    payload: Mapping[str, Any] | None = None,
) -> Enquiry:
    """Check and normalise what came in. Raises Invalid with the field's name."""
    options.require(LEAD_SOURCES, source, field="source")
    for field_name, value, allowed in (
        ("kind", kind, CustomerKind.values),
        ("gender", gender, Gender.values),
    ):
        if value not in allowed:
            raise Invalid(_("Choose one of the values offered."), field=field_name)
    for field_name, value, length in (
        ("name", name, 100),
        ("brand", brand, 60),
        ("series", series, 60),
        ("message", message, 1000),
        ("external_id", external_id, 100),
    ):
        if len(value.strip()) > length:
            raise Invalid(
                _("At most %(length)s characters.") % {"length": length}, field=field_name
            )
    if received_at is not None and received_at > now():
        raise Invalid(_("An enquiry cannot come from the future."), field="received_at")
    return Enquiry(
        source=source,
        phone=checked_phone(phone),
        name=" ".join(name.split()),
        kind=kind,
        gender=gender,
        division_code=checked_division(division_code),
        brand=brand.strip(),
        series=series.strip(),
        message=message.strip(),
        external_id=external_id.strip(),
        store_id=store_id,
        owner_id=owner_id,
        received_at=received_at,
        campaign_code=checked_campaign(campaign_code),
        payload=dict(payload or {}),
    )


def checked_phone(phone: str) -> str:
    """In E.164 form. Raises Invalid for the field ``phone``."""
    try:
        return text.normalise_phone(phone)
    except Invalid as refusal:
        raise Invalid(refusal.message, field="phone") from refusal


def checked_campaign(code: str) -> str:
    """What brought the customer in, at most 40 characters. Raises Invalid, naming its field."""
    code = code.strip()
    if len(code) > LONGEST_CAMPAIGN:
        raise Invalid(
            _("At most %(length)s characters.") % {"length": LONGEST_CAMPAIGN},
            field="campaign_code",
        )
    return code


def checked_division(code: str) -> str:
    """A code of six digits, or nothing. Raises Invalid for the field ``division_code``."""
    if not code:
        return ""
    division = regions.get(code)
    if division is None:
        raise Invalid(_("There is no such administrative division."), field="division_code")
    return division.code
