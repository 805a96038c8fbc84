"""The form of a segment, and of a rule that follows one."""

from __future__ import annotations

from typing import Any

from django import forms as django_forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.crm import queries as crm
from apps.marketing import queries
from forecourt.kernel.access import Actor
from forecourt.ui import forms


class SegmentForm(forms.Form):
    name = django_forms.CharField(label=pgettext_lazy("thing", "Name"), max_length=80)
    note = django_forms.CharField(label=_("Note"), max_length=300, required=False)
    is_shared = django_forms.BooleanField(
        label=_("Colleagues may use it too"), required=False, initial=True
    )
    wide = ("note",)


class TagRuleForm(forms.Form):
    segment_id = django_forms.TypedChoiceField(label=_("Segment"), coerce=int)
    tag_id = django_forms.TypedChoiceField(label=_("Tag"), coerce=int)

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, actor=actor, **kwargs)
        self.fields["segment_id"].choices = queries.segment_choices(actor)
        tags = crm.active_tags().values_list("pk", "name")
        self.fields["tag_id"].choices = list(tags)
