from typing import Any

from django import forms as django_forms
from django.utils.translation import gettext_lazy as _

from apps.loaners.queries import free_cars
from apps.loaners.rules import PURPOSES
from forecourt.kernel.access import Actor
from forecourt.ui import forms
from forecourt.ui.custom.forms import CustomForm


class LoanForm(CustomForm):
    custom_host = "loan"

    car_id = django_forms.TypedChoiceField(label=_("Courtesy car"), coerce=int)
    phone = forms.PhoneField(label=_("The customer's phone"))
    purpose = forms.OptionField(PURPOSES, label=_("What for"))
    due_date = forms.DateField(label=_("Due back"))
    licence_number = django_forms.CharField(
        label=_("Driving licence"), max_length=30, required=False
    )

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, actor=actor, **kwargs)
        self.fields["car_id"].choices = [
            (car.pk, f"{car} · {car.store.name}") for car in free_cars(actor)
        ]
