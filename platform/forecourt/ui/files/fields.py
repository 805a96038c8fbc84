"""Files in forms: they go straight to the store, and the form carries their identifiers.

A form that is refused shows again what was uploaded, so nobody sends a file twice.
"""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from forecourt.kernel.access import Actor
from forecourt.kernel.files import Limits
from forecourt.kernel.files.own import list_own_uploads
from forecourt.ui.files.hints import upload_hints

KEPT = "kept"
"""In the place of an identifier: the file that the record has stays."""
_IDENTIFIER = re.compile(r"[1-9][0-9]{0,17}")


class UploadInput(forms.Widget):
    """The upload component within a form; ``kept`` is the name of the file that the record has."""

    template_name = "ui/forms/widgets/upload.html"
    actor: Actor | None = None

    def __init__(self, *, purpose: str, limits: Limits | None, is_many: bool, kept: str) -> None:
        super().__init__()
        self.purpose, self.limits = purpose, limits
        self.is_many, self.kept = is_many, kept

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str] | None:
        """What was handed in; None where the form was sent without this field."""
        return data.getlist(name) if name in data else None

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        handed_in = value if isinstance(value, list) else [KEPT] if self.kept else []
        return super().get_context(name, None, attrs) | {
            "hints": upload_hints(self.purpose, self.limits),
            "values": f'{{"purpose": "{self.purpose}"}}',
            "multiple": "yes" if self.is_many else "",
            "uploads": self._uploads(handed_in),
        }

    def _uploads(self, handed_in: list[str]) -> list[dict[str, Any]]:
        kept = [{"value": KEPT, "name": self.kept}] if KEPT in handed_in and self.kept else []
        ids = [int(each) for each in handed_in if _IDENTIFIER.fullmatch(each)]
        mine = list_own_uploads(self.actor, ids, purpose=self.purpose) if self.actor else []
        return kept + [{"value": file.pk, "name": file.name} for file in mine]


class UploadField(forms.Field):
    """Cleaned to the identifier of what was uploaded, or a list of them with ``is_many``.

    Whether the files are the person's own and arrived, ``brought_by`` of the action says. A field
    with a ``kept`` file is cleaned to KEPT while that stays, to None once it was taken away.
    """

    widget: UploadInput

    def __init__(
        self,
        *,
        purpose: str,
        limits: Limits | None = None,
        is_many: bool = False,
        kept: str = "",
        **options: Any,
    ) -> None:
        widget = UploadInput(purpose=purpose, limits=limits, is_many=is_many, kept=kept)
        super().__init__(widget=widget, **options)
        self.is_many, self.kept = is_many, kept
        self.is_wide = True

    def get_bound_field(self, form: Any, field_name: str) -> forms.BoundField:
        self.widget.actor = getattr(form, "actor", None)
        return super().get_bound_field(form, field_name)

    def clean(self, value: list[str] | None) -> Any:
        if value is None and self.kept:
            return KEPT
        handed_in = [each for each in value or [] if each]
        if self.required and not handed_in:
            raise ValidationError(_("Choose a file."), code="required")
        if self.kept and handed_in == [KEPT]:
            return KEPT
        ids = [each for each in handed_in if each != KEPT]
        if not all(_IDENTIFIER.fullmatch(each) for each in ids):
            raise ValidationError(_("A file is missing. Choose it again."), code="invalid")
        found = [int(each) for each in ids]
        return found if self.is_many else (found[-1] if found else None)
