"""The field for names of competitors."""

from __future__ import annotations

from typing import Any

from django import forms as django_forms
from django.utils.translation import gettext_lazy as _

from apps.crm.rules.opportunities import COMPETITORS, LONGEST_COMPETITORS
from forecourt.ui import forms


class CompetitorsField(django_forms.CharField):
    """One or several names in the reader's language, with the group's list as proposals.

    More characters may be typed than are kept: names in English are longer than what the group's
    list keeps for them.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            max_length=3 * LONGEST_COMPETITORS,
            required=False,
            help_text=_("Several with commas between them."),
            widget=forms.SuggestionInput(COMPETITORS),
            **kwargs,
        )
