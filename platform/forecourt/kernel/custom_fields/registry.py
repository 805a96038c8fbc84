"""The definitions of a group, remembered until one changes; seen by the next request everywhere."""

from __future__ import annotations

from forecourt.kernel.access import Actor
from forecourt.kernel.custom_fields.definition import Definition, definition_of
from forecourt.kernel.models import CustomField
from forecourt.kernel.remembered import Remembered

Definitions = dict[str, list[Definition]]


def definitions(host: str) -> list[Definition]:
    """All fields of a host in their order on the form, retired ones included."""
    return REMEMBERED.get().get(host, [])


def active(host: str) -> list[Definition]:
    return [field for field in definitions(host) if field.is_active]


def visible(host: str, actor: Actor) -> list[Definition]:
    """The fields in use that the actor may see."""
    return [field for field in active(host) if field.is_visible_to(actor)]


def read(host: str | None = None) -> Definitions:
    """The definitions as the table has them now."""
    rows = CustomField.objects.order_by("host", "sequence", "id")
    found: Definitions = {}
    for row in rows.filter(host=host) if host else rows:
        found.setdefault(row.host, []).append(definition_of(row))
    return found


def changed() -> None:
    """Call inside the transaction of every change of a definition."""
    REMEMBERED.forget()


REMEMBERED: Remembered[Definitions] = Remembered("custom_fields", read)
