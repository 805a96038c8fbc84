"""Forms of campaigns and automations."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms as django_forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.crm import facts
from apps.crm import queries as crm
from apps.marketing import queries
from apps.marketing.rules.states import CHANNELS, Deed, Trigger
from apps.marketing.rules.texts import PLACEHOLDERS
from apps.notifications.channels import channel
from apps.organisation import queries as organisation
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import today
from forecourt.ui import forms

TEXT_HELP = _("In braces: {placeholders}")


def channel_choices() -> list[tuple[str, Any]]:
    return [(code, channel(code).label) for code in CHANNELS]


def store_choices(actor: Actor, permission: str) -> list[tuple[str, Any]]:
    """The stores for which it may be done, and the whole group for who may do it there."""
    own = [(str(row.pk), row.name) for row in organisation.stores_in_scope(actor, permission)]
    whole = [("", _("The whole group"))] if actor.grant(permission).everything else []
    return [*whole, *own]


def _placeholders() -> str:
    named = "、".join(f"{{{name}}} {label}" for name, label in PLACEHOLDERS.items())
    return str(TEXT_HELP).replace("{placeholders}", named)


class _MessageForm(forms.Form):
    """What a message takes: by which channel, and its words."""

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, actor=actor, **kwargs)
        self.fields["channel"].choices = channel_choices()
        self.fields["text"].help_text = _placeholders()


class CampaignForm(_MessageForm):
    name = django_forms.CharField(label=pgettext_lazy("thing", "Name"), max_length=80)
    store_id = django_forms.TypedChoiceField(
        label=_("Whose customers"), coerce=int, empty_value=None, required=False
    )
    segment_id = django_forms.TypedChoiceField(label=_("Segment"), coerce=int)
    starts_on = forms.DateField(label=_("From"))
    ends_on = forms.DateField(label=_("Until"))
    channel = django_forms.ChoiceField(label=_("Channel"))
    title = django_forms.CharField(
        label=pgettext_lazy("message", "Subject"),
        max_length=100,
        required=False,
        help_text=_("For e-mail."),
    )
    text = django_forms.CharField(
        label=_("Text"), max_length=1000, widget=django_forms.Textarea(attrs={"rows": 5})
    )
    provider_template = django_forms.CharField(
        label=_("Template of the provider"),
        max_length=60,
        required=False,
        help_text=_("For text messages, where the provider has approved this text."),
    )
    link_url = django_forms.CharField(
        label=_("Where the link leads"), max_length=300, required=False
    )
    budget_amount = forms.MoneyField(label=_("Budget"), required=False)
    window_days = django_forms.IntegerField(
        label=_("Days of effect"),
        min_value=1,
        max_value=90,
        initial=14,
        help_text=_("So long after the message a lead, a visit and an order are put down to it."),
    )
    layout = (
        (_("To whom"), ["name", "segment_id", "store_id"]),
        (
            pgettext_lazy("campaign", "When"),
            ["starts_on", "ends_on", "window_days", "budget_amount"],
        ),
        (_("Message"), ["channel", "provider_template", "title", "link_url", "text"]),
    )
    wide = ("text",)

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, actor=actor, **kwargs)
        self.fields["segment_id"].choices = queries.segment_choices(actor)
        self.fields["store_id"].choices = store_choices(actor, "marketing.manage_campaign")
        self.fields["starts_on"].initial = today()
        self.fields["ends_on"].initial = today() + timedelta(days=7)


class SpendingForm(forms.Form):
    spent_amount = forms.MoneyField(label=_("Spent"), required=False)


OF = "|"
"""Between a kind of reward and which of its kind is given."""
DEED_FIELDS = {
    Deed.MESSAGE: ("channel", "title", "text", "template"),
    Deed.TASK: ("purpose", "due_days"),
    Deed.TAG: ("tag_id",),
    Deed.REWARD: ("reward",),
}


class AutomationForm(_MessageForm):
    name = django_forms.CharField(label=pgettext_lazy("thing", "Name"), max_length=80)
    store_id = django_forms.TypedChoiceField(
        label=_("Whose customers"), coerce=int, empty_value=None, required=False
    )
    trigger = django_forms.ChoiceField(label=pgettext_lazy("automation", "When"), choices=Trigger)
    event = django_forms.ChoiceField(
        label=pgettext_lazy("automation", "What happens"), required=False
    )
    fact = django_forms.ChoiceField(label=_("Which date"), required=False)
    side = django_forms.ChoiceField(
        label=_("Before or after"),
        choices=[("before", _("days before it")), ("after", _("days after it"))],
        required=False,
    )
    days = django_forms.IntegerField(
        label=_("How many days"),
        min_value=0,
        max_value=3650,
        required=False,
        initial=0,
        help_text=_("0: on the day itself."),
    )
    segment_id = django_forms.TypedChoiceField(
        label=_("Only for"), coerce=int, empty_value=None, required=False
    )
    deed = django_forms.ChoiceField(label=_("What is done"))
    purpose = django_forms.CharField(label=_("Purpose"), max_length=200, required=False)
    due_days = django_forms.IntegerField(
        label=_("Due in how many days"), min_value=1, max_value=365, required=False, initial=1
    )
    channel = django_forms.ChoiceField(label=_("Channel"), required=False)
    title = django_forms.CharField(
        label=pgettext_lazy("message", "Subject"),
        max_length=100,
        required=False,
        help_text=_("For e-mail."),
    )
    text = django_forms.CharField(
        label=_("Text"),
        max_length=1000,
        required=False,
        widget=django_forms.Textarea(attrs={"rows": 4}),
    )
    template = django_forms.CharField(
        label=_("Template of the provider"), max_length=60, required=False
    )
    tag_id = django_forms.TypedChoiceField(
        label=_("Tag"), coerce=int, empty_value=None, required=False
    )
    daily_cap = django_forms.IntegerField(
        label=_("Customers a day at most"), min_value=1, max_value=1_000_000, required=False
    )
    rest_days = django_forms.IntegerField(
        label=_("Days of rest"),
        min_value=0,
        max_value=3650,
        initial=0,
        help_text=_("So long it does not come to the same customer again."),
    )
    valid_days = django_forms.IntegerField(
        label=_("Days until it is too late"), min_value=1, max_value=60, initial=3
    )
    wide = ("text",)

    def __init__(self, *args: Any, actor: Actor, here: str, **kwargs: Any) -> None:
        super().__init__(*args, actor=actor, **kwargs)
        rewards = facts.rewards()
        fields = self.fields
        fields["store_id"].choices = store_choices(actor, "marketing.manage_automation")
        fields["event"].choices = [
            (event.type, event.label) for event in queries.events_about_customers()
        ]
        fields["fact"].choices = [(fact.code, fact.label) for fact in queries.dated_facts()]
        fields["segment_id"].choices = [("", _("Everybody")), *queries.segment_choices(actor)]
        fields["deed"].choices = [
            choice for choice in Deed.choices if choice[0] != Deed.REWARD or rewards
        ]
        fields["tag_id"].choices = [("", "–"), *crm.active_tags().values_list("pk", "name")]
        if rewards:
            fields["reward"] = django_forms.ChoiceField(
                label=_("Coupon or points"),
                choices=[
                    (reward.label, [(f"{reward.code}{OF}{value}", label) for value, label in given])
                    for reward in rewards.values()
                    if (given := list(reward.choices(actor)))
                ],
                required=False,
            )
            if kept := self.initial.get("reward"):
                chosen = f"{kept}{OF}{self.initial.get('value', '')}"
                self.initial = {**self.initial, "reward": chosen}
        self._leave_out_what_does_not_matter(here)

    def _leave_out_what_does_not_matter(self, here: str) -> None:
        """Show what goes with the chosen trigger and deed; another choice asks for its fields."""
        chosen = self.data if self.is_bound else self.initial
        trigger = chosen.get("trigger") or Trigger.DATE
        deed = chosen.get("deed") or Deed.TASK
        self.initial = {"trigger": trigger, "deed": deed, **self.initial}
        others = ("fact", "days", "side") if trigger == Trigger.EVENT else ("event",)
        unused = [name for kind, names in DEED_FIELDS.items() if kind != deed for name in names]
        for name in (*others, *unused):
            if name not in DEED_FIELDS.get(deed, ()):
                self.fields.pop(name, None)
        for name in ("trigger", "deed"):
            self.fields[name].widget.attrs |= {
                "hx-get": here,
                "hx-trigger": "change",
                "hx-include": "closest form",
                "hx-params": "not csrfmiddlewaretoken",
                "hx-target": "#marketing-form",
                "hx-swap": "outerHTML",
            }

    @property
    def layout(self) -> tuple[tuple[Any, list[str]], ...]:
        deeds = [name for names in DEED_FIELDS.values() for name in names if name in self.fields]
        when = [
            name
            for name in ("name", "store_id", "trigger", "event", "fact", "days", "side")
            if name in self.fields
        ]
        return (
            (pgettext_lazy("automation", "When"), when),
            (pgettext_lazy("automation", "For whom"), ["segment_id"]),
            (_("What is done"), ["deed", *deeds]),
            (_("Within bounds"), ["daily_cap", "rest_days", "valid_days"]),
        )

    def values(self) -> dict[str, Any]:
        """The cleaned input as ``save_automation`` takes it."""
        cleaned = dict(self.cleaned_data)
        days = cleaned.pop("days", None) or 0
        offset = -days if cleaned.pop("side", "") == "before" else days
        options = {}
        for deed, names in DEED_FIELDS.items():
            theirs = {name: cleaned.pop(name, None) for name in names}
            if deed == cleaned["deed"]:
                options = {name: value for name, value in theirs.items() if value is not None}
        if options.get("reward"):
            options["reward"], _of, options["value"] = options["reward"].partition(OF)
        return {**cleaned, "offset_days": offset, "options": options}
