"""Forms of the reception desk and of test drives."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from django import forms as django_forms
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.crm import hooks, queries
from apps.crm.rules.customers import Gender
from apps.crm.rules.identity import check_plate
from apps.crm.rules.leads import LEAD_SOURCES, LeadSource
from apps.crm.rules.test_drives import (
    BEST_RATING,
    MINUTES,
    TEST_DRIVE_ROUTES,
    USUAL_MINUTES,
    TestDriveRoute,
)
from apps.crm.rules.visits import MOST_HEADS, VISIT_REASONS, Turn, VisitReason, next_in_line
from forecourt.kernel.access import Actor
from forecourt.kernel.text import phone_or_none
from forecourt.ui import forms

MOST_MILEAGE = 2_000_000


def advisor_choices(line: Iterable[Turn]) -> list[tuple[str, str]]:
    """Who receives visitors in the store, in the order of the line."""
    return [(str(turn.staff_id), turn.name) for turn in line]


class VisitForm(forms.Form):
    """The desk: one field finds or makes the customer, the rest has its usual value already."""

    who = django_forms.CharField(
        label=_("Phone, number plate or name"),
        max_length=60,
        required=False,
        help_text=_("A whole phone number is enough. Left empty: nobody knows yet who it is."),
        widget=django_forms.TextInput(
            attrs={
                "autofocus": True,
                "autocomplete": "off",
                "hx-get": reverse_lazy("crm:visitor_find"),
                "hx-trigger": "input changed delay:300ms",
                "hx-target": "#visitors-found",
                # The form's own way would put what is found in the place of where it belongs.
                "hx-swap": "innerHTML",
            }
        ),
    )
    name = django_forms.CharField(
        label=_("Name"),
        max_length=100,
        required=False,
        widget=django_forms.TextInput(attrs={"autocomplete": "off"}),
    )
    gender = django_forms.ChoiceField(
        label=_("Gender"), choices=Gender, required=False, widget=django_forms.RadioSelect
    )
    reason = forms.OptionField(
        VISIT_REASONS,
        label=_("Reason of the visit"),
        widget=django_forms.RadioSelect,
        initial=VisitReason.LOOK,
    )
    headcount = django_forms.IntegerField(
        label=pgettext_lazy("visit", "People"), min_value=1, max_value=MOST_HEADS, initial=1
    )
    advisor_id = django_forms.TypedChoiceField(
        label=pgettext_lazy("visit", "Received by"), required=False, coerce=int, empty_value=None
    )
    source = forms.OptionField(
        LEAD_SOURCES, label=_("How they heard of us"), initial=LeadSource.WALK_IN
    )
    campaign_code = django_forms.CharField(label=_("Campaign"), max_length=40, required=False)
    note = django_forms.CharField(label=_("Note"), max_length=500, required=False)
    wide = ("who", "gender", "reason")

    def __init__(self, *args: Any, line: list[Turn], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        turn = next_in_line(line)
        by_turn = (
            _("Their own advisor, else by turn: %(name)s") % {"name": turn.name}
            if turn
            else _("Their own advisor")
        )
        self.fields["advisor_id"].choices = [("", by_turn), *advisor_choices(line)]

    def clean(self) -> dict[str, Any]:
        """What was typed into the one field is a phone or a plate, unless somebody was chosen."""
        values = super().clean() or {}
        who = values.get("who", "")
        phone, plate = phone_or_none(who), check_plate(who)
        chosen = self.data.get("customer_id", "")
        values["customer_id"] = int(chosen) if chosen.isdecimal() else None
        values["phone"] = phone or ""
        values["plate_number"] = plate.plate if plate.valid and not phone else ""
        if who and not (phone or plate.valid or values["customer_id"]):
            self.add_error(
                "who",
                _("Choose one of those found, or enter a whole phone number or number plate."),
            )
        return values

    def values(self) -> dict[str, Any]:
        """The cleaned input as ``register_visit`` takes it."""
        return {name: value for name, value in self.cleaned_data.items() if name != "who"}


class IdentifyForm(forms.Form):
    phone = forms.PhoneField()
    name = django_forms.CharField(label=_("Name"), max_length=100, required=False)
    gender = django_forms.ChoiceField(
        label=_("Gender"), choices=Gender, required=False, widget=django_forms.RadioSelect
    )
    wide = ("gender",)


class HandVisitForm(forms.Form):
    advisor_id = django_forms.TypedChoiceField(
        label=pgettext_lazy("visit", "Received by"), coerce=int
    )

    def __init__(self, *args: Any, line: list[Turn], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["advisor_id"].choices = advisor_choices(line)


class LeaveForm(forms.Form):
    note = django_forms.CharField(
        label=_("Note"),
        max_length=500,
        required=False,
        widget=django_forms.Textarea(attrs={"rows": 2}),
    )


class ReasonForm(forms.Form):
    reason = django_forms.CharField(label=_("Why"), max_length=200)


class MoveDriveForm(forms.Form):
    """Car, time and company of a drive: booked, or booked anew."""

    vehicle_id = django_forms.TypedChoiceField(label=_("Demo car"), coerce=int)
    starts_at = forms.DateTimeField(label=_("Time"))
    minutes = django_forms.TypedChoiceField(
        label=pgettext_lazy("test drive", "How long"),
        coerce=int,
        initial=USUAL_MINUTES,
    )
    route = forms.OptionField(TEST_DRIVE_ROUTES, label=_("Route"), initial=TestDriveRoute.MIXED)
    advisor_id = django_forms.TypedChoiceField(
        label=_("Accompanied by"), required=False, coerce=int, empty_value=None
    )

    def __init__(self, *args: Any, actor: Actor, store_id: int, **kwargs: Any) -> None:
        super().__init__(*args, actor=actor, **kwargs)
        cars = hooks.demo_cars_in([store_id])
        self.fields["vehicle_id"].choices = [(car.id, car.name) for car in cars]
        self.fields["minutes"].choices = [
            (length, _("%(count)s minutes") % {"count": length}) for length in MINUTES
        ]
        self.fields["starts_at"].widget.attrs["step"] = 15 * 60
        grant = actor.grant("crm.work_test_drive")
        line = [turn for turn in queries.line_of(store_id) if grant.covers(store_id, turn.staff_id)]
        self.fields["advisor_id"].choices = [
            ("", _("The customer's own advisor")),
            *advisor_choices(line),
        ]


class TestDriveForm(MoveDriveForm):
    __test__ = False

    note = django_forms.CharField(label=_("Note"), max_length=500, required=False)

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, actor=actor, **kwargs)
        self.fields["customer_id"] = forms.SearchSelectField(
            label=_("Customer"),
            url=reverse_lazy("crm:customer_options"),
            get=partial(_customer, actor),
        )
        self.order_fields(["customer_id"])


def _customer(actor: Actor, customer_id: int) -> Any:
    return queries.get_customer(customer_id=customer_id, actor=actor)


class HandOutForm(forms.Form):
    driver_name = django_forms.CharField(label=_("Driver"), max_length=100)
    licence_number = django_forms.CharField(
        label=_("Driving licence number"),
        max_length=30,
        widget=django_forms.TextInput(attrs={"autocomplete": "off"}),
    )
    mileage_before = django_forms.IntegerField(
        label=_("Mileage before (km)"), min_value=0, max_value=MOST_MILEAGE
    )


class ReturnForm(forms.Form):
    mileage_after = django_forms.IntegerField(
        label=_("Mileage after (km)"), min_value=0, max_value=MOST_MILEAGE
    )
    rating = django_forms.TypedChoiceField(
        label=_("Rating"),
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", "—"), *[(stars, "★" * stars) for stars in range(BEST_RATING, 0, -1)]],
    )
    feedback = django_forms.CharField(
        label=_("What the customer said"),
        max_length=1000,
        required=False,
        widget=django_forms.Textarea(attrs={"rows": 3}),
    )
