"""A message of a feed as an enquiry: what stands in it, what it becomes, and what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from apps.crm.actions.enquiries import checked_phone, enquiry
from apps.crm.rules import feeds as rules
from apps.crm.rules.feeds import CUSTOM, Found
from apps.organisation import queries as organisation
from forecourt.kernel.clock import now
from forecourt.kernel.custom_fields.definition import Definition, Kind
from forecourt.kernel.custom_fields.kinds import read_text
from forecourt.kernel.custom_fields.registry import active
from forecourt.kernel.errors import DomainError, Invalid
from forecourt.kernel.group_settings import value_of

HOST = "lead"
FIELD_OF = {"store_id": "store", "division_code": "division"}
"""How a refused value of an enquiry is called in a mapping."""


@dataclass(slots=True)
class Reading:
    """What a payload says: by field what was found, the enquiry it makes, and why it makes none."""

    found: list[Found] = field(default_factory=list)
    details: dict[str, Any] = field(default_factory=dict)
    custom: dict[str, Any] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)


def fields_to_fill() -> list[Definition]:
    """The custom fields of leads that a text may fill."""
    return [one for one in active(HOST) if one.kind not in (Kind.FILE, Kind.STAFF)]


def read_message(
    text: str,
    content_type: str,
    *,
    source: str,
    mapping: Mapping[str, Any],
    campaign_code: str = "",
) -> Reading:
    """Read a payload by a mapping; nothing is written, and every field's problem is said."""
    reading = Reading()
    try:
        payload = rules.parse_payload(text, content_type)
    except Invalid as refusal:
        reading.problems["payload"] = refusal.message
        return reading
    reading.found = list(rules.read_payload(payload, mapping))
    reading.details = {"source": source, "phone": "", "campaign_code": campaign_code}
    fields = {one.name: one for one in fields_to_fill()}
    for one in reading.found:
        try:
            _take_over(one, reading, fields)
        except DomainError as refusal:
            reading.problems[one.target] = refusal.message
    if not reading.problems:
        _judge(reading)
    return reading


def _take_over(one: Found, reading: Reading, fields: Mapping[str, Definition]) -> None:
    """One field's word as the enquiry has it. Raises Invalid."""
    if one.target == "phone" and not one.value:
        raise Invalid(_("Nothing stands there."))
    if one.target.startswith(CUSTOM):
        definition = fields.get(one.target)
        if definition is not None and one.value:
            reading.custom[definition.code] = read_text(definition, one.value)
        return
    reader = READERS.get(one.target)
    if reader is not None:
        name, value = reader(one.value)
        reading.details[name] = value
    elif one.value or one.target != "campaign_code":
        reading.details[one.target] = one.value


def _store(code: str) -> tuple[str, Any]:
    if not code:
        return "store_id", None
    store = organisation.stores_by_code().get(code.upper())
    if store is None or not store.is_working:
        raise Invalid(
            _("There is no working store with the code “%(code)s”.") % {"code": code[:60]}
        )
    return "store_id", store.pk


def _received_at(word: str) -> tuple[str, Any]:
    zone = ZoneInfo(value_of("organisation.time_zone"))
    return "received_at", rules.read_moment(word, zone=zone, now=now())


READERS: dict[str, Callable[[str], tuple[str, Any]]] = {
    "phone": lambda word: ("phone", checked_phone(word)),
    "gender": lambda word: ("gender", rules.read_gender(word)),
    "division": lambda word: ("division_code", rules.read_division(word)),
    "received_at": _received_at,
    "store": _store,
}


def _judge(reading: Reading) -> None:
    """Whether the enquiry's own rules take it."""
    try:
        enquiry(**reading.details)
    except DomainError as refusal:
        name = refusal.field or "payload"
        reading.problems[FIELD_OF.get(name, name)] = refusal.message
