"""Forms of channels, texts and a person's own choices."""

from __future__ import annotations

from typing import Any

from django import forms as django_forms
from django.utils.translation import gettext_lazy as _

from apps.notifications.channels import Channel
from apps.notifications.models import ChannelSettings
from apps.notifications.registry import all_events
from apps.notifications.ways import KEPT_SECRETS
from forecourt.ui import forms


class ChannelForm(forms.Form):
    """What a channel needs. A secret that is kept is never sent to the page again."""

    is_on = django_forms.BooleanField(label=_("Switched on"), required=False)

    def __init__(self, *args: Any, channel: Channel, row: ChannelSettings | None, **kwargs: Any):
        self.channel = channel
        options = row.options if row else {}
        kept = options.get(KEPT_SECRETS, ())
        kwargs.setdefault("initial", {}).update(
            {"is_on": row.is_on if row else True, "events": row.events if row else [], **options}
        )
        super().__init__(*args, **kwargs)
        for setting in channel.settings:
            self.fields[setting.name] = self._field(setting, setting.name in kept)
        if channel.is_chat:
            self.fields["events"] = django_forms.MultipleChoiceField(
                label=_("What is posted there"),
                choices=[(event.code, event.label) for event in all_events()],
                widget=django_forms.CheckboxSelectMultiple,
                required=False,
            )
        for field in self.fields.values():
            forms.dress(field)

    @staticmethod
    def _field(setting: Any, is_kept: bool) -> django_forms.Field:
        if setting.choices:
            return django_forms.ChoiceField(
                label=setting.label,
                choices=[("", "–"), *setting.choices],
                required=False,
                help_text=setting.help,
            )
        if setting.secret:
            return django_forms.CharField(
                label=setting.label,
                required=False,
                max_length=500,
                help_text=_("It is kept, and never shown again. Leave empty to keep it.")
                if is_kept
                else setting.help,
                widget=django_forms.PasswordInput(attrs={"autocomplete": "new-password"}),
            )
        return django_forms.CharField(
            label=setting.label, required=False, max_length=500, help_text=setting.help
        )

    @property
    def values(self) -> dict[str, str]:
        return {
            setting.name: self.cleaned_data.get(setting.name, "")
            for setting in self.channel.settings
        }


class TryForm(forms.Form):
    """Where a message to try a channel goes."""

    to = django_forms.CharField(label=_("Send it to"), max_length=200)

    def __init__(self, *args: Any, channel: Channel, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if channel.is_chat:
            del self.fields["to"]
        elif channel.code == "sms":
            self.fields["to"] = forms.PhoneField(label=_("Send it to"))
            forms.dress(self.fields["to"])
        else:
            self.fields["to"] = django_forms.EmailField(label=_("Send it to"))
            forms.dress(self.fields["to"])


class TextForm(forms.Form):
    """A group's words for an event on one way, in one language."""

    title = django_forms.CharField(label=_("Title"), max_length=200)
    body = django_forms.CharField(
        label=_("Text"), max_length=2000, required=False, widget=django_forms.Textarea
    )
    provider_template = django_forms.CharField(
        label=_("Template of the provider"),
        max_length=60,
        required=False,
        help_text=_(
            "The number under which the provider has approved this very text. Without one the "
            "general template of the channel carries it."
        ),
    )
    wide = ("title",)

    def __init__(self, *args: Any, way: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if way == "sms":
            del self.fields["body"]
            self.fields["title"].label = _("Text")
        else:
            del self.fields["provider_template"]


class ChoicesForm(forms.Form):
    """When a person is left alone; her channels by event stand in a table beside it."""

    quiet_from = django_forms.TimeField(
        label=_("Quiet from"),
        widget=django_forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text=_("Then only what is urgent leaves Forecourt; the rest follows afterwards."),
    )
    quiet_to = django_forms.TimeField(
        label=_("until"),
        widget=django_forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text=_("The same time twice: never quiet."),
    )
