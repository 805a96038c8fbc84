"""Departments and positions: how stores are divided, and what people are employed as."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from api.endpoints import Endpoint, change, command, page, record
from api.fields import Body, IdField, Representation
from api.filters import Filter
from api.v1.stores import store
from apps.organisation import actions, departments
from forecourt.kernel.access import Actor

VIEW = "organisation.view_staff"
MANAGE = "organisation.manage_staff"


class DepartmentRow(Representation):
    """A part of a store or, without one, of headquarters."""

    expansions = {"store": store("store_id")}

    id = IdField()
    store_id = IdField(allow_null=True, help_text=_("Null for headquarters."))
    parent_id = IdField(allow_null=True, help_text=_("The department that it is part of."))
    name_zh = serializers.CharField()
    name_en = serializers.CharField()
    is_active = serializers.BooleanField()


class NamesBody(Body):
    name_zh = serializers.CharField(max_length=100)
    name_en = serializers.CharField(max_length=100, required=False, allow_blank=True)


class DepartmentCreateBody(NamesBody):
    store_id = IdField(required=False, allow_null=True)
    parent_id = IdField(required=False, allow_null=True)


class DepartmentChangeBody(NamesBody):
    parent_id = IdField(required=False, allow_null=True)
    is_active = serializers.BooleanField(required=False)


class PositionRow(Representation):
    """What people are employed as."""

    id = IdField()
    code = serializers.CharField()
    name_zh = serializers.CharField()
    name_en = serializers.CharField()
    is_active = serializers.BooleanField()


class PositionCreateBody(NamesBody):
    code = serializers.CharField(max_length=30, required=False, allow_blank=True)


class PositionChangeBody(NamesBody):
    is_active = serializers.BooleanField(required=False)


def _change_department(*, department_id: int, actor: Actor, **values: Any) -> Any:
    """What is not said stays."""
    is_active = values.pop("is_active", None)
    row = departments.get_department(department_id=department_id, actor=actor)
    present = {"name_zh": row.name_zh, "name_en": row.name_en, "parent_id": row.parent_id}
    actions.edit_department(department_id=department_id, actor=actor, **{**present, **values})
    if is_active is not None:
        switch = actions.restore_department if is_active else actions.retire_department
        switch(department_id=department_id, actor=actor)
    return departments.get_department(department_id=department_id, actor=actor)


def _change_position(*, position_id: int, actor: Actor, **values: Any) -> Any:
    """What is not said stays."""
    is_active = values.pop("is_active", None)
    row = departments.get_position(position_id=position_id, actor=actor)
    present = {"name_zh": row.name_zh, "name_en": row.name_en}
    actions.edit_position(position_id=position_id, actor=actor, **{**present, **values})
    if is_active is not None:
        switch = actions.restore_position if is_active else actions.retire_position
        switch(position_id=position_id, actor=actor)
    return departments.get_position(position_id=position_id, actor=actor)


class Departments(Endpoint):
    tag = "departments"
    get = page(
        departments.list_departments,
        DepartmentRow,
        name="list_departments",
        summary=_("Departments"),
        permission=VIEW,
        filters={
            "store_id": Filter(IdField(), "store_id"),
            "parent_id": Filter(IdField(), "parent_id"),
            "is_active": Filter(serializers.BooleanField(), "is_active"),
        },
        orderings={"id": "id"},
        default_ordering="id",
    )
    post = command(
        actions.add_department,
        DepartmentCreateBody,
        DepartmentRow,
        name="create_department",
        summary=_("Add a department"),
        permission=MANAGE,
        status=201,
    )


class Department(Endpoint):
    tag = "departments"
    get = record(
        departments.get_department,
        DepartmentRow,
        name="get_department",
        summary=_("A department"),
        permission=VIEW,
    )
    patch = change(
        _change_department,
        DepartmentChangeBody,
        DepartmentRow,
        get_row=departments.get_department,
        lock=departments.lock_tree,
        name="change_department",
        summary=_("Rename, move or retire a department"),
        permission=MANAGE,
    )


class Positions(Endpoint):
    tag = "positions"
    get = page(
        departments.list_positions,
        PositionRow,
        name="list_positions",
        summary=_("Positions"),
        permission=VIEW,
        filters={
            "code": Filter(serializers.CharField(), "code__in", many=True),
            "is_active": Filter(serializers.BooleanField(), "is_active"),
        },
        orderings={"id": "id", "code": "code"},
        default_ordering="id",
    )
    post = command(
        actions.add_position,
        PositionCreateBody,
        PositionRow,
        name="create_position",
        summary=_("Add a position"),
        permission=MANAGE,
        status=201,
    )


class Position(Endpoint):
    tag = "positions"
    get = record(
        departments.get_position,
        PositionRow,
        name="get_position",
        summary=_("A position"),
        permission=VIEW,
    )
    patch = change(
        _change_position,
        PositionChangeBody,
        PositionRow,
        get_row=departments.get_position,
        name="change_position",
        summary=_("Rename or retire a position"),
        permission=MANAGE,
    )
