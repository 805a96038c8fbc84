"""Forms in which fields are defined: they parse; the rules are the kernel's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django import forms as django_forms
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from forecourt.kernel.access import Actor
from forecourt.kernel.custom_fields.actions import CODE
from forecourt.kernel.custom_fields.definition import KEYED, NUMERIC, UNIQUE, Kind
from forecourt.kernel.custom_fields.hosts import people
from forecourt.kernel.models import CustomField
from forecourt.kernel.text import pinyin_sort_key
from forecourt.ui import forms
from forecourt.ui.custom.choices import ChoicesField

OPTIONS = ("max_length", "pattern", "places", "min", "max", "max_megabytes", "choices")


def options_of(kind: str) -> tuple[str, ...]:
    """The options that a kind has."""
    if kind in (Kind.TEXT, Kind.LONG_TEXT):
        return ("max_length", "pattern")
    if kind == Kind.DECIMAL:
        return ("places", "min", "max")
    if kind in NUMERIC or kind in (Kind.DATE, Kind.MOMENT):
        return ("min", "max")
    if kind in (Kind.CHOICE, Kind.CHOICES):
        return ("choices",)
    return ("max_megabytes",) if kind == Kind.FILE else ()


class OptionsForm(forms.Form):
    """The part of the options, which depends on the kind."""

    kind = django_forms.ChoiceField(label=_("Kind"), choices=Kind)
    max_length = django_forms.IntegerField(label=_("Longest text"), required=False, min_value=1)
    pattern = django_forms.CharField(
        label=_("Pattern"),
        required=False,
        max_length=100,
        help_text=_("For instance [A-Z]{2}\\d{4}: two capitals, four digits."),
        widget=django_forms.TextInput(attrs={"class": "fc-mono", "autocomplete": "off"}),
    )
    places = django_forms.IntegerField(
        label=_("Decimal places"), required=False, min_value=0, max_value=6, initial=2
    )
    min = django_forms.CharField(label=_("Not less than"), required=False, max_length=30)
    max = django_forms.CharField(label=_("Not more than"), required=False, max_length=30)
    max_megabytes = django_forms.IntegerField(
        label=_("Largest file (MB)"), required=False, min_value=1, max_value=20, initial=10
    )
    choices = ChoicesField(
        label=_("Choices"),
        help_text=_("A choice that records have can be retired, but not removed."),
    )

    def __init__(self, *args: Any, actor: Actor, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, actor=actor, **kwargs)
        self.chosen_kind = kind
        for name in set(OPTIONS) - set(options_of(kind)):
            del self.fields[name]
        if kind in (Kind.DATE, Kind.MOMENT):
            for name in ("min", "max"):
                self.fields[name].widget = forms.DateInput(attrs={"class": "form-control"})
        if "choices" in self.fields:
            self.fields["choices"].is_wide = True

    def options(self) -> dict[str, Any]:
        return {name: self.cleaned_data.get(name) for name in options_of(self.chosen_kind)}


class FieldForm(OptionsForm):
    """A field; ``field`` None makes one, whose kind and code are chosen then and never again."""

    label_zh = django_forms.CharField(label=_("Chinese name"), max_length=60)
    label_en = django_forms.CharField(label=_("English name"), max_length=60, required=False)
    code = django_forms.CharField(
        label=_("Code"),
        max_length=40,
        required=False,
        help_text=_("For the API, imports and exports. Left empty it is made from the name."),
        widget=django_forms.TextInput(attrs={"class": "fc-mono", "autocapitalize": "none"}),
    )
    default = django_forms.CharField(label=_("Default"), required=False, max_length=200)
    is_required = django_forms.BooleanField(label=_("Must be filled in"), required=False)
    is_unique = django_forms.BooleanField(
        label=_("No two records have the same value"), required=False
    )
    is_indexed = django_forms.BooleanField(
        label=_("Lists filter and sort by it quickly"), required=False
    )
    is_searchable = django_forms.BooleanField(label=_("The search finds it"), required=False)
    section_zh = django_forms.CharField(
        label=_("Section in Chinese"),
        max_length=60,
        required=False,
        help_text=_("Fields of one section stand together on the form."),
    )
    section_en = django_forms.CharField(
        label=_("Section in English"), max_length=60, required=False
    )
    help_zh = django_forms.CharField(label=_("Help in Chinese"), max_length=200, required=False)
    help_en = django_forms.CharField(label=_("Help in English"), max_length=200, required=False)
    visible_to_roles = django_forms.MultipleChoiceField(
        label=_("Seen by"),
        required=False,
        widget=django_forms.CheckboxSelectMultiple,
        help_text=_("None chosen: everybody who sees the record."),
    )
    editable_by_roles = django_forms.MultipleChoiceField(
        label=_("Changed by"),
        required=False,
        widget=django_forms.CheckboxSelectMultiple,
        help_text=_("None chosen: everybody who may change the record and sees the field."),
    )
    wide = ("visible_to_roles", "editable_by_roles", "choices")
    layout = (
        (_("What it is"), ["label_zh", "label_en", "kind", "code"]),
        (_("What may stand in it"), [*OPTIONS, "default"]),
        (_("Rules"), ["is_required", "is_unique", "is_indexed", "is_searchable"]),
        (_("On the form"), ["section_zh", "section_en", "help_zh", "help_en"]),
        (_("Who"), ["visible_to_roles", "editable_by_roles"]),
    )

    def __init__(
        self, *args: Any, actor: Actor, kind: str, field: CustomField | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, actor=actor, kind=kind, **kwargs)
        roles = list(people().roles())
        self.fields["visible_to_roles"].choices = roles
        self.fields["editable_by_roles"].choices = roles
        for name, kinds in (
            ("is_unique", UNIQUE),
            ("is_indexed", KEYED),
            ("is_searchable", {Kind.TEXT}),
            ("default", set(Kind) - {Kind.FILE, Kind.STAFF}),
        ):
            if kind not in kinds:
                del self.fields[name]
        if field is not None:
            del self.fields["kind"]
            del self.fields["code"]
        else:
            self.fields["kind"].widget.attrs |= {
                "hx-get": reverse_lazy("custom_fields:add"),
                "hx-include": "closest form",
                "hx-target": "#dialog-body",
                "hx-swap": "innerHTML",
            }

    @staticmethod
    def initial_of(field: CustomField) -> dict[str, Any]:
        plain = (
            "label_zh",
            "label_en",
            "help_zh",
            "help_en",
            "section_zh",
            "section_en",
            "is_required",
            "is_unique",
            "is_searchable",
            "visible_to_roles",
            "editable_by_roles",
        )
        default = field.default
        if isinstance(default, bool):
            default = "是" if default else "否"
        if isinstance(default, list):
            default = ",".join(default)
        return {
            **{name: getattr(field, name) for name in plain},
            **{name: field.options.get(name) for name in options_of(field.kind)},
            "is_indexed": field.index_state != "",
            "default": default,
        }

    @classmethod
    def typed(cls, query: Any) -> dict[str, Any]:
        """What was typed before the kind was chosen, to go on with."""
        lists = ("visible_to_roles", "editable_by_roles")
        plain = {name: query[name] for name in cls.base_fields if name in query}
        return plain | {name: query.getlist(name) for name in lists}

    def values(self) -> dict[str, Any]:
        """The cleaned input as ``add_field`` and ``change_field`` take it."""
        names = set(FieldForm.base_fields) - set(OPTIONS) - {"kind", "code"}
        values = {name: self.cleaned_data[name] for name in names if name in self.fields}
        return {**values, "options": self.options()}

    def code_for_it(self) -> str:
        """The code as typed, or made of the name: 驾驶年限 is ``jia_shi_nian_xian``."""
        typed = self.cleaned_data["code"].strip()
        if typed:
            return typed
        name = self.cleaned_data["label_en"] or pinyin_sort_key(
            self.cleaned_data["label_zh"], person=False
        )
        code = re.sub(r"[^a-z]+", "_", re.sub(r"\d", "", name.lower())).strip("_")[:40].strip("_")
        return code if CODE.match(code) else "field"


class KindForm(OptionsForm):
    """What a field is to become."""

    def __init__(self, *args: Any, change_url: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].widget.attrs |= {
            "hx-get": change_url,
            "hx-include": "closest form",
            "hx-target": "#dialog-body",
            "hx-swap": "innerHTML",
        }


def kind_in(data: Mapping[str, Any], default: str = Kind.TEXT) -> str:
    """The kind that is asked for, or the default."""
    kind = data.get("kind", default)
    return kind if kind in Kind.values else default
