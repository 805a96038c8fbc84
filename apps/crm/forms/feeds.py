"""Forms of feeds: whose they are, how their fields become ours, and a payload to try."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django import forms as django_forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.crm.actions.feed_reading import fields_to_fill
from apps.crm.actions.feeds import checked_feed_mapping
from apps.crm.rules.feeds import CONTENT_TYPES, FORM_TYPE, JSON_TYPE, LARGEST_PAYLOAD, TARGETS
from apps.crm.rules.leads import LEAD_SOURCES
from forecourt.kernel.custom_fields.definition import Kind
from forecourt.kernel.errors import Invalid
from forecourt.ui import forms

WITH_WORDS = frozenset({"gender", "store", "brand", "series", "division", "campaign_code"})
"""Fields whose words are another system's own, and must be told in ours."""
WITH_FALLBACK = WITH_WORDS - {"gender"} | {"message"}
GROUPS = (
    (_("Who asks"), ("phone", "name", "gender", "division")),
    (_("The enquiry"), ("external_id", "received_at", "message", "campaign_code")),
    (_("For which store and car"), ("store", "brand", "series")),
)
EQUALS = re.compile(r"\s*(?:=|→|=>)\s*")


class FeedForm(forms.Form):
    name = django_forms.CharField(
        label=pgettext_lazy("thing", "Name"),
        max_length=60,
        help_text=_("The system that sends, such as “Autohome Shanghai”."),
    )
    code = django_forms.CharField(
        label=_("Code in the address"),
        max_length=40,
        help_text=_("Small letters, digits and hyphens: …/api/v1/feeds/autohome"),
        widget=django_forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    source = forms.OptionField(LEAD_SOURCES, label=_("Source"))
    campaign_code = django_forms.CharField(
        label=_("Campaign"),
        max_length=40,
        required=False,
        help_text=_("For all leads of this feed that name none of their own."),
    )


class WordsOfOthersField(django_forms.CharField):
    """Lines such as ``5769 = 汉 EV``: what they say, and what that is here."""

    widget = django_forms.Textarea(attrs={"rows": 3, "spellcheck": "false"})

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return "\n".join(f"{theirs} = {ours}" for theirs, ours in value.items())
        return value

    def to_python(self, value: Any) -> dict[str, str]:
        words: dict[str, str] = {}
        for line in filter(None, (line.strip() for line in super().to_python(value).splitlines())):
            theirs, *ours = EQUALS.split(line, maxsplit=1)
            if not theirs or not ours:
                raise django_forms.ValidationError(
                    _t("Write each line as: theirs = ours. This one is not: %(line)s")
                    % {"line": line[:60]}
                )
            words[theirs] = ours[0]
        return words

    def has_changed(self, initial: Any, data: Any) -> bool:
        return (self.prepare_value(initial or {}) or "") != (data or "")


class FeedMappingForm(forms.Form):
    """A place in the payload for each field of a lead, and a payload to try it with."""

    sample = django_forms.CharField(
        label=_("A payload to try"),
        required=False,
        max_length=LARGEST_PAYLOAD,
        widget=django_forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "class": "fc-mono"}),
        help_text=_("As the system sends it. Nothing is written."),
    )
    content_type = django_forms.ChoiceField(
        label=pgettext_lazy("payload", "It is"),
        choices=[(JSON_TYPE, "JSON"), (FORM_TYPE, _("A form (name=value&…)"))],
        required=False,
        initial=CONTENT_TYPES[0],
    )

    def __init__(self, *args: Any, mapping: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        layout: list[tuple[Any, list[str]]] = [
            (title, [name for target in targets for name in self._ask(target, mapping)])
            for title, targets in GROUPS
        ]
        custom = [name for one in fields_to_fill() for name in self._ask_custom(one, mapping)]
        if custom:
            layout.append((_("The group's own fields"), custom))
        self.layout = (*layout, (_("Try it"), ["sample", "content_type"]))
        self.wide = ("sample",)

    def _ask(self, target: str, mapping: Mapping[str, Any]) -> list[str]:
        return self._add(
            target,
            TARGETS[target],
            mapping,
            words=target in WITH_WORDS,
            fallback=target in WITH_FALLBACK,
        )

    def _ask_custom(self, definition: Any, mapping: Mapping[str, Any]) -> list[str]:
        words = definition.kind in (Kind.CHOICE, Kind.CHOICES)
        return self._add(definition.name, definition.label, mapping, words=words, fallback=True)

    def _add(
        self, target: str, label: Any, mapping: Mapping[str, Any], *, words: bool, fallback: bool
    ) -> list[str]:
        """The inputs for one field; answers their names."""
        rule = mapping.get(target, {})
        attributes = {"class": "fc-mono", "spellcheck": "false", "autocomplete": "off"}
        names = [f"path_{target}"]
        self.fields[names[0]] = django_forms.CharField(
            label=label,
            max_length=200,
            required=False,
            initial=rule.get("path", ""),
            widget=django_forms.TextInput(attrs=attributes),
            help_text=_("Such as data.customer.mobile; several places with |.")
            if target == "phone"
            else "",
        )
        if fallback:
            names.append(f"otherwise_{target}")
            self.fields[names[-1]] = django_forms.CharField(
                label=_t("%(field)s, if nothing stands there") % {"field": label},
                max_length=200,
                required=False,
                initial=rule.get("otherwise", ""),
            )
        if words:
            names.append(f"words_{target}")
            self.fields[names[-1]] = WordsOfOthersField(
                label=_t("%(field)s, their words = ours") % {"field": label},
                required=False,
                initial=rule.get("values", {}),
            )
        for name in names:
            forms.dress(self.fields[name])
            self.fields[name].is_wide = False  # the three of a field stand side by side
        return names

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                checked_feed_mapping(self.mapping())
            except Invalid as refusal:
                name = f"path_{refusal.field}"
                self.add_error(name if name in self.fields else None, refusal.message)
        return values

    def mapping(self) -> dict[str, Any]:
        """What was filled in, as the actions take it."""
        values = self.cleaned_data
        targets = [name.removeprefix("path_") for name in self.fields if name.startswith("path_")]
        return {
            target: {
                "path": values.get(f"path_{target}", ""),
                "values": values.get(f"words_{target}") or {},
                "otherwise": values.get(f"otherwise_{target}", ""),
            }
            for target in targets
        }


class DismissForm(forms.Form):
    reason = django_forms.CharField(label=_("Why no lead is made of it"), max_length=200)
