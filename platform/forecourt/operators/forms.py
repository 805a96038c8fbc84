"""What operators are asked before something is done."""

from typing import Any

from django import forms as django_forms
from django.utils.translation import gettext_lazy as _

from billing.holding import LONGEST_EXTENSION_DAYS
from forecourt.operators.actions import MOST_SPACES
from forecourt.operators.rules import LONGEST_REASON
from forecourt.ui import forms


def reason_field() -> django_forms.CharField:
    return django_forms.CharField(
        label=_("Reason"),
        max_length=LONGEST_REASON,
        widget=django_forms.Textarea(attrs={"rows": 3}),
        help_text=_("Kept in the platform's log together with your name."),
    )


class ReasonForm(forms.Form):
    reason = reason_field()
    wide = ("reason",)


class ExtendTrialForm(forms.Form):
    days = django_forms.IntegerField(
        label=_("Days"), min_value=1, max_value=LONGEST_EXTENSION_DAYS, initial=14
    )
    reason = reason_field()
    wide = ("reason",)


class SuspendForm(forms.Form):
    confirmation = django_forms.CharField(
        label=_("The group's address, to confirm"),
        max_length=60,
        widget=django_forms.TextInput(attrs={"autocomplete": "off"}),
    )
    reason = reason_field()
    wide = ("confirmation", "reason")


class CopyForm(forms.Form):
    backup_id = django_forms.ChoiceField(label=_("Backup"))
    slug = django_forms.CharField(
        label=_("Address of the new group"),
        max_length=30,
        help_text=_("The group itself stays as it is; a new one is made of the backup."),
    )
    reason = reason_field()
    wide = ("backup_id", "slug", "reason")

    def __init__(self, *args: Any, backups: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["backup_id"].choices = backups


class SpacesForm(forms.Form):
    size = django_forms.IntegerField(
        label=_("Spaces that should be ready"), min_value=1, max_value=MOST_SPACES, initial=10
    )
    reason = reason_field()
    wide = ("reason",)
