"""The inputs of a condition's rows: a value is entered as the kind of its field wants it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms as django_forms
from django.utils.translation import gettext_lazy as _

from apps.approvals.forms import NOTHING, YES_NO, PersonField
from apps.approvals.rules.comparisons import Comparison, Operator, operators_for
from apps.approvals.rules.fields import NUMERIC, FieldKind, Fields, SubjectField
from forecourt.ui import forms

MOST_ROWS = 20
LABEL = _("Value")
MAX_LENGTH = 200


def posted_rows(data: Mapping[str, Any]) -> list[Comparison]:
    """The rows that a form holds at this moment, also unfinished ones, each at its place."""
    numbers = [number for number in range(1, MOST_ROWS + 1) if f"field_{number}" in data]
    return [
        Comparison(
            str(data.get(f"field_{number}", "")),
            str(data.get(f"operator_{number}", "")),
            str(data.get(f"value_{number}", "")),
        )
        for number in numbers
    ]


def begun_row(item: SubjectField | None, name: str) -> Comparison:
    """A row whose field was just chosen: nothing is compared with yet, but for yes or no."""
    is_yes_no = item is not None and item.kind == FieldKind.BOOLEAN
    return Comparison(name, Operator.IS, "yes" if is_yes_no else "")


def row_fields(
    number: int, row: Comparison, fields: Fields, url: str
) -> dict[str, django_forms.Field]:
    """The three inputs of a row. From ``url`` the page fetches those that fit a choice."""
    chosen = fields.get(row.field)
    known = [(name, item.label) for name, item in fields.items()]
    operators = operators_for(chosen.kind) if chosen else list(Operator)
    found: dict[str, django_forms.Field] = {
        f"field_{number}": django_forms.ChoiceField(
            label=_("Field"), choices=[*NOTHING, *known], required=False
        ),
        f"operator_{number}": django_forms.ChoiceField(
            label=_("Comparison"),
            choices=[(operator.value, operator.label) for operator in operators],
            required=False,
        ),
        f"value_{number}": value_field(chosen, row.value),
    }
    if url:
        place = f"#id_value_{number}_field"
        found[f"field_{number}"].widget.attrs |= {
            "hx-post": f"{url}?row={number}",
            "hx-trigger": "change",
            "hx-select": place,
            "hx-target": place,
            "hx-swap": "outerHTML",
            "hx-select-oob": f"#id_operator_{number}_field",
        }
    return found


def expression_tools(url: str) -> dict[str, str]:
    """Have the page fetch what the rows are as an expression whenever something is changed."""
    place = "#id_expression_field"
    return {
        "hx-post": url,
        "hx-trigger": "change from:closest form",
        "hx-select": place,
        "hx-target": place,
        "hx-swap": "outerHTML",
    }


def value_field(item: SubjectField | None, value: str = "") -> django_forms.Field:
    """How a value of the field is entered; ``value`` is the present one, which stays on offer."""
    if item is None:
        return django_forms.CharField(label=LABEL, max_length=MAX_LENGTH, required=False)
    if item.kind == FieldKind.BOOLEAN:
        return django_forms.ChoiceField(label=LABEL, choices=YES_NO[::-1], required=False)
    if item.kind == FieldKind.PERSON:
        return PersonField(label=LABEL, required=False)
    if item.kind == FieldKind.CHOICE:
        choices = [(str(code), label) for code, label in item.choices()]
        if choices:
            return _chooser(choices, value)
    return django_forms.CharField(
        label=LABEL, max_length=MAX_LENGTH, required=False, widget=_input(item.kind)
    )


def _chooser(choices: list[tuple[str, Any]], value: str) -> django_forms.Field:
    is_known = not value or value in {code for code, _label in choices}
    offered = choices if is_known else [(value, value), *choices]
    return django_forms.ChoiceField(label=LABEL, choices=[*NOTHING, *offered], required=False)


def _input(kind: str) -> django_forms.Widget:
    if kind == FieldKind.MONEY:
        return forms.MoneyInput()
    if kind == FieldKind.RATE:
        return forms.PercentInput()
    if kind == FieldKind.DATE:
        return forms.DateInput()
    attrs = {"inputmode": "decimal", "autocomplete": "off"} if kind in NUMERIC else {}
    return django_forms.TextInput(attrs)
