"""Forms of complaints."""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms as django_forms
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.care.rules.complaints import (
    ADDED_BY_HAND,
    BEST_SATISFACTION,
    COMPLAINT_CHANNELS,
    COMPLAINT_KINDS,
    SATISFIED_FROM,
    ComplaintChannel,
    Severity,
    StepKind,
)
from apps.crm.queries import get_customer
from apps.organisation import queries as organisation
from apps.organisation.departments import list_departments
from apps.organisation.people import able_in
from forecourt.kernel.access import Actor, system_actor
from forecourt.ui import forms

REGISTER, WORK = "care.register_complaint", "care.work_complaint"
NOBODY = [("", _("Nobody yet"))]
LONGEST_TEXT = 2000
STARS = {1: "★", 2: "★★", 3: "★★★", 4: "★★★★", 5: "★★★★★"}


def _departments(store_id: int | None) -> list[tuple[str, str]]:
    """Those in use of the store and of headquarters."""
    rows = list_departments(system_actor()).filter(is_active=True).order_by("store", "id")
    return [
        (str(row.pk), row.name if row.store_id else f"{row.name} · {_('Headquarters')}")
        for row in rows
        if row.store_id in (None, store_id)
    ]


def _people(store_id: int | None) -> list[tuple[str, str]]:
    return [(str(person.pk), person.name) for person in able_in(WORK, store_id=store_id)]


class _PlaceFields(forms.Form):
    """To whom a complaint is given; ``store_id`` says who can be chosen."""

    department_id = django_forms.TypedChoiceField(
        label=_("Department"), required=False, coerce=int, empty_value=None
    )
    owner_id = django_forms.TypedChoiceField(
        label=_("Person responsible"), required=False, coerce=int, empty_value=None
    )

    def offer(self, store_id: int | None) -> None:
        self.fields["department_id"].choices = [
            ("", pgettext_lazy("department", "None")),
            *_departments(store_id),
        ]
        self.fields["owner_id"].choices = [*NOBODY, *_people(store_id)]


class ComplaintForm(_PlaceFields):
    """What the customer says, how serious it is, and who looks after it."""

    store_id = django_forms.TypedChoiceField(label=_("Store"), coerce=int)
    kind = forms.OptionField(COMPLAINT_KINDS, label=_("Kind"))
    channel = forms.OptionField(
        COMPLAINT_CHANNELS, label=_("Heard by"), initial=ComplaintChannel.PHONE
    )
    severity = django_forms.ChoiceField(
        label=_("Severity"),
        choices=Severity,
        initial=Severity.NORMAL,
        widget=django_forms.RadioSelect,
    )
    title = django_forms.CharField(label=_("What it is about"), max_length=120)
    description = django_forms.CharField(
        label=_("What the customer says"),
        max_length=4000,
        required=False,
        widget=django_forms.Textarea(attrs={"rows": 5}),
    )
    reference = django_forms.CharField(
        label=_("Reference of the channel"),
        max_length=80,
        required=False,
        help_text=_("For instance the number of the manufacturer or of 12315."),
    )
    layout = (
        (_("Who and where"), ["customer_id", "store_id", "channel", "reference"]),
        (_("What"), ["kind", "severity", "title", "description"]),
        (_("Who looks after it"), ["department_id", "owner_id"]),
    )
    wide = ("title", "description", "severity")

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, actor=actor, **kwargs)
        self.fields["customer_id"] = forms.SearchSelectField(
            label=_("Customer"),
            url=reverse_lazy("crm:customer_options"),
            get=partial(_customer, actor),
        )
        stores = [
            (str(store.pk), store.name) for store in organisation.stores_in_scope(actor, REGISTER)
        ]
        self.fields["store_id"].choices = stores
        chosen = self.data.get("store_id") or self.initial.get("store_id")
        if not chosen and stores:
            chosen = self.initial["store_id"] = stores[0][0]
        self.offer(int(chosen) if str(chosen).isdecimal() else None)


def _customer(actor: Actor, customer_id: int) -> Any:
    return get_customer(customer_id=customer_id, actor=actor)


class StepForm(forms.Form):
    kind = django_forms.ChoiceField(
        label=_("What was done"),
        choices=[(kind, StepKind(kind).label) for kind in ADDED_BY_HAND],
        widget=django_forms.RadioSelect,
        initial=StepKind.REPLY,
    )
    text = django_forms.CharField(
        label=_("Text"), max_length=LONGEST_TEXT, widget=django_forms.Textarea(attrs={"rows": 4})
    )


class DispatchForm(_PlaceFields):
    note = django_forms.CharField(label=_("Note"), max_length=500, required=False)

    def __init__(self, *args: Any, store_id: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer(store_id)


class RateForm(forms.Form):
    severity = django_forms.ChoiceField(
        label=_("Severity"), choices=Severity, widget=django_forms.RadioSelect
    )
    note = django_forms.CharField(label=_("Reason"), max_length=500, required=False)


class CompensationForm(forms.Form):
    amount = forms.MoneyField(label=_("Amount"))
    text = django_forms.CharField(
        label=_("What the customer gets, and why"),
        max_length=LONGEST_TEXT,
        widget=django_forms.Textarea(attrs={"rows": 3}),
    )


class SolveForm(forms.Form):
    text = django_forms.CharField(
        label=_("What the customer was told"),
        max_length=LONGEST_TEXT,
        widget=django_forms.Textarea(attrs={"rows": 4}),
    )


class ConfirmForm(forms.Form):
    satisfaction = django_forms.TypedChoiceField(
        label=_("How satisfied the customer is"),
        choices=[(stars, STARS[stars]) for stars in range(BEST_SATISFACTION, 0, -1)],
        coerce=int,
        widget=django_forms.RadioSelect,
        help_text=_("With fewer than %(count)s stars the complaint is opened again.")
        % {"count": SATISFIED_FROM},
    )
    note = django_forms.CharField(
        label=_("What the customer says"),
        max_length=LONGEST_TEXT,
        required=False,
        widget=django_forms.Textarea(attrs={"rows": 3}),
    )


class ReopenForm(forms.Form):
    reason = django_forms.CharField(
        label=_("Reason"), max_length=LONGEST_TEXT, widget=django_forms.Textarea(attrs={"rows": 3})
    )
