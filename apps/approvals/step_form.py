"""The form of one step: who, when, how long. It reads and writes what a step keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms as django_forms
from django.apps import apps
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy, pgettext_lazy

from apps.approvals.condition_fields import expression_tools, posted_rows, row_fields
from apps.approvals.errors import ConditionRefused
from apps.approvals.forms import NOTHING, PersonField
from apps.approvals.rules.comparisons import (
    Comparison,
    Joiner,
    Operator,
    expression_of,
    rows_of,
)
from apps.approvals.rules.conditions import MAX_LENGTH
from apps.approvals.rules.steps import MAX_LEVELS, Escalation, LimitUnit, Step, Where
from apps.approvals.subjects import SubjectKind
from apps.organisation import queries as organisation
from forecourt.kernel.access import all_permissions
from forecourt.ui import forms

FIELD_OF = {
    "roles": "role_1",
    "person_ids": "person_1",
    "condition": "expression",
}
"""Where a refusal of the action stands in this form."""
NO_ROW = Comparison("", "", "")
MODES = (("", _("any one of them decides")), ("yes", _("all of them must agree")))


class StepForm(forms.Form):
    """Roles, people and comparisons have as many places as are used, and one to spare."""

    wide = ("expression",)

    def __init__(
        self,
        *args: Any,
        kind: SubjectKind,
        step: Step,
        rows: Sequence[Comparison] | None = None,
        joiner: str = "",
        tools_url: str = "",
        **kwargs: Any,
    ) -> None:
        """``rows`` are those of the page at this moment, ``tools_url`` answers inputs for them."""
        self.kind, self.tools_url = kind, tools_url
        data = args[0] if args else None
        found = rows_of(step.condition, kind.every_field)
        self.joiner, kept_rows = found or (Joiner.ALL.value, [])
        self.joiner = joiner or self.joiner
        if rows is None:
            rows = posted_rows(data) if data else kept_rows
        self.rows = list(rows)
        self.role_count = max(2, len(step.roles) + 1)
        self.person_count = max(2, len(step.person_ids) + 1)
        self.row_count = max(2, len(kept_rows) + 1, len(self.rows))
        declared = {
            **self._who(),
            **self._when(),
            **self._how_long(),
            **self._special(kind),
        }
        self.base_fields = declared
        kwargs["initial"] = {
            **self._initial(step, self.rows, "" if found else step.condition),
            **kwargs.get("initial", {}),
        }
        super().__init__(*args, **kwargs)

    # --- Fields -------------------------------------------------------------------------------

    def _who(self) -> dict[str, django_forms.Field]:
        roles = [(role.code, role.name) for role in organisation.list_roles()]
        fields: dict[str, django_forms.Field] = {
            f"role_{number}": django_forms.ChoiceField(
                label=_("Role"), choices=[*NOTHING, *roles], required=False
            )
            for number in range(1, self.role_count + 1)
        }
        fields["where"] = django_forms.ChoiceField(label=_("The role's people"), choices=Where)
        fields["manager_levels"] = django_forms.TypedChoiceField(
            label=_("The submitter's line"),
            choices=[(0, "---------"), *((n, _level(n)) for n in range(1, MAX_LEVELS + 1))],
            coerce=int,
            required=False,
            empty_value=0,
        )
        fields |= {
            f"person_{number}": PersonField(label=_("Named person"), required=False)
            for number in range(1, self.person_count + 1)
        }
        fields["right"] = django_forms.ChoiceField(
            label=_("Whoever holds a right for the store"), choices=_rights(), required=False
        )
        fields["needs_all"] = django_forms.ChoiceField(
            label=pgettext_lazy("step", "How many"), choices=MODES, required=False
        )
        return fields

    def _when(self) -> dict[str, django_forms.Field]:
        fields: dict[str, django_forms.Field] = {}
        for number in range(1, self.row_count + 1):
            row = self.rows[number - 1] if number <= len(self.rows) else NO_ROW
            fields |= row_fields(number, row, self.kind.every_field, self.tools_url)
        fields["joiner"] = django_forms.ChoiceField(
            label=_("The step applies if"), choices=Joiner, required=False
        )
        fields["expression"] = django_forms.CharField(
            label=_("Or as an expression"),
            max_length=MAX_LENGTH,
            required=False,
            help_text=self._about_expression(),
            widget=django_forms.TextInput(
                attrs={
                    "class": "fc-mono",
                    "spellcheck": "false",
                    **(expression_tools(self.tools_url) if self.tools_url else {}),
                }
            ),
        )
        return fields

    def _about_expression(self) -> str:
        """What the rows say as an expression, and how to write one oneself."""
        names = _("Instead of the rows. Fields: %(names)s.") % {
            "names": ", ".join(sorted(self.kind.every_field))
        }
        present = self._expression_now()
        if not present:
            return str(names)
        return format_html(
            "{} <code>{}</code><br>{}", _("The rows as an expression:"), present, names
        )

    def _expression_now(self) -> str:
        """The expression of the rows that are finished."""
        parts = []
        for row in self.rows:
            try:
                parts.append(expression_of([row], Joiner.ALL, self.kind.every_field))
            except ConditionRefused:
                continue
        joiner = self.joiner if self.joiner in Joiner.values else Joiner.ALL.value
        return f" {joiner} ".join(parts)

    def _how_long(self) -> dict[str, django_forms.Field]:
        roles = [(role.code, role.name) for role in organisation.list_roles()]
        return {
            "limit_count": _count(_("Time limit")),
            "limit_unit": django_forms.ChoiceField(
                label=pgettext_lazy("time limit", "Unit"), choices=LimitUnit
            ),
            "remind_count": _count(_("Reminder after")),
            "escalation": django_forms.ChoiceField(
                label=_("When the time is over"), choices=Escalation
            ),
            "escalate_role": django_forms.ChoiceField(
                label=_("Role that is asked then"), choices=[*NOTHING, *roles], required=False
            ),
            "escalate_person_id": PersonField(label=_("Person who is asked then"), required=False),
        }

    def _special(self, kind: SubjectKind) -> dict[str, django_forms.Field]:
        fields: dict[str, django_forms.Field] = {
            "name_zh": django_forms.CharField(
                label=pgettext_lazy("step", "Chinese name"), max_length=60, required=False
            ),
            "name_en": django_forms.CharField(
                label=pgettext_lazy("step", "English name"), max_length=60, required=False
            ),
            "submitter_may_approve": django_forms.BooleanField(
                label=_("The submitter may be the approver"), required=False
            ),
            "skip_if_nobody": django_forms.BooleanField(
                label=_("Leave the step out if nobody is found"), required=False
            ),
        }
        if kind.has_amount:
            fields["decides_up_to"] = forms.MoneyField(
                label=_("Decides alone up to"),
                required=False,
                help_text=_("The steps after this one are then not needed."),
            )
        return fields

    @property
    def layout(self) -> tuple[tuple[Any, list[str]], ...]:
        rows = [
            f"{name}_{number}"
            for number in range(1, self.row_count + 1)
            for name in ("field", "operator", "value")
        ]
        return (
            (_("Who is asked"), list(self._who())),
            (_("When the step applies (leave empty for always)"), [*rows, "joiner", "expression"]),
            (_("How long"), list(self._how_long())),
            (_("Besides"), list(self._special(self.kind))),
        )

    # --- Values -------------------------------------------------------------------------------

    def _initial(self, step: Step, rows: list[Comparison], expression: str) -> dict[str, Any]:
        values: dict[str, Any] = {
            name: getattr(step, name)
            for name in (
                "where",
                "manager_levels",
                "right",
                "limit_unit",
                "escalation",
                "escalate_role",
                "escalate_person_id",
                "name_zh",
                "name_en",
                "submitter_may_approve",
                "skip_if_nobody",
                "decides_up_to",
            )
        }
        values |= {"limit_count": step.limit_count or None, "expression": expression}
        values |= {"remind_count": step.remind_count or None, "joiner": self.joiner}
        values["needs_all"] = "yes" if step.needs_all else ""
        values |= {f"role_{n}": code for n, code in enumerate(step.roles, start=1)}
        values |= {f"person_{n}": pk for n, pk in enumerate(step.person_ids, start=1)}
        for number, row in enumerate(rows, start=1):
            values |= {
                f"field_{number}": row.field,
                f"operator_{number}": row.operator,
                f"value_{number}": row.value,
            }
        return values

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        expression = data.get("expression", "").strip()
        if not expression:
            expression = self._expression_of_rows(data)
        data["condition"] = expression
        return data

    def _expression_of_rows(self, data: Mapping[str, Any]) -> str:
        rows = []
        for number in range(1, self.row_count + 1):
            if not data.get(f"field_{number}"):
                continue
            row = Comparison(
                data[f"field_{number}"],
                data.get(f"operator_{number}") or Operator.IS,
                str(data.get(f"value_{number}") or ""),
            )
            try:
                expression_of([row], Joiner.ALL, self.kind.every_field)
            except ConditionRefused as refusal:
                self.add_error(f"value_{number}", refusal.message)
            else:
                rows.append(row)
        return expression_of(rows, data.get("joiner") or Joiner.ALL, self.kind.every_field)

    def values(self) -> dict[str, Any]:
        """What the step will keep, as the action reads it."""
        data = self.cleaned_data
        return {
            "roles": self._several(data, "role", self.role_count),
            "person_ids": self._several(data, "person", self.person_count),
            "needs_all": data["needs_all"] == "yes",
            "limit_count": data["limit_count"] or 0,
            "remind_count": data["remind_count"] or 0,
            **{
                name: data[name]
                for name in (
                    "where",
                    "manager_levels",
                    "right",
                    "condition",
                    "limit_unit",
                    "escalation",
                    "escalate_role",
                    "escalate_person_id",
                    "name_zh",
                    "name_en",
                    "submitter_may_approve",
                    "skip_if_nobody",
                )
            },
            "decides_up_to": data.get("decides_up_to"),
        }

    @staticmethod
    def _several(data: Mapping[str, Any], name: str, count: int) -> list[Any]:
        found = (data.get(f"{name}_{number}") for number in range(1, count + 1))
        return list(dict.fromkeys(value for value in found if value))


def _count(label: Any) -> django_forms.IntegerField:
    return django_forms.IntegerField(label=label, min_value=0, max_value=720, required=False)


def _level(levels: int) -> Any:
    if levels == 1:
        return _("direct manager")
    return ngettext_lazy("%(count)s level up", "%(count)s levels up", "count") % {"count": levels}


def _rights() -> list[tuple[str, Any]]:
    """All rights of the modules, by module; the platform's own are nobody's to decide with."""
    found = []
    for code, label in all_permissions().items():
        try:
            module = apps.get_app_config(code.split(".")[0])
        except LookupError:
            continue
        found.append((code, f"{module.verbose_name} · {label}"))
    return [*NOTHING, *sorted(found, key=lambda pair: pair[1])]
