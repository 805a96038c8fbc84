"""The form fields of a setting, by the kind of its value."""

import re
from datetime import date, timedelta
from functools import singledispatch
from typing import Any

from django import forms as django_forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from forecourt.kernel.group_settings import (
    Amount,
    Choice,
    Choices,
    Days,
    DecimalNumber,
    Kind,
    NumberPerOption,
    Numbers,
    Rule,
    SettingState,
    Text,
    TimeOfDay,
    WholeNumber,
    YesNo,
)
from forecourt.ui import forms

VALUE = "value"
RULES = (
    (Rule.FIXED, _("Fixed: counts everywhere")),
    (Rule.DEFAULT, _("Default: brands and stores may differ")),
    (Rule.OPEN, _("Left open: each brand and store decides, else the preset counts")),
)


@singledispatch
def fields_of(kind: Kind, label: str) -> dict[str, django_forms.Field]:
    """The fields that ask for a value of this kind, by name."""
    raise NotImplementedError(type(kind))


@singledispatch
def initial_of(kind: Kind, value: Any) -> dict[str, Any]:
    return {VALUE: value}


@singledispatch
def entered(kind: Kind, values: dict[str, Any]) -> Any:
    """What was filled in, as the kind wants to clean it."""
    return values.get(VALUE)


@fields_of.register
def _whole(kind: WholeNumber, label: str) -> dict[str, django_forms.Field]:
    return {
        VALUE: django_forms.IntegerField(
            label=with_unit(label, kind.unit), min_value=kind.minimum, max_value=kind.maximum
        )
    }


@fields_of.register
def _decimal(kind: DecimalNumber, label: str) -> dict[str, django_forms.Field]:
    field = django_forms.DecimalField(
        label=with_unit(label, kind.unit),
        min_value=kind.minimum,
        max_value=kind.maximum,
        decimal_places=kind.places,
    )
    return {VALUE: field}


@fields_of.register
def _amount(kind: Amount, label: str) -> dict[str, django_forms.Field]:
    return {VALUE: forms.MoneyField(label=label, min_value=kind.minimum, max_value=kind.maximum)}


@fields_of.register
def _yes_no(kind: YesNo, label: str) -> dict[str, django_forms.Field]:
    return {
        VALUE: django_forms.TypedChoiceField(
            label=label,
            choices=[("True", _("Yes")), ("False", _("No"))],
            coerce=lambda chosen: chosen == "True",
        )
    }


@fields_of.register
def _text(kind: Text, label: str) -> dict[str, django_forms.Field]:
    return {
        VALUE: django_forms.CharField(
            label=label, max_length=kind.longest, required=not kind.may_be_empty
        )
    }


@fields_of.register
def _choice(kind: Choice, label: str) -> dict[str, django_forms.Field]:
    return {VALUE: django_forms.ChoiceField(label=label, choices=kind.options)}


@fields_of.register
def _choices(kind: Choices, label: str) -> dict[str, django_forms.Field]:
    return {
        VALUE: django_forms.MultipleChoiceField(
            label=label,
            choices=kind.options,
            required=kind.fewest > 0,
            widget=django_forms.CheckboxSelectMultiple,
        )
    }


class NumbersField(django_forms.CharField):
    """Whole numbers, parted by commas of either script or by spaces."""

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else value

    def clean(self, value: Any) -> list[int]:
        parts = [part for part in re.split(r"[,，、;\s]+", super().clean(value)) if part]
        if not all(re.fullmatch(r"\d{1,9}", part) for part in parts):
            raise django_forms.ValidationError(_t("Enter whole numbers, parted by commas."))
        return [int(part) for part in parts]


@fields_of.register
def _numbers(kind: Numbers, label: str) -> dict[str, django_forms.Field]:
    return {VALUE: NumbersField(label=with_unit(label, kind.unit), max_length=100)}


@fields_of.register
def _per_option(kind: NumberPerOption, label: str) -> dict[str, django_forms.Field]:
    return {
        f"{VALUE}_{code}": django_forms.IntegerField(
            label=with_unit(str(name), kind.unit), min_value=kind.minimum, max_value=kind.maximum
        )
        for code, name in kind.options
    }


@initial_of.register
def _initial_per_option(kind: NumberPerOption, value: Any) -> dict[str, Any]:
    return {f"{VALUE}_{code}": number for code, number in value.items()}


@entered.register
def _entered_per_option(kind: NumberPerOption, values: dict[str, Any]) -> Any:
    return {code: values.get(f"{VALUE}_{code}") for code, _name in kind.options}


class DaysField(django_forms.CharField):
    """Days, one to a line or parted by commas; 2026-10-01..2026-10-07 is a whole stretch."""

    widget = django_forms.Textarea(attrs={"rows": 4, "spellcheck": "false"})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(map(str, value)) if isinstance(value, (list, tuple)) else value

    def clean(self, value: Any) -> list[date]:
        parts = filter(None, re.split(r"[,，、;\s]+", super().clean(value)))
        try:
            return [day for part in parts for day in self._days(part)]
        except ValueError as error:
            raise django_forms.ValidationError(
                _t("Write days as 2026-10-01, several in a row as 2026-10-01..2026-10-07.")
            ) from error

    @staticmethod
    def _days(part: str) -> list[date]:
        first, _dots, last = part.partition("..")
        start = date.fromisoformat(first)
        end = date.fromisoformat(last) if last else start
        if not 0 <= (end - start).days <= 366:
            raise ValueError(part)
        return [start + timedelta(days=count) for count in range((end - start).days + 1)]


@fields_of.register
def _days(kind: Days, label: str) -> dict[str, django_forms.Field]:
    return {VALUE: DaysField(label=label, required=False, max_length=8000)}


@fields_of.register
def _time(kind: TimeOfDay, label: str) -> dict[str, django_forms.Field]:
    widget = django_forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    return {VALUE: django_forms.TimeField(label=label, widget=widget)}


def with_unit(label: str, unit: Any) -> str:
    return f"{label} ({unit})" if unit else label


class SettingForm(forms.Form):
    """The value of one setting at one place; for the whole group also headquarters' rule."""

    def __init__(self, *args: Any, state: SettingState, has_rule: bool, **kwargs: Any) -> None:
        self.kind = state.setting.kind
        self.base_fields = fields_of(self.kind, str(state.setting.label))
        if has_rule:
            self.base_fields["rule"] = django_forms.ChoiceField(
                label=_("For brands and stores"), choices=RULES, widget=django_forms.RadioSelect
            )
        initial = initial_of(self.kind, state.value) | {"rule": state.rule}
        super().__init__(*args, initial=initial, **kwargs)
        if self.is_bound and has_rule and self.data.get("rule") == Rule.OPEN:
            for name in self.fields:
                self.fields[name].required = name == "rule"
        next(iter(self.fields.values())).help_text = state.setting.help

    @property
    def values(self) -> dict[str, Any]:
        """What the action takes."""
        rule = self.cleaned_data.get("rule", "")
        value = None if rule == Rule.OPEN else entered(self.kind, self.cleaned_data)
        return {"value": value, "rule": rule}
