from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from api.endpoints import Endpoint, change, command, page, record
from api.fields import Body, IdField, Representation
from api.filters import Filter
from apps.organisation import actions
from apps.organisation.queries import get_role, visible_roles
from apps.organisation.rules import SCOPES
from forecourt.kernel.access import Actor

VIEW = "organisation.view_staff"
MANAGE = "organisation.manage_role"
ONLY_HELD = _("Nobody gives a right that she does not hold as wide herself.")


class Rights(serializers.DictField):
    """``{"crm.view_lead": "STORE"}``: each right with how far it reaches."""

    child = serializers.ChoiceField(SCOPES)

    def get_attribute(self, role: Any) -> dict[str, str]:
        return {entry.permission: entry.scope for entry in role.permissions.all()}

    def to_representation(self, rights: Mapping[str, str]) -> dict[str, str]:
        return dict(sorted(rights.items()))


class RoleRow(Representation):
    """A set of rights, each with its scope, that people are given."""

    id = IdField()
    code = serializers.CharField()
    name_zh = serializers.CharField()
    name_en = serializers.CharField()
    is_built_in = serializers.BooleanField()
    rights = Rights(help_text=_("By permission: OWN, TEAM, STORE, REGION or GROUP."))


class NamesBody(Body):
    name_zh = serializers.CharField(max_length=100)
    name_en = serializers.CharField(max_length=100, required=False, allow_blank=True)


class RoleCreateBody(NamesBody):
    rights = Rights(help_text=_("What the role gives: each permission with its scope."))


class RoleChangeBody(NamesBody):
    rights = Rights(required=False, help_text=_("All that the role gives; what is missing goes."))


def _get(*, role_id: int, actor: Actor) -> Any:
    return get_role(role_id=role_id)


def _create(*, actor: Actor, **values: Any) -> Any:
    role = actions.add_role(actor=actor, **values)
    return get_role(role_id=role.pk)


def _copy(*, role_id: int, actor: Actor, **values: Any) -> Any:
    role = actions.copy_role(role_id=role_id, actor=actor, **values)
    return get_role(role_id=role.pk)


def _change(*, role_id: int, actor: Actor, **values: Any) -> Any:
    """What is not said stays."""
    role = get_role(role_id=role_id)
    present = {
        "name_zh": role.name_zh,
        "name_en": role.name_en,
        "rights": {entry.permission: entry.scope for entry in role.permissions.all()},
    }
    actions.edit_role(role_id=role_id, actor=actor, **{**present, **values})
    return get_role(role_id=role_id)


class Roles(Endpoint):
    tag = "roles"
    get = page(
        visible_roles,
        RoleRow,
        name="list_roles",
        summary=_("Roles"),
        permission=VIEW,
        filters={
            "code": Filter(serializers.CharField(), "code__in", many=True),
            "is_built_in": Filter(serializers.BooleanField(), "is_built_in"),
        },
        orderings={"id": "id", "code": "code"},
        default_ordering="id",
    )
    post = command(
        _create,
        RoleCreateBody,
        RoleRow,
        name="create_role",
        summary=_("Make a role"),
        permission=MANAGE,
        status=201,
        description=ONLY_HELD,
    )


class Role(Endpoint):
    tag = "roles"
    get = record(_get, RoleRow, name="get_role", summary=_("A role"), permission=VIEW)
    patch = change(
        _change,
        RoleChangeBody,
        RoleRow,
        get_row=_get,
        name="change_role",
        summary=_("Change a role; its holders have the rights with their next request"),
        permission=MANAGE,
        description=ONLY_HELD,
    )


class CopyRole(Endpoint):
    tag = "roles"
    post = command(
        _copy,
        NamesBody,
        RoleRow,
        name="copy_role",
        summary=_("Make a role that begins with another's rights"),
        permission=MANAGE,
        status=201,
        description=ONLY_HELD,
    )
