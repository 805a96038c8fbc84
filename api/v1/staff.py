from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from api.custom import CustomValues
from api.endpoints import Endpoint, change, command, page, record
from api.fields import Body, Expansion, IdField, ListOf, Representation
from api.filters import Filter
from api.v1.stores import store
from apps.organisation import actions
from apps.organisation.queries import get_staff_member, list_staff, staff_by_id
from forecourt.kernel.access import Actor
from forecourt.kernel.custom_fields.actions import change_values

VIEW = "organisation.view_staff"


class StaffRow(Representation):
    """A person who works for the group."""

    expansions = {"home_store": store("home_store_id")}

    id = IdField()
    name = serializers.CharField()
    email = serializers.EmailField()
    mobile = serializers.CharField()
    home_store_id = IdField(
        allow_null=True, help_text=_("Null for those who work at headquarters.")
    )
    store_ids = ListOf("pk", source="stores", child=IdField(), help_text=_("Also works in."))
    department_id = IdField(allow_null=True)
    position_id = IdField(allow_null=True)
    manager_id = IdField(allow_null=True)
    roles = ListOf("code", help_text=_("Codes of the roles."))
    chat_ids = serializers.DictField(
        help_text=_("Who the person is in wecom, dingtalk and feishu.")
    )
    state = serializers.CharField()
    national_id = serializers.CharField(help_text=_("In part, for those who may not see it."))
    driving_licence = serializers.CharField()
    bank_account = serializers.CharField()
    joined_date = serializers.DateField(allow_null=True)
    left_date = serializers.DateField(allow_null=True)
    custom = CustomValues("staff")


class Colleague(Representation):
    """A person as others' records name her."""

    id = IdField()
    name = serializers.CharField()


def person(key: str) -> Expansion:
    """Put the person in whose id stands under ``key``."""
    return Expansion(Colleague, key, lambda actor, ids: staff_by_id(ids))


def _staff(actor: Actor) -> QuerySet:
    return list_staff(actor).prefetch_related("roles", "stores")


class StaffChangeBody(Body):
    national_id = serializers.CharField(max_length=30, required=False, allow_blank=True)
    driving_licence = serializers.CharField(max_length=40, required=False, allow_blank=True)
    bank_account = serializers.CharField(max_length=50, required=False, allow_blank=True)
    custom = CustomValues("staff", required=False)


CHANGES: dict[str, Callable[..., Any]] = {
    "national_id": actions.change_national_id,
    "driving_licence": actions.change_driving_licence,
    "bank_account": actions.change_bank_account,
}


def _change(*, staff_id: int, actor: Actor, **values: Any) -> Any:
    """What is not said stays."""
    for name, value in values.items():
        if name in CHANGES:
            CHANGES[name](staff_id=staff_id, actor=actor, **{name: value})
    if values.get("custom"):
        change_values(host="staff", row_id=staff_id, values=values["custom"], actor=actor)
    return get_staff_member(staff_id=staff_id, actor=actor)


class StaffList(Endpoint):
    tag = "staff"
    get = page(
        _staff,
        StaffRow,
        name="list_staff",
        summary=_("Staff"),
        permission=VIEW,
        filters={
            "state": Filter(serializers.CharField(), "state__in", many=True),
            "home_store_id": Filter(IdField(), "home_store_id"),
            "role": Filter(serializers.CharField(), "roles__code", _("Code of a role.")),
            "email": Filter(serializers.EmailField(), "email__iexact"),
        },
        orderings={"id": "id", "name": "name"},
        default_ordering="id",
        custom_host="staff",
    )


class StaffMember(Endpoint):
    tag = "staff"
    get = record(
        get_staff_member,
        StaffRow,
        name="get_staff_member",
        summary=_("A member of staff"),
        permission=VIEW,
    )
    patch = change(
        _change,
        StaffChangeBody,
        StaffRow,
        get_row=get_staff_member,
        name="change_staff_member",
        summary=_("Change a person's numbers and custom fields"),
        permission="organisation.manage_staff",
        description=_("A number takes the right to see it besides; an empty text takes it away."),
    )


class ChatIdsBody(Body):
    """An empty text takes an identifier away, one that is not named stays."""

    wecom = serializers.CharField(max_length=64, required=False, allow_blank=True)
    dingtalk = serializers.CharField(max_length=64, required=False, allow_blank=True)
    feishu = serializers.CharField(max_length=64, required=False, allow_blank=True)


def _change_chat_ids(*, staff_id: int, actor: Actor, **chat_ids: str) -> Any:
    actions.change_chat_ids(staff_id=staff_id, chat_ids=chat_ids, actor=actor)
    return get_staff_member(staff_id=staff_id, actor=actor)


class ChatIds(Endpoint):
    tag = "staff"
    post = command(
        _change_chat_ids,
        ChatIdsBody,
        StaffRow,
        name="change_chat_ids",
        summary=_("Say who a person is in the company's chat apps"),
        permission=VIEW,
    )
