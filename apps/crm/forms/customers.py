"""Forms of customers, leads and opportunities: they parse input and offer choices."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms as django_forms
from django.urls import reverse_lazy
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.crm.forms.competitors import CompetitorsField
from apps.crm.models import Customer
from apps.crm.rules.contacts import LOGGED_BY_HAND, InteractionKind, InteractionResult
from apps.crm.rules.customers import CHANNEL_NAMES, CONSENT_CHANNELS, CustomerKind, Gender
from apps.crm.rules.duplicates import MERGED_FIELDS
from apps.crm.rules.leads import INVALID_REASONS, LEAD_SOURCES, LeadSource
from apps.crm.rules.opportunities import LOST_REASONS, IntentLevel
from apps.organisation import queries as organisation
from apps.organisation.brands import all_shown
from forecourt.kernel import regions
from forecourt.kernel.access import Actor, masked, shown
from forecourt.kernel.errors import NotFound
from forecourt.ui import forms
from forecourt.ui.custom.forms import CustomForm

BY_THE_RULES, MYSELF = "rules", "me"
RESULTS_BY_HAND = [
    choice for choice in InteractionResult.choices if choice[0] != InteractionResult.CAME_IN
]


def store_choices(actor: Actor, permission: str) -> list[tuple[str, str]]:
    return [
        (str(store.pk), store.name) for store in organisation.stores_in_scope(actor, permission)
    ]


def advisor_choices(actor: Actor, permission: str) -> list[tuple[str, str]]:
    """The active sales advisors whom a permission of the actor reaches, with their stores."""
    grant = actor.grant(permission)
    people = organisation.active_people("sales_advisor").select_related("home_store")
    return [
        (str(person.pk), f"{person.name} · {person.home_store.name}")
        for person in people.order_by("home_store__code", "name_pinyin", "id")
        if person.home_store_id and grant.covers(person.home_store_id, person.pk)
    ]


def get_division(code: int) -> regions.Division:
    division = regions.get(f"{code:06d}")
    if division is None:
        raise NotFound("No such division.")
    return division


class DivisionField(forms.SearchSelectField):
    """An administrative division; cleaned to its code of six digits or nothing."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            url=reverse_lazy("crm:division_options"),
            get=get_division,
            label_of=lambda division: division.full_name,
            **{"required": False, **kwargs},
        )

    def clean(self, value: Any) -> str:
        code = super().clean(value)
        return f"{code:06d}" if code else ""


class LeadForm(CustomForm):
    custom_host = "lead"

    phone = forms.PhoneField()
    name = django_forms.CharField(label=_("Name"), max_length=100, required=False)
    gender = django_forms.ChoiceField(label=_("Gender"), choices=Gender, required=False)
    source = forms.OptionField(LEAD_SOURCES, label=_("Source"))
    campaign_code = django_forms.CharField(label=_("Campaign"), max_length=40, required=False)
    brand = django_forms.CharField(label=_("Brand"), max_length=60, required=False)
    series = django_forms.CharField(label=_("Series"), max_length=60, required=False)
    division_code = DivisionField(label=_("Region of the customer"))
    store_id = django_forms.ChoiceField(label=_("Store"), required=False)
    taker = django_forms.ChoiceField(label=_("Who takes it"), required=False)
    message = django_forms.CharField(
        label=_("What the customer wants"),
        max_length=1000,
        required=False,
        widget=django_forms.Textarea(attrs={"rows": 3}),
    )
    layout = (
        (_("Customer"), ["phone", "name", "gender", "source", "campaign_code"]),
        (_("Wishes"), ["brand", "series", "division_code", "message"]),
        (_("Who looks after it"), ["store_id", "taker"]),
    )

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, actor=actor, **kwargs)
        self.fields["phone"].widget.attrs |= {
            "autofocus": True,
            "hx-get": str(reverse_lazy("crm:known_customer")),
            "hx-trigger": "input changed delay:300ms",
            "hx-target": "#known-customer",
            "hx-swap": "innerHTML",
        }
        self.fields["brand"].widget.attrs["list"] = "brand-names"
        self.fields["store_id"].choices = [
            ("", _("By the customer's region")),
            *store_choices(actor, "crm.register_lead"),
        ]
        takers: list[tuple[str, Any]] = [(BY_THE_RULES, _("By the assignment rules"))]
        if actor.home_store_id and actor.can("crm.claim_lead"):
            takers.append((MYSELF, _("I take it myself")))
        if actor.can("crm.reassign_lead"):
            takers += advisor_choices(actor, "crm.reassign_lead")
        self.fields["taker"].choices = takers
        self.fields["store_id"].initial = str(actor.home_store_id or "")
        self.fields["source"].initial = LeadSource.WALK_IN

    def values(self) -> dict[str, Any]:
        """The cleaned input as ``register_lead`` takes it."""
        values = dict(self.cleaned_data)
        taker = values.pop("taker") or BY_THE_RULES
        if taker == MYSELF:
            values["owner_id"] = self.actor.staff_id
        elif taker != BY_THE_RULES:
            values["owner_id"] = int(taker)
        values["store_id"] = int(values["store_id"]) if values["store_id"] else None
        return values


class ContactForm(forms.Form):
    """A contact and, already proposed, the next one: open it, save it."""

    kind = django_forms.ChoiceField(
        label=_("How"),
        choices=[(kind.value, kind.label) for kind in LOGGED_BY_HAND],
        widget=django_forms.RadioSelect,
        initial=InteractionKind.CALL,
    )
    result = django_forms.ChoiceField(
        label=_("What came of it"),
        choices=RESULTS_BY_HAND,
        widget=django_forms.RadioSelect,
        initial=InteractionResult.REACHED,
    )
    note = django_forms.CharField(
        label=_("Note"),
        max_length=1000,
        required=False,
        widget=django_forms.Textarea(attrs={"rows": 2}),
    )
    level = django_forms.ChoiceField(label=_("Intent level"), choices=IntentLevel, required=False)
    next_at = forms.DateTimeField(
        label=_("Next contact"),
        required=False,
        help_text=_("As proposed; left unchanged, it follows what came of this contact."),
    )
    next_purpose = django_forms.CharField(label=_("Purpose"), max_length=200, required=False)
    proposed_at = forms.DateTimeField(required=False, widget=django_forms.HiddenInput)

    wide = ("kind", "result")

    def __init__(self, *args: Any, with_level: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not with_level:
            del self.fields["level"]

    def values(self) -> dict[str, Any]:
        """The cleaned input as ``log_interaction`` takes it: an unchanged proposal is no choice."""
        values = dict(self.cleaned_data)
        proposed = values.pop("proposed_at")
        if values["next_at"] == proposed:
            values["next_at"] = None
        if not values.get("level"):
            values.pop("level", None)
        return values


class FollowUpForm(forms.Form):
    due_at = forms.DateTimeField(label=_("Time"))
    purpose = django_forms.CharField(label=_("Purpose"), max_length=200, required=False)


class SkipForm(forms.Form):
    skip_reason = django_forms.CharField(label=_("Why it is skipped"), max_length=200)


class InvalidForm(forms.Form):
    reason = forms.OptionField(INVALID_REASONS, label=_("Reason"), widget=django_forms.RadioSelect)
    note = django_forms.CharField(label=_("Note"), max_length=500, required=False)


class ReassignForm(forms.Form):
    owner_id = django_forms.TypedChoiceField(label=_("Give to"), coerce=int)
    reason = django_forms.CharField(label=_("Why"), max_length=200)

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, actor=actor, **kwargs)
        self.fields["owner_id"].choices = [
            ("", "—"),
            *advisor_choices(actor, "crm.reassign_lead"),
        ]


class LoseForm(forms.Form):
    reason = forms.OptionField(
        LOST_REASONS, label=_("Lost reason"), widget=django_forms.RadioSelect
    )
    competitor = CompetitorsField(label=_("Lost to"))
    note = django_forms.CharField(label=_("Note"), max_length=500, required=False)


AGREED, REFUSED = "yes", "no"


class ConsentField(django_forms.ChoiceField):
    """What a customer has said to being reached by a channel; nothing while nobody has asked.

    The page keeps what it showed: an answer that somebody else noted meanwhile is not taken for one
    that was changed here.
    """

    def __init__(self, channel: str) -> None:
        super().__init__(
            label=CHANNEL_NAMES[channel],
            required=False,
            show_hidden_initial=True,
            choices=[
                ("", pgettext_lazy("consent", "Not asked")),
                (AGREED, pgettext_lazy("consent", "Agreed")),
                (REFUSED, pgettext_lazy("consent", "Refused")),
            ],
        )


class CustomerForm(CustomForm):
    custom_host = "customer"

    kind = django_forms.ChoiceField(
        label=_("Kind"), choices=CustomerKind, widget=django_forms.RadioSelect
    )
    name = django_forms.CharField(label=_("Name"), max_length=100)
    gender = django_forms.ChoiceField(label=_("Gender"), choices=Gender, required=False)
    birth_date = forms.DateField(label=_("Birthday"), required=False)
    national_id = django_forms.CharField(
        label=_("National ID"),
        max_length=30,
        required=False,
        help_text=_("Shown in part; type a whole number to replace it."),
        widget=django_forms.TextInput(attrs={"autocomplete": "off"}),
    )
    wechat = django_forms.CharField(label=_("WeChat"), max_length=60, required=False)
    email = django_forms.EmailField(label=_("E-mail"), required=False)
    contact_time = django_forms.CharField(
        label=_("Best time to call"),
        max_length=60,
        required=False,
        help_text=_("For instance: weekdays after six."),
    )
    occupation = django_forms.CharField(label=_("Occupation"), max_length=60, required=False)
    family = django_forms.CharField(
        label=_("Family"),
        max_length=200,
        required=False,
        help_text=_("For instance: married, two children."),
    )
    division_code = DivisionField(label=_("Administrative division"))
    address = django_forms.CharField(label=_("Address"), max_length=200, required=False)
    may_phone = ConsentField("phone")
    may_sms = ConsentField("sms")
    may_wechat = ConsentField("wechat")
    may_email = ConsentField("email")
    note = django_forms.CharField(
        label=_("Note"),
        max_length=500,
        required=False,
        widget=django_forms.Textarea(attrs={"rows": 2}),
    )
    layout = (
        (
            _("Customer"),
            ["kind", "name", "gender", "birth_date", "national_id", "occupation", "family"],
        ),
        (_("How to reach them"), ["wechat", "email", "contact_time", "division_code", "address"]),
        (_("What they agreed to"), ["may_phone", "may_sms", "may_wechat", "may_email"]),
    )

    @staticmethod
    def initial_of(customer: Any) -> dict[str, Any]:
        plain = (
            *("kind", "name", "gender", "birth_date", "occupation", "family"),
            *("wechat", "email", "contact_time", "address", "note"),
        )
        return {
            **{name: getattr(customer, name) for name in plain},
            "division_code": customer.division_code,
            "national_id": masked(customer, "national_id"),
            "custom": customer.custom,
            **{
                f"may_{channel}": AGREED if given else REFUSED
                for channel, given in customer.consents.items()
            },
        }

    def values(self) -> dict[str, Any]:
        """The cleaned input as ``change_customer`` takes it: of consents what was changed here."""
        values = dict(self.cleaned_data)
        said = {channel: values.pop(f"may_{channel}") for channel in CONSENT_CHANNELS}
        values["consents"] = {
            channel: word == AGREED if word else None
            for channel, word in said.items()
            if f"may_{channel}" in self.changed_data
        }
        return values


class PhoneForm(forms.Form):
    phone = forms.PhoneField()
    make_primary = django_forms.BooleanField(label=_("This is the main number"), required=False)


class MergeForm(forms.Form):
    """Which of two customers is kept, and whose values where both have one."""

    def __init__(self, *args: Any, actor: Actor, one: Customer, other: Customer, **kw: Any) -> None:
        super().__init__(*args, actor=actor, **kw)
        both = (one, other)
        self.fields["kept"] = django_forms.TypedChoiceField(
            label=_("Keep"),
            coerce=int,
            choices=[(str(row.pk), f"{row} · #{row.pk}") for row in both],
            initial=str(one.pk),
            widget=django_forms.RadioSelect,
        )
        self._other_of = {one.pk: other.pk, other.pk: one.pk}
        for group, names in MERGED_FIELDS.items():
            values = [_joined(row, names, actor) for row in both]
            if all(values) and values[0] != values[1]:
                self.fields[f"{TAKE}{group}"] = django_forms.TypedChoiceField(
                    label=Customer._meta.get_field(names[-1]).verbose_name,
                    coerce=int,
                    choices=[(str(row.pk), value) for row, value in zip(both, values, strict=True)],
                    initial=str(one.pk),
                    widget=django_forms.RadioSelect,
                )

    def values(self) -> dict[str, Any]:
        """The cleaned input as ``merge_customers`` takes it."""
        kept = self.cleaned_data["kept"]
        take = [
            name.removeprefix(TAKE)
            for name, owner in self.cleaned_data.items()
            if name.startswith(TAKE) and owner != kept
        ]
        return {"kept_id": kept, "merged_id": self._other_of[kept], "take": take}


TAKE = "take_"


def _joined(row: Customer, names: tuple[str, ...], actor: Actor) -> str:
    """What a customer has there, as the actor may see it."""
    values = []
    for name in names:
        value = shown(actor, row, name) if name in Customer.masked_fields else getattr(row, name)
        if name == "division_code":
            division = regions.get(value) if value else None
            value = division.full_name if division else ""
        elif name == "gender":
            value = row.get_gender_display() if value else ""
        values.append(date_format(value) if isinstance(value, date) else str(value or ""))
    return " ".join(part for part in values if part)


def brand_names(actor: Actor) -> list[str]:
    """Brands that the actor's stores sell, to choose from while typing."""
    stores = organisation.stores_in_scope(actor, "crm.register_lead")
    return sorted({name for store in stores for name in all_shown(store.brand_names)})
