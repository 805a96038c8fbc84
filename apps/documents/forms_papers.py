"""Forms of templates, of making papers, and of signing."""

from __future__ import annotations

from typing import Any

from django import forms as django_forms
from django.utils.translation import gettext_lazy as _

from apps.documents.actions.signing import CHANNELS
from apps.documents.rules.papers import NAME_MOST, NOTE_MOST, Language
from forecourt.kernel.papers.templates import LONGEST_TEMPLATE
from forecourt.ui import forms


class TemplateForm(forms.Form):
    """The text of a template."""

    text = django_forms.CharField(
        label=_("Text"),
        max_length=LONGEST_TEMPLATE,
        strip=False,
        widget=django_forms.Textarea(
            attrs={"rows": 28, "class": "fc-mono", "spellcheck": "false", "data-insert-into": ""}
        ),
    )
    is_sealed = django_forms.BooleanField(
        label=_("Seal papers that are made from it"),
        required=False,
        help_text=_("Papers that are signed are always sealed when all have signed."),
    )
    note = django_forms.CharField(label=_("What has changed"), max_length=NOTE_MOST, required=False)
    seen_number = django_forms.IntegerField(required=False, widget=django_forms.HiddenInput)


class MakePaperForm(forms.Form):
    """In which language a paper is made."""

    language = django_forms.ChoiceField(label=_("Language"), choices=Language.choices)


class AskSignatureForm(forms.Form):
    """Who is to sign by a link, and how it reaches her."""

    name = django_forms.CharField(label=_("Who signs"), max_length=NAME_MOST)
    channel = django_forms.ChoiceField(
        label=_("Send the link"),
        required=False,
        choices=[
            ("", _("Show a code to scan")),
            *zip(CHANNELS, (_("By text message"), _("By e-mail")), strict=True),
        ],
        widget=django_forms.RadioSelect,
        help_text=_("A message goes only to a customer who has agreed to be written to so."),
    )

    def __init__(self, *args: Any, can_send: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not can_send:
            del self.fields["channel"]


class SignForm(forms.Form):
    """A signature: drawn on the pad, or the typed name alone."""

    name = django_forms.CharField(
        label=_("Your name"),
        max_length=NAME_MOST,
        widget=django_forms.TextInput(attrs={"autocomplete": "name"}),
    )
    strokes = django_forms.CharField(
        label=_("Signature"),
        required=False,
        max_length=200_000,
        widget=django_forms.HiddenInput(attrs={"data-pad-strokes": ""}),
    )
    has_agreed = django_forms.BooleanField(
        label=_("I have read the paper and agree to it; my signature here binds me."),
        required=False,
    )
    shown_sha256 = django_forms.CharField(max_length=64, widget=django_forms.HiddenInput)
