"""The inputs of custom fields: they parse; what a value must be is the kernel's to say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms as django_forms
from django.urls import reverse_lazy
from django.utils.translation import gettext as _

from forecourt.kernel.custom_fields.definition import Definition, Kind
from forecourt.kernel.custom_fields.files import FILE_PURPOSE, limits_of
from forecourt.kernel.custom_fields.hosts import people
from forecourt.kernel.custom_fields.kinds import LONGEST_TEXT, as_python
from forecourt.kernel.errors import NotFound
from forecourt.ui import forms
from forecourt.ui.files.fields import KEPT, UploadField

INPUT = "custom_"
"""Before a field's code in the name of its input."""


def input_name(field: Definition) -> str:
    return f"{INPUT}{field.code}"


def input_for(field: Definition, value: Any) -> django_forms.Field:
    """The form field for a definition, filled with the value that the row has."""
    made = _MAKERS[Kind(field.kind)](field, value)
    made.label, made.help_text = field.label, field.help
    made.required = field.is_required and field.kind != Kind.FILE
    made.initial = as_python(field, value)
    if field.kind == Kind.BOOLEAN and value is not None:
        made.initial = "true" if value else "false"
    if field.kind in (Kind.LONG_TEXT, Kind.CHOICES, Kind.FILE):
        made.is_wide = True
    return made


def _text(field: Definition, value: Any) -> django_forms.Field:
    return django_forms.CharField(max_length=field.options.get("max_length") or LONGEST_TEXT)


def _long_text(field: Definition, value: Any) -> django_forms.Field:
    return django_forms.CharField(widget=django_forms.Textarea(attrs={"rows": 3}))


def _number(field: Definition, value: Any) -> django_forms.Field:
    return django_forms.CharField(
        widget=django_forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
    )


def _money(field: Definition, value: Any) -> django_forms.Field:
    return forms.MoneyField(min_value=None)


def _boolean(field: Definition, value: Any) -> django_forms.Field:
    return django_forms.TypedChoiceField(
        choices=[("", "–"), ("true", _("Yes")), ("false", _("No"))],
        coerce=lambda text: text == "true",
        empty_value=None,
    )


def _choice(field: Definition, value: Any) -> django_forms.Field:
    return django_forms.ChoiceField(choices=[("", "–"), *offered(field, [value])])


def _choices(field: Definition, value: Any) -> django_forms.Field:
    return django_forms.MultipleChoiceField(
        choices=offered(field, value or []), widget=django_forms.CheckboxSelectMultiple
    )


def offered(field: Definition, held: Iterable[Any]) -> list[tuple[str, str]]:
    """The choices that may be chosen: those in use, and a retired one that the row has."""
    kept = set(held)
    return [
        (choice.value, choice.label)
        for choice in field.choices
        if choice.is_active or choice.value in kept
    ]


def _staff(field: Definition, value: Any) -> django_forms.Field:
    return forms.SearchSelectField(url=reverse_lazy(people().url_name), get=_name_of, label_of=str)


def _name_of(staff_id: int) -> str:
    """Raises NotFound."""
    names = people().names_of([staff_id])
    if staff_id not in names:
        raise NotFound(_("Choose a member of staff."))
    return names[staff_id]


def _file(field: Definition, value: Any) -> django_forms.Field:
    return FileOfRecord(record=value, limits=limits_of(field))


class FileOfRecord(UploadField):
    """A file that replaces the one that the record has; taken away, the record has none."""

    def __init__(self, *, record: Mapping[str, Any] | None, **options: Any) -> None:
        super().__init__(purpose=FILE_PURPOSE, kept=record["name"] if record else "", **options)
        self.record = record

    def clean(self, value: list[str] | None) -> Any:
        cleaned = super().clean(value)
        return self.record if cleaned == KEPT else cleaned


_MAKERS = {
    Kind.TEXT: _text,
    Kind.LONG_TEXT: _long_text,
    Kind.INTEGER: _number,
    Kind.DECIMAL: _number,
    Kind.MONEY: _money,
    Kind.DATE: lambda field, value: forms.DateField(),
    Kind.MOMENT: lambda field, value: forms.DateTimeField(),
    Kind.BOOLEAN: _boolean,
    Kind.CHOICE: _choice,
    Kind.CHOICES: _choices,
    Kind.STAFF: _staff,
    Kind.FILE: _file,
}
