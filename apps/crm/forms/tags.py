"""Forms of tags: one tag, the tags of one customer, a tag for many customers."""

from __future__ import annotations

from typing import Any

from django import forms as django_forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.crm import queries
from apps.crm.rules.tags import LONGEST, Tone
from forecourt.kernel.access import Actor
from forecourt.ui import forms


class TagForm(forms.Form):
    name = django_forms.CharField(label=pgettext_lazy("thing", "Name"), max_length=LONGEST)
    tone = django_forms.ChoiceField(label=_("Colour"), choices=Tone, initial=Tone.NEUTRAL)


def _choices() -> list[tuple[int, str]]:
    return list(queries.active_tags().values_list("pk", "name"))


class CustomerTagsForm(forms.Form):
    """Every tag in use, ticked where the customer has it."""

    tag_ids = django_forms.TypedMultipleChoiceField(
        label=_("Tags"),
        coerce=int,
        required=False,
        widget=django_forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, actor=actor, **kwargs)
        self.fields["tag_ids"].choices = _choices()
        if not self.fields["tag_ids"].choices:
            self.fields["tag_ids"].help_text = _("There are no tags yet.")


class BulkTagForm(forms.Form):
    """A tag to put on many customers, or to take off them."""

    tag_id = django_forms.TypedChoiceField(label=_("Tag"), coerce=int)
    take_off = django_forms.BooleanField(label=_("Take it off instead"), required=False)

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, actor=actor, **kwargs)
        self.fields["tag_id"].choices = _choices()
