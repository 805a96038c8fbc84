"""The form under a discussion."""

from __future__ import annotations

from typing import Any

from django import forms as django_forms
from django.utils.translation import gettext_lazy as _

from apps.discussions.actions import LONGEST_TEXT
from apps.discussions.file_purposes import DISCUSSION
from forecourt.kernel.access import Actor
from forecourt.ui import forms
from forecourt.ui.files.fields import UploadField


class PostForm(forms.Form):
    text = django_forms.CharField(
        label=_("What you want to say"),
        max_length=LONGEST_TEXT,
        required=False,
        widget=django_forms.Textarea(attrs={"rows": 3}),
    )
    mention_ids = django_forms.TypedMultipleChoiceField(
        label=_("Mention"),
        required=False,
        coerce=int,
        help_text=_("They are told. Whoever may not see the record cannot be mentioned."),
        widget=django_forms.CheckboxSelectMultiple,
    )
    file_ids = UploadField(label=_("Files"), purpose=DISCUSSION, is_many=True, required=False)
    wide = ("text", "mention_ids", "file_ids")

    def __init__(
        self, *args: Any, actor: Actor, people: list[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, actor=actor, **kwargs)
        self.fields["mention_ids"].choices = people
