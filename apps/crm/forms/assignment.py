"""Forms of the rules that hand out leads."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from django import forms as django_forms
from django.utils.translation import gettext_lazy as _

from apps.crm import queries
from apps.crm.forms.customers import DivisionField, store_choices
from apps.crm.rules.assignment import Strategy
from apps.crm.rules.leads import LEAD_SOURCES
from apps.organisation import queries as organisation
from forecourt.kernel.access import Actor
from forecourt.kernel.option_lists import values as options
from forecourt.ui import forms


class WordsField(django_forms.CharField):
    """Several words, separated by commas of either kind."""

    def to_python(self, value: Any) -> list[str]:
        text = super().to_python(value)
        words = re.split("[,，、]", text)
        return [word.strip() for word in words if word.strip()]

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.prepare_value(initial or []) != (data or "")


class AssignmentRuleForm(forms.Form):
    name = django_forms.CharField(label=_("Rule name"), max_length=80)
    sources = django_forms.MultipleChoiceField(
        label=_("Only leads from"),
        choices=partial(options.all_choices, LEAD_SOURCES),
        required=False,
        widget=django_forms.CheckboxSelectMultiple,
    )
    division_code = DivisionField(label=_("Only customers in"))
    brands = WordsField(
        label=_("Only these brands"), required=False, help_text=_("Separated by commas.")
    )
    series = WordsField(
        label=_("Only these series"), required=False, help_text=_("Separated by commas.")
    )
    hours = WordsField(
        label=_("Only at these times of day"),
        required=False,
        help_text=_("When the lead comes in, such as 18:00-09:00; separated by commas."),
    )
    tags = django_forms.MultipleChoiceField(
        label=_("Only customers with a tag"),
        required=False,
        widget=django_forms.CheckboxSelectMultiple,
    )
    store_id = django_forms.ChoiceField(label=_("To the store"), required=False)
    positions = django_forms.MultipleChoiceField(
        label=_("Only people in these positions"),
        required=False,
        widget=django_forms.CheckboxSelectMultiple,
    )
    departments = WordsField(
        label=_("Only people of these teams"),
        required=False,
        help_text=_("Names of departments, separated by commas; those below belong to them."),
    )
    staff_ids = django_forms.MultipleChoiceField(
        label=_("Only to these people"),
        required=False,
        widget=django_forms.CheckboxSelectMultiple,
        help_text=_("None chosen: all sales advisors of the store."),
    )
    strategy = django_forms.ChoiceField(
        label=_("Among them"), choices=Strategy, widget=django_forms.RadioSelect
    )
    open_lead_cap = django_forms.IntegerField(
        label=_("Most open leads per person"),
        required=False,
        min_value=1,
        max_value=10_000,
        help_text=_("Empty: as the group has it."),
    )
    layout = (
        ("", ["name"]),
        (_("Conditions"), ["sources", "division_code", "brands", "series", "hours", "tags"]),
        (
            _("Then"),
            ["store_id", "positions", "departments", "staff_ids", "strategy", "open_lead_cap"],
        ),
    )
    wide = ("name", "sources", "tags", "positions", "staff_ids", "strategy")

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, actor=actor, **kwargs)
        stores = store_choices(actor, "crm.manage_assignment")
        if actor.grant("crm.manage_assignment").everything:
            stores = [("", _("The closest to the customer that sells the brand")), *stores]
        self.fields["store_id"].choices = stores
        self.fields["store_id"].widget.attrs |= {
            "hx-get": "",
            "hx-include": "closest form",
            "hx-target": "closest form",
            "hx-swap": "outerHTML",
        }
        self._offer_people(actor)
        self._offer("tags", [(tag.name, tag.name) for tag in queries.active_tags()])
        self._offer(
            "positions",
            [
                (position.code, position.name)
                for position in organisation.list_positions()
                if position.is_active or position.code in self.initial.get("positions", ())
            ],
        )

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        """The choices of a field; without any it is not asked for."""
        if choices:
            self.fields[name].choices = choices
        else:
            del self.fields[name]

    def _offer_people(self, actor: Actor) -> None:
        """The advisors of the chosen store; without a store nobody can be named."""
        store_id = self.data.get("store_id") if self.is_bound else self.initial.get("store_id")
        if not store_id:
            del self.fields["staff_ids"]
            return
        self.fields["staff_ids"].choices = [
            (str(person.pk), person.name)
            for person in organisation.active_people("sales_advisor").filter(
                home_store_id=int(store_id)
            )
            if actor.grant("crm.manage_assignment").covers(person.home_store_id, None)
        ]

    @classmethod
    def typed(cls, query: Any) -> dict[str, Any]:
        """What was typed before the store was chosen, to go on with."""
        lists = ("sources", "tags", "positions", "staff_ids")
        return {
            name: query.getlist(name) if name in lists else query.get(name)
            for name in cls.base_fields
            if name in query
        }

    WORDS = ("sources", "brands", "series", "hours", "tags", "positions", "departments")
    """Conditions that stand in the form as they are kept."""

    @staticmethod
    def initial_of(rule: Any) -> dict[str, Any]:
        divisions = rule.conditions.get("divisions", [])
        return {
            "name": rule.name,
            **{name: rule.conditions.get(name, []) for name in AssignmentRuleForm.WORDS},
            "division_code": divisions[0] if divisions else "",
            "store_id": str(rule.store_id or ""),
            "staff_ids": [str(staff_id) for staff_id in rule.staff_ids],
            "strategy": rule.strategy,
            "open_lead_cap": rule.open_lead_cap,
        }

    def values(self) -> dict[str, Any]:
        """The cleaned input as ``save_assignment_rule`` takes it."""
        values = dict(self.cleaned_data)
        division = values.pop("division_code")
        values["conditions"] = {
            **{name: values.pop(name, []) for name in self.WORDS},
            "divisions": [division] if division else [],
        }
        values["store_id"] = int(values["store_id"]) if values["store_id"] else None
        values["staff_ids"] = [int(staff_id) for staff_id in values.get("staff_ids", ())]
        return values


class TryForm(forms.Form):
    source = forms.OptionField(LEAD_SOURCES, label=_("Source"))
    division_code = DivisionField(label=_("Region of the customer"))
    brand = django_forms.CharField(label=_("Brand"), max_length=60, required=False)
    series = django_forms.CharField(label=_("Series"), max_length=60, required=False)
