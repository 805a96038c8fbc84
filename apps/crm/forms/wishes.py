"""What somebody wants to buy: of the catalogue, and in her own words."""

from __future__ import annotations

from typing import Any

from django import forms as django_forms
from django.core.exceptions import ValidationError
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from apps.crm import hooks
from apps.crm.forms.competitors import CompetitorsField
from apps.crm.models import Opportunity
from apps.crm.rules.interests import LONGEST_COLOUR, MOST
from apps.crm.rules.opportunities import IntentLevel, PaymentWay
from forecourt.ui import forms
from forecourt.ui.custom.forms import CustomForm

PLACES = tuple(
    zip(
        range(1, MOST + 1),
        (_("Interested in"), _("Second choice"), _("Third choice")),
        (_("Colour"), _("Its colour"), _("Its colour")),
        strict=True,
    )
)
"""What the cars and their colours are called, for as many as a deal may have."""
LONGEST = 30
PLAIN_WISHES = (
    *("level", "buys_by", "brand", "series", "other_models", "colour", "budget_amount"),
    *("payment_way", "has_trade_in", "decision_maker", "wishes"),
)


def car_code(key: hooks.CarKey) -> str:
    """A series, or a model, as the field holds it: 12, or 12-34."""
    return "-".join(str(part) for part in key if part is not None)


class CarField(django_forms.Field):
    """A series or a model of the catalogue, found while one types; cleaned to its key or None."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.SearchSelect(url=reverse_lazy("crm:car_options"), label_of=self._label)
        super().__init__(**{"required": False, "widget": widget, **kwargs})

    def clean(self, value: Any) -> hooks.CarKey | None:
        code = super().clean(value)
        if not code:
            return None
        key = self._key(code)
        if key is None or key not in hooks.catalogue_cars([key]):
            raise ValidationError(_("Choose one of the list."), code="invalid")
        return key

    def _key(self, code: Any) -> hooks.CarKey | None:
        series, _dash, model = str(code).partition("-")
        if not series.isdecimal() or (model and not model.isdecimal()) or len(str(code)) > LONGEST:
            return None
        return int(series), int(model) if model else None

    def _label(self, code: Any) -> str:
        key = self._key(code)
        car = hooks.catalogue_cars([key]).get(key) if key else None
        return car.name if car else ""


class WishesForm(CustomForm):
    """What somebody wants to buy: when a lead is qualified, and whenever it changes."""

    custom_host = "opportunity"

    level = django_forms.ChoiceField(
        label=_("Intent level"),
        choices=[*IntentLevel.choices, ("", _("By the day on which they mean to buy"))],
        widget=django_forms.RadioSelect,
        initial=IntentLevel.B,
        required=False,
    )
    buys_by = forms.DateField(label=_("Means to buy by"), required=False)
    brand = django_forms.CharField(
        label=_("Brand"),
        max_length=60,
        required=False,
        help_text=_("Brand and series follow the first choice, if there is one."),
    )
    series = django_forms.CharField(label=_("Series"), max_length=60, required=False)
    other_models = django_forms.CharField(
        label=_("Also interested in"),
        max_length=300,
        required=False,
        help_text=_("Other models, with commas between them."),
    )
    colour = django_forms.CharField(label=_("Colour"), max_length=60, required=False)
    budget_amount = forms.MoneyField(label=_("Budget"), required=False)
    payment_way = django_forms.ChoiceField(label=_("Payment"), choices=PaymentWay)
    has_trade_in = django_forms.BooleanField(label=_("Trades in a car"), required=False)
    competitor = CompetitorsField(label=_("Compares with"))
    decision_maker = django_forms.CharField(label=_("Who decides"), max_length=60, required=False)
    wishes = django_forms.CharField(
        label=_("Wishes"),
        max_length=500,
        required=False,
        widget=django_forms.Textarea(attrs={"rows": 2}),
    )
    layout = (
        ("", ["level", "buys_by"]),
        (
            _("Of the catalogue"),
            [f"{name}_{place}" for place, *_labels in PLACES for name in ("car", "colour")],
        ),
        (_("Not in the catalogue"), ["brand", "series", "colour", "other_models"]),
        (
            _("How they buy"),
            ["budget_amount", "payment_way", "has_trade_in", "competitor", "decision_maker"],
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for place, car_label, colour_label in PLACES:
            added = {
                f"car_{place}": CarField(label=car_label),
                f"colour_{place}": django_forms.CharField(
                    label=colour_label, max_length=LONGEST_COLOUR, required=False
                ),
            }
            for name, field in added.items():
                forms.dress(field)
                self.fields[name] = field

    @staticmethod
    def initial_of(deal: Opportunity) -> dict[str, Any]:
        chosen = enumerate(deal.interested_in, start=1)
        return {
            **{name: getattr(deal, name) for name in PLAIN_WISHES},
            "competitor": deal.competitors_shown,
            **{
                f"{name}_{place}": value
                for place, one in chosen
                for name, value in (
                    ("car", car_code((one.series_id, one.model_id))),
                    ("colour", one.colour),
                )
            },
            "custom": deal.custom,
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        seen = set()
        for place, *_labels in PLACES:
            car, colour = cleaned.get(f"car_{place}"), cleaned.get(f"colour_{place}")
            if car in seen:
                self.add_error(f"car_{place}", _("This is chosen above already."))
            elif car is not None:
                seen.add(car)
            elif colour and f"car_{place}" not in self.errors:
                self.add_error(f"colour_{place}", _("Choose the car that this colour is for."))
        return cleaned

    def values(self) -> dict[str, Any]:
        """The cleaned input as ``qualify_lead`` and ``change_opportunity`` take it."""
        values = dict(self.cleaned_data)
        interests = []
        for place, *_labels in PLACES:
            key, colour = values.pop(f"car_{place}"), values.pop(f"colour_{place}")
            if key is not None:
                interests.append({"series_id": key[0], "model_id": key[1], "colour": colour})
        return {**values, "interests": interests}
