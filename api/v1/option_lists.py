from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from api.endpoints import Endpoint, change, command, listing, page, record
from api.fields import Body, IdField, Representation
from api.filters import Filter
from forecourt.kernel.access import Actor
from forecourt.kernel.models.options import CODE
from forecourt.kernel.option_lists import OptionList, all_lists
from forecourt.kernel.option_lists.actions import (
    LONGEST_CODE,
    LONGEST_NAME,
    MANAGE,
    add_value,
    all_values,
    change_value,
    get_value,
    list_values,
)
from forecourt.kernel.option_lists.values import Value, values


class ChoiceRow(Representation):
    code = serializers.CharField()
    name_zh = serializers.CharField()
    name_en = serializers.CharField()
    is_active = serializers.BooleanField(
        help_text=_("A retired value is on old records and cannot be chosen for new ones.")
    )


class OptionListRow(Representation):
    """A list with its values in the group's order, the retired ones too."""

    code = serializers.CharField()
    label = serializers.CharField()
    may_add = serializers.BooleanField(help_text=_("Whether the group may add values."))
    values = ChoiceRow(many=True)


class OptionValueRow(Representation):
    id = IdField()
    code = serializers.CharField(help_text=_("What records hold; it never changes."))
    name_zh = serializers.CharField()
    name_en = serializers.CharField()
    sequence = serializers.IntegerField()
    is_active = serializers.BooleanField()
    is_built_in = serializers.BooleanField()


class NewValueBody(Body):
    """One of the two names is needed."""

    name_zh = serializers.CharField(max_length=LONGEST_NAME, required=False, allow_blank=True)
    name_en = serializers.CharField(max_length=LONGEST_NAME, required=False, allow_blank=True)
    code = serializers.RegexField(
        CODE,
        max_length=LONGEST_CODE,
        required=False,
        help_text=_("Without one it is made from the name."),
    )


class ValueBody(Body):
    name_zh = serializers.CharField(max_length=LONGEST_NAME, required=False, allow_blank=True)
    name_en = serializers.CharField(max_length=LONGEST_NAME, required=False, allow_blank=True)
    is_active = serializers.BooleanField(required=False, help_text=_("false retires the value."))


@dataclass(frozen=True)
class ShownList:
    """A declared list with the group's values."""

    code: str
    label: str
    may_add: bool
    values: tuple[Value, ...]


def _shown(declared: OptionList) -> ShownList:
    return ShownList(
        declared.code,
        str(declared.label),
        declared.may_add,
        tuple(values(declared.code).values()),
    )


def _lists(*, actor: Actor, code: str = "") -> Iterable[ShownList]:
    return [_shown(declared) for declared in all_lists() if code in ("", declared.code)]


def _values(actor: Actor, list_code: str = "") -> Any:
    return list_values(list_code, actor) if list_code else all_values(actor)


class OptionLists(Endpoint):
    tag = "option lists"
    get = listing(
        _lists,
        OptionListRow,
        name="list_option_lists",
        summary=_("Option lists with their values"),
        filters={"code": Filter(serializers.CharField(max_length=60), description=_("One list."))},
    )


class OptionValues(Endpoint):
    tag = "option lists"
    get = page(
        _values,
        OptionValueRow,
        name="list_option_values",
        summary=_("Values of a list"),
        permission=MANAGE,
        filters={"is_active": Filter(serializers.BooleanField(), "is_active")},
        orderings={"sequence": "sequence", "id": "id"},
        default_ordering="sequence",
    )
    post = command(
        add_value,
        NewValueBody,
        OptionValueRow,
        name="add_option_value",
        summary=_("Add a value of one's own"),
        permission=MANAGE,
        status=201,
    )


class OptionValue(Endpoint):
    tag = "option lists"
    get = record(
        get_value,
        OptionValueRow,
        name="get_option_value",
        summary=_("A value"),
        permission=MANAGE,
    )
    patch = change(
        change_value,
        ValueBody,
        OptionValueRow,
        get_row=get_value,
        name="change_option_value",
        summary=_("Rename or retire a value"),
        permission=MANAGE,
    )
