from django import forms as django_forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from forecourt.support.rules import HOURS, LONGEST_REASON
from forecourt.ui import forms


class GrantForm(forms.Form):
    reason = django_forms.CharField(
        label=_("What shall support look at?"),
        max_length=LONGEST_REASON,
        widget=django_forms.Textarea(attrs={"rows": 3}),
    )
    hours = django_forms.TypedChoiceField(
        label=_("For how long?"),
        coerce=int,
        initial=4,
        choices=[
            (hours, ngettext_lazy("%(count)s hour", "%(count)s hours", hours) % {"count": hours})
            for hours in HOURS
        ],
    )
    may_change = django_forms.BooleanField(
        label=_("Support may also change things"),
        required=False,
        help_text=_(
            "Without it support looks and changes nothing. Never, with or without: exports, "
            "archives, API tokens, hidden numbers, people's rights."
        ),
    )
    wide = ("reason", "may_change")
