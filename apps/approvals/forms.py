"""Forms of approvals: they read input and offer choices; the rules are the actions'."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms as django_forms
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from apps.approvals.actions.record import MAX_TEXT
from apps.approvals.file_purposes import ATTACHMENT
from apps.approvals.queries.kinds import all_kinds, list_request_kinds
from apps.approvals.rules.fields import NUMERIC, FieldKind, SubjectField
from apps.approvals.rules.states import OnReturn
from apps.approvals.subjects import SubjectKind, brands
from apps.organisation import queries as organisation
from apps.organisation.forms import person_named
from forecourt.kernel.access import Actor
from forecourt.ui import forms
from forecourt.ui.files.fields import UploadField

NOTHING = [("", "---------")]


def number_or_none(value: str) -> int | None:
    return int(value) if value else None


class RowField(django_forms.TypedChoiceField):
    """One of a few rows by id; an empty choice is None."""

    def __init__(self, **options: Any) -> None:
        super().__init__(coerce=number_or_none, empty_value=None, **options)


class PersonField(forms.SearchSelectField):
    """Somebody who works here, found by name."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            url=reverse_lazy("organisation:staff_options"),
            get=person_named,
            label_of=lambda person: person.name,
            **options,
        )


def stores_of(actor: Actor, permission: str) -> list[tuple[int, str]]:
    """The stores that the person works in, and those that the right reaches."""
    grant = actor.grant(permission)
    return [
        (store.pk, f"{store.code} {store.name}")
        for store in organisation.list_stores(actor).order_by("code")
        if grant.covers(store.pk, None)
        or store.pk in actor.store_ids
        or store.pk == actor.home_store_id
    ]


class SubmitForm(forms.Form):
    request_kind_id = RowField(label=_("Kind of request"))
    title = django_forms.CharField(label=_("What it is about"), max_length=200)
    amount = forms.MoneyField(label=_("Amount"), required=False)
    store_id = RowField(label=_("Store"), required=False)
    text = django_forms.CharField(
        label=_("Description"), max_length=2000, required=False, widget=django_forms.Textarea
    )
    wide = ("title", "text")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [
            (kind.pk, kind.name) for kind in list_request_kinds(self.actor).filter(is_active=True)
        ]
        self.fields["request_kind_id"].choices = kinds
        stores = stores_of(self.actor, "approvals.submit_request")
        self.fields["store_id"].choices = [("", _("No store: headquarters")), *stores]
        self.fields["store_id"].initial = self.actor.home_store_id


class ResubmitOwnForm(forms.Form):
    title = django_forms.CharField(label=_("What it is about"), max_length=200)
    amount = forms.MoneyField(label=_("Amount"), required=False)
    text = django_forms.CharField(
        label=_("Description"), max_length=2000, required=False, widget=django_forms.Textarea
    )
    note = django_forms.CharField(label=_("What was changed"), max_length=MAX_TEXT, required=False)
    wide = ("title", "text", "note")


class NoteForm(forms.Form):
    note = django_forms.CharField(
        label=_("Note"), max_length=MAX_TEXT, required=False, widget=django_forms.Textarea
    )
    seen_round = django_forms.IntegerField(required=False, widget=django_forms.HiddenInput)


class ReasonForm(forms.Form):
    reason = django_forms.CharField(
        label=_("Reason"), max_length=MAX_TEXT, widget=django_forms.Textarea
    )
    seen_round = django_forms.IntegerField(required=False, widget=django_forms.HiddenInput)


class BulkReasonForm(forms.Form):
    reason = django_forms.CharField(
        label=_("Reason"), max_length=MAX_TEXT, widget=django_forms.Textarea
    )


class WithdrawForm(forms.Form):
    reason = django_forms.CharField(
        label=_("Reason"), max_length=MAX_TEXT, required=False, widget=django_forms.Textarea
    )


class CommentForm(forms.Form):
    text = django_forms.CharField(
        label=_("Comment"), max_length=MAX_TEXT, widget=django_forms.Textarea
    )


class AttachForm(forms.Form):
    file = UploadField(label=_("Files"), purpose=ATTACHMENT, is_many=True)


class DelegateForm(forms.Form):
    to_staff_id = PersonField(label=_("Who decides instead"))
    note = django_forms.CharField(label=_("Note"), max_length=MAX_TEXT, required=False)
    wide = ("to_staff_id", "note")


class AbsenceForm(forms.Form):
    substitute_id = PersonField(label=_("Who decides instead"))
    from_date = forms.DateField(label=_("From"))
    to_date = forms.DateField(label=_("To"))
    wide = ("substitute_id",)


class FlowForm(forms.Form):
    kind = django_forms.ChoiceField(label=_("What is approved"))
    name_zh = django_forms.CharField(label=_("Chinese name"), max_length=60)
    name_en = django_forms.CharField(label=_("English name"), max_length=60, required=False)
    store_id = RowField(label=_("Only this store"), required=False)
    region_id = RowField(label=_("Only this region"), required=False)
    brand = django_forms.ChoiceField(label=_("Only this brand"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [(kind.code, kind.label) for kind in all_kinds()]
        self.fields["brand"].choices = [("", _("All brands")), *brands()]
        grant = self.actor.grant("approvals.manage_flow")
        stores = [
            (store.pk, f"{store.code} {store.name}")
            for store in organisation.list_stores(self.actor).order_by("code")
            if grant.covers(store.pk, None)
        ]
        if grant.everything:
            self.fields["store_id"].choices = [("", _("All stores")), *stores]
            regions = [(region.pk, region.name) for region in organisation.list_regions()]
            self.fields["region_id"].choices = [("", _("All regions")), *regions]
        else:
            self.fields["store_id"].choices = stores
            self.fields["store_id"].required = True
            del self.fields["region_id"]


class OnReturnForm(forms.Form):
    on_return = django_forms.ChoiceField(label=_("After a change"), choices=OnReturn)


class RequestKindForm(forms.Form):
    name_zh = django_forms.CharField(label=_("Chinese name"), max_length=60)
    name_en = django_forms.CharField(label=_("English name"), max_length=60, required=False)


class ChangeRequestKindForm(RequestKindForm):
    is_active = django_forms.BooleanField(label=_("In use"), required=False)


class TryForm(forms.Form):
    """A real subject, or values typed in, to see whom a flow would ask."""

    def __init__(self, *args: Any, kind: SubjectKind, **kwargs: Any) -> None:
        self.kind = kind
        super().__init__(*args, **kwargs)
        fields: dict[str, django_forms.Field] = {}
        if kind.recent is not None:
            fields["subject"] = RowField(
                label=_("A real one"),
                required=False,
                choices=[("", _("None: the values below")), *kind.recent(self.actor)],
            )
        fields["submitter"] = PersonField(label=_("Submitted by"), required=False)
        fields["store"] = RowField(
            label=_("Store"),
            required=False,
            choices=[*NOTHING, *stores_of(self.actor, "approvals.view_flow")],
        )
        for item in kind.fields:
            fields[f"fact_{item.name}"] = _typed(item)
        for name, field in fields.items():
            field.widget.attrs["class"] = (
                "form-select" if isinstance(field.widget, django_forms.Select) else "form-control"
            )
            self.fields[name] = field

    def facts(self) -> dict[str, Any]:
        """The typed values by the names that conditions use."""
        facts = {}
        for item in self.kind.fields:
            value = self.cleaned_data.get(f"fact_{item.name}")
            facts[item.name] = value == "yes" if item.kind == FieldKind.BOOLEAN else value
        return facts


YES_NO = (("no", _("No")), ("yes", _("Yes")))


def _typed(item: SubjectField) -> django_forms.Field:
    if item.kind == FieldKind.BOOLEAN:
        return django_forms.ChoiceField(label=item.label, choices=YES_NO, required=False)
    if item.kind == FieldKind.CHOICE:
        choices = _with_nothing(item.choices())
        return django_forms.ChoiceField(label=item.label, choices=choices, required=False)
    if item.kind in NUMERIC:
        return django_forms.DecimalField(label=item.label, required=False, max_digits=18)
    if item.kind == FieldKind.DATE:
        return forms.DateField(label=item.label, required=False)
    if item.kind == FieldKind.PERSON:
        return PersonField(label=item.label, required=False)
    return django_forms.CharField(label=item.label, required=False, max_length=200)


def _with_nothing(choices: Iterable[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    return [*NOTHING, *choices]
