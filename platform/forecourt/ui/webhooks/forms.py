"""Forms of webhooks."""

from typing import Any

from django import forms as django_forms
from django.apps import apps
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from forecourt.kernel import feed
from forecourt.ui import forms

PREFIX = "types_"


class EventsField(django_forms.MultipleChoiceField):
    """Some of one module's events, or none: that there is one at all is asked of all together."""

    widget = django_forms.CheckboxSelectMultiple

    def validate(self, value: list[str]) -> None:
        for name in value:
            if not self.valid_value(name):
                raise ValidationError(self.error_messages["invalid_choice"], params={"value": name})


class WebhookForm(forms.Form):
    """Name, address, and the events that the person may hear of, by module."""

    name = django_forms.CharField(
        label=pgettext_lazy("thing", "Name"),
        max_length=60,
        help_text=_("The system that is told, such as “DMS”."),
    )
    url = django_forms.CharField(
        label=pgettext_lazy("webhook", "Address"),
        max_length=500,
        widget=django_forms.TextInput(
            attrs={"inputmode": "url", "autocomplete": "off", "spellcheck": "false"}
        ),
        help_text=_("It begins with https:// and is reachable on the public internet."),
    )
    wide = ("url",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = set((self.initial or {}).get("types", ()))
        modules: dict[str, list[tuple[str, Any]]] = {}
        for event in feed.events_for(self.actor):
            modules.setdefault(event.module, []).append((event.type, event.label))
        for module, choices in modules.items():
            field = EventsField(
                label=apps.get_app_config(module).verbose_name,
                choices=choices,
                initial=[name for name, _label in choices if name in chosen],
            )
            field.widget.attrs["class"] = "form-check-input"
            self.fields[PREFIX + module] = field
        self.layout = (
            (_("Who is told"), ["name", "url"]),
            (_("Of what"), [PREFIX + module for module in modules]),
        )

    def clean(self) -> dict[str, Any]:
        """The values as the actions take them."""
        values = super().clean() or self.cleaned_data
        types = [
            name for field, chosen in values.items() if field.startswith(PREFIX) for name in chosen
        ]
        known = {field: value for field, value in values.items() if not field.startswith(PREFIX)}
        return {**known, "types": types}


class ReplayForm(forms.Form):
    since = forms.DateTimeField(label=_("Since"), help_text=_("A moment of the last 30 days."))
