"""Forms of records that have custom fields."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.translation import gettext as _

from forecourt.kernel.access import Actor
from forecourt.kernel.custom_fields.definition import PREFIX, Definition
from forecourt.kernel.custom_fields.registry import visible
from forecourt.kernel.custom_fields.values import checked
from forecourt.ui import forms
from forecourt.ui.custom.inputs import INPUT, input_for, input_name


class CustomForm(forms.Form):
    """A form with the host's custom fields after its own, by their sections.

    ``initial["custom"]`` holds the row's values; ``cleaned_data["custom"]`` is what the action
    takes, by code. A form without a row offers the defaults.
    """

    custom_host: ClassVar[str]

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, actor=actor, **kwargs)
        kept = self.initial.get("custom")
        self.custom_fields = self.fields_for(actor)
        for field in self.custom_fields:
            value = field.default if kept is None else kept.get(field.code)
            made = input_for(field, value)
            forms.dress(made)
            self.fields[input_name(field)] = made

    def fields_for(self, actor: Actor) -> list[Definition]:
        return [field for field in visible(self.custom_host, actor) if field.is_editable_by(actor)]

    @property
    def groups(self) -> list[dict[str, Any]]:
        own = [
            {**group, "fields": [bound for bound in group["fields"] if not self._is_custom(bound)]}
            for group in super().groups
        ]
        return [group for group in own if group["fields"]] + self._sections()

    def _is_custom(self, bound: Any) -> bool:
        return bound.name.startswith(INPUT)

    def _sections(self) -> list[dict[str, Any]]:
        sections: dict[str, list[Any]] = {}
        for field in self.custom_fields:
            title = field.section or self.section_without_name
            sections.setdefault(title, []).append(self[input_name(field)])
        return [{"title": title, "fields": bound} for title, bound in sections.items()]

    @property
    def section_without_name(self) -> str:
        return _("More about it")

    def input_of(self, field: str | None) -> str | None:
        if field and field.startswith(PREFIX):
            return f"{INPUT}{field.removeprefix(PREFIX)}"
        return field

    def _post_clean(self) -> None:
        """Ask the kernel what it thinks of the values, and put them together."""
        super()._post_clean()
        values = {}
        for field in self.custom_fields:
            name = input_name(field)
            if name in self.cleaned_data:
                values[field.code] = self.cleaned_data.pop(name)
        _after, errors = checked(
            self.custom_fields,
            values,
            actor=self.actor,
            before=self.initial.get("custom") or {},
            demand=True,
        )
        for name, message in errors.items():
            if self.input_of(name) not in self.errors:
                self.add_error(self.input_of(name), message)
        self.cleaned_data["custom"] = values


class ValuesForm(CustomForm):
    """The custom fields of one record alone."""

    def __init__(self, *args: Any, host: str, **kwargs: Any) -> None:
        self.custom_host = host
        super().__init__(*args, **kwargs)

    @property
    def section_without_name(self) -> str:
        return ""
