"""Columns and choices that the lists of this module share."""

from __future__ import annotations

from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.crm.phones import phone_of
from apps.organisation import queries as organisation
from forecourt.kernel.access import Actor, masked, shown
from forecourt.kernel.clock import now
from forecourt.ui.lists import Column, DateTimeColumn


class NameColumn(Column):
    """Whose row it is. People's names are short, and leave the width to what is said of them."""

    css = "is-name"


class PhoneColumn(Column):
    """A customer's main number, hidden in part from those who may not see it; it never breaks."""

    css = "fc-nowrap"

    def cell(self, row: Any, actor: Actor) -> SafeString | str:
        return phone_of(self._customer(row), actor) or super().cell(row, actor)

    def export(self, row: Any, actor: Actor) -> str | None:
        return phone_of(self._customer(row), actor)

    def _customer(self, row: Any) -> Any:
        return getattr(row, "customer", row)


class NationalIdColumn(Column):
    """An identity number: in part on the page, in full in the file of those who may see it."""

    css = "fc-nowrap"

    def cell(self, row: Any, actor: Actor) -> SafeString | str:
        return str(masked(row, "national_id"))

    def export(self, row: Any, actor: Actor) -> str | None:
        return shown(actor, row, "national_id") or None


class DisplayColumn(Column):
    """A choice by its label, without a badge."""

    def show(self, value: Any, row: Any) -> SafeString | str:
        return self.plain(value, row)

    def plain(self, value: Any, row: Any) -> str:
        return str(getattr(row, f"get_{self.name}_display")())


class DueColumn(DateTimeColumn):
    """What is due next: a lead's first answer while it is waited for, else the next contact."""

    def value(self, row: Any) -> Any:
        return row.response_due_at if row.is_clock_running else row.next_due_at

    def show(self, value: Any, row: Any) -> SafeString | str:
        shown_value = super().show(value, row)
        if value is not None and value < now() and row.is_open:
            return format_html('<span class="fc-negative">{}</span>', shown_value)
        return shown_value


def store_filter_choices(actor: Actor) -> list[tuple[int, str]]:
    stores = organisation.list_stores(actor).select_related(None).only("name_zh", "name_en")
    return [(store.pk, store.name) for store in stores]


def advisor_filter_choices(actor: Actor) -> list[tuple[int, str]]:
    people = organisation.list_staff(actor).filter(roles__code="sales_advisor")
    named = people.order_by("name_pinyin", "id").values_list("pk", "name")
    return [(staff_id, name) for staff_id, name in named]
