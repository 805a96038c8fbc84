"""A customer's number as a page shows it, whichever module's page it is."""

from __future__ import annotations

from typing import Any

from apps.crm.rules.customers import spoken_phone
from forecourt.kernel.access import Actor, may_see, shown


def phone_of(customer: Any, actor: Actor) -> str:
    """The main number as this person may see it, in the way that it is spoken; of nobody, none."""
    if customer is None:
        return ""
    phone = shown(actor, customer, "primary_phone")
    return spoken_phone(phone) if may_see(actor, customer, "primary_phone") else phone


def call_url(customer: Any, actor: Actor) -> str:
    """What a phone dials when the number is touched; nothing for whom the number is hidden."""
    if customer.primary_phone and may_see(actor, customer, "primary_phone"):
        return f"tel:{customer.primary_phone}"
    return ""
