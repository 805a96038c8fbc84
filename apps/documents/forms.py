"""Forms of documents and their kinds."""

from __future__ import annotations

from typing import Any

from django import forms as django_forms
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.documents import subjects
from apps.documents.models import Document, DocumentKind
from apps.documents.models.kinds import YEARS_MOST
from apps.documents.queries.kinds import kinds_to_choose
from apps.documents.queries.records import place_of, record_at
from apps.documents.rules.naming import FOLDER_MOST, TITLE_MOST, tags_in
from apps.documents.rules.types import LARGEST_MEGABYTES, FileType
from apps.organisation import queries as organisation
from forecourt.kernel.access import Actor
from forecourt.kernel.errors import DomainError
from forecourt.ui import forms


class TagsField(django_forms.CharField):
    """Tags in one line, parted by commas of either language."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            **{
                "label": _("Tags"),
                "required": False,
                "max_length": 900,
                "help_text": _("Parted by commas."),
            }
            | options
        )

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        return tags_in(super().clean(value))


class KindField(django_forms.TypedChoiceField):
    """One of the kinds that the actor may choose, those proposed for the record first."""

    def __init__(self) -> None:
        super().__init__(label=_("Kind of document"), coerce=int, empty_value=None)

    def offer(self, actor: Actor, subject: str = "") -> None:
        self.choices = [(kind.pk, kind.name) for kind in kinds_to_choose(actor, subject)]


class AddForm(forms.Form):
    """What holds for all files that are added at once; each is named after its file."""

    kind_id = KindField()
    folder = django_forms.CharField(
        label=_("Folder"),
        max_length=FOLDER_MOST,
        required=False,
        help_text=_("A / makes a folder within a folder."),
    )
    tags = TagsField(widget=django_forms.TextInput({"data-list": ""}))

    def __init__(self, *args: Any, actor: Actor, subject: str, **kwargs: Any) -> None:
        super().__init__(*args, actor=actor, **kwargs)
        self.fields["kind_id"].offer(actor, subject)


class DocumentForm(forms.Form):
    """What is known of one document."""

    title = django_forms.CharField(label=_("Title"), max_length=TITLE_MOST)
    kind_id = KindField()
    folder = django_forms.CharField(
        label=_("Folder"),
        max_length=FOLDER_MOST,
        required=False,
        help_text=_("A / makes a folder within a folder."),
    )
    tags = TagsField()

    def __init__(self, *args: Any, document: Document, actor: Actor, **kwargs: Any) -> None:
        initial = {
            "title": document.title,
            "kind_id": document.kind_id,
            "folder": document.folder,
            "tags": document.tags,
        }
        super().__init__(*args, actor=actor, initial=initial, **kwargs)
        kind = self.fields["kind_id"]
        kind.offer(actor)
        if document.kind_id not in dict(kind.choices):
            # One that is out of use stays with the documents that have it.
            kind.choices = [(document.kind_id, document.kind.name), *kind.choices]


class ReasonForm(forms.Form):
    """Why something is done that must be accounted for."""

    reason = django_forms.CharField(label=_("Reason"), max_length=300, widget=django_forms.Textarea)


class RecordField(django_forms.Field):
    """A record of any kind that has documents, chosen by searching."""

    def __init__(self, **options: Any) -> None:
        self.actor: Actor | None = None
        widget = forms.SearchSelect(
            url=reverse_lazy("documents:record_options"), label_of=self._label
        )
        super().__init__(widget=widget, **options)

    def clean(self, value: Any) -> subjects.Place | None:
        value = super().clean(value)
        try:
            place = place_of(str(value))
            record_at(place, self.actor)
        except DomainError as refusal:
            raise django_forms.ValidationError(
                _("Choose one of the list."), code="invalid"
            ) from refusal
        return place

    def _label(self, value: Any) -> str:
        try:
            return str(record_at(place_of(str(value)), self.actor))
        except DomainError:
            return ""


class LinkForm(forms.Form):
    record = RecordField(label=_("Further record"))

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, actor=actor, **kwargs)
        self.fields["record"].actor = actor

    def input_of(self, field: str | None) -> str | None:
        return "record" if field in ("subject", "subject_id") else field


class KindForm(forms.Form):
    """A kind of document, without its code, which programs use and nobody changes."""

    name_zh = django_forms.CharField(label=_("Chinese name"), max_length=60, required=False)
    name_en = django_forms.CharField(label=_("English name"), max_length=60, required=False)
    subjects = django_forms.MultipleChoiceField(
        label=_("Proposed for"),
        required=False,
        widget=django_forms.CheckboxSelectMultiple,
        help_text=_("None chosen: for every record."),
    )
    types = django_forms.MultipleChoiceField(
        label=_("Kinds of file"),
        required=False,
        choices=FileType.choices,
        widget=django_forms.CheckboxSelectMultiple,
        help_text=_("None chosen: all of them."),
    )
    largest_megabytes = django_forms.IntegerField(
        label=_("Largest file, MB"), min_value=1, max_value=LARGEST_MEGABYTES, initial=50
    )
    role_codes = django_forms.MultipleChoiceField(
        label=_("Seen by"),
        required=False,
        widget=django_forms.CheckboxSelectMultiple,
        help_text=_("None chosen: everybody who sees the record."),
    )
    is_sensitive = django_forms.BooleanField(
        label=_("Sensitive"),
        required=False,
        help_text=_("Each look and each download is in the audit log, and lists show no picture."),
    )
    years_kept = django_forms.IntegerField(
        label=_("Years kept"),
        required=False,
        min_value=1,
        max_value=YEARS_MOST,
        help_text=_("Nobody can remove it before. Empty: no time is set."),
    )
    kept_by_law = django_forms.BooleanField(
        label=_("The law has them kept"),
        required=False,
        help_text=_("It then stays for these years also when its person wants it erased."),
    )
    is_active = django_forms.BooleanField(label=_("In use"), required=False, initial=True)
    layout = (
        (pgettext_lazy("thing", "Name"), ["name_zh", "name_en", "is_active"]),
        (_("What it takes"), ["subjects", "types", "largest_megabytes"]),
        (_("Who sees it"), ["role_codes", "is_sensitive"]),
        (_("How long it is kept"), ["years_kept", "kept_by_law"]),
    )
    wide = ("subjects", "types", "role_codes")

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, actor=actor, **kwargs)
        self.fields["subjects"].choices = list(subjects.choices())
        self.fields["role_codes"].choices = [
            (role.code, role.name) for role in organisation.list_roles()
        ]

    @classmethod
    def initial_of(cls, kind: DocumentKind) -> dict[str, Any]:
        return {name: getattr(kind, name) for name in cls.base_fields}
