"""Staff from a file: people are added, invited at once or later, and known ones corrected."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from apps.organisation import queries, rules
from apps.organisation.actions import (
    change_driving_licence,
    change_national_id,
    edit_staff,
    invite_staff,
)
from apps.organisation.departments import departments_named
from apps.organisation.importers.rows import RowByRow
from apps.organisation.models import StaffMember
from forecourt.kernel.access import Actor
from forecourt.kernel.citizen_id import cleaned_citizen_id
from forecourt.kernel.clock import today
from forecourt.kernel.custom_fields.actions import change_values
from forecourt.kernel.errors import Invalid
from forecourt.kernel.imports import (
    Choice,
    Context,
    Field,
    FieldKind,
    ImportRow,
    register,
)
from forecourt.kernel.imports.custom import custom_columns, custom_values

PERMISSION = "organisation.manage_staff"
SEE_NUMBERS = "organisation.see_identity"
ROLES = "roles"
_SEPARATORS = re.compile(r"[,，、;；/|]+")
CORRECTED = ("name", "mobile", "home_store_id", "department_id", "position_id")
COLUMNS = {"home_store_id": "store", "department_id": "department", "position_id": "position"}
"""Fields of a person that the file calls otherwise."""


def _stores(context: Context) -> Iterable[Choice]:
    for store in queries.stores_to_staff(context.actor):
        yield Choice(store.pk, store.name, (store.code, store.name_zh, store.name_en))
    if queries.may_staff_headquarters(context.actor):
        yield Choice(0, _("Headquarters"), ("hq", "总部", "集团", "集团总部"))


def _positions(_context: Context) -> Iterable[Choice]:
    for position in queries.list_positions().filter(is_active=True):
        names = (position.code, position.name_zh, position.name_en)
        yield Choice(position.pk, position.name, names)


def _roles(text: str, context: Context) -> tuple[int, ...]:
    """The ids of the roles that the cell names. Raises Invalid for one that there is not."""
    if ROLES not in context.memory:
        context.memory[ROLES] = {
            name.casefold(): role.pk
            for role in queries.list_roles()
            for name in (role.code, role.name_zh, role.name_en)
            if name
        }
    known: dict[str, int] = context.memory[ROLES]
    names = [name.strip() for name in _SEPARATORS.split(text) if name.strip()]
    unknown = [name for name in names if name.casefold() not in known]
    if unknown:
        raise Invalid(_t("There is no role “%(name)s”.") % {"name": unknown[0][:40]})
    return tuple(dict.fromkeys(known[name.casefold()] for name in names))


NUMBERS = (
    Field(
        "national_id",
        _("National ID"),
        parse=lambda raw, _context: cleaned_citizen_id(raw, today=today()),
        synonyms=("身份证", "身份证号", "身份证号码", "证件号码", "id card", "citizen id"),
        mask=SEE_NUMBERS,
    ),
    Field(
        "driving_licence",
        _("Driving licence number"),
        parse=lambda raw, _context: rules.driving_licence(raw),
        synonyms=("驾驶证", "驾驶证号", "驾照号", "driver license", "driving licence"),
        mask=SEE_NUMBERS,
    ),
)
"""Columns for those who may see and change them."""


@register
class StaffImporter(RowByRow):
    """One row per person. Nobody gives, by a file either, a role beyond her own rights."""

    kind = "organisation.staff"
    permission = PERMISSION
    label = _("Staff")
    help = _(
        "One row for each person, known by her e-mail address. New people wait as invited; a yes "
        "under “invite” mails them their link at once. People who are there already are corrected "
        "and keep their roles."
    )
    chunk_rows = 50
    columns = COLUMNS
    fields = (
        Field("name", _("Name"), required=True, max_length=100, synonyms=("姓名", "员工姓名")),
        Field(
            "email",
            _("E-mail"),
            kind=FieldKind.EMAIL,
            required=True,
            synonyms=("邮箱", "电子邮箱", "工作邮箱", "mail", "email"),
        ),
        Field(
            "mobile",
            _("Mobile"),
            kind=FieldKind.PHONE,
            synonyms=("手机", "手机号", "电话", "联系电话", "phone"),
        ),
        Field(
            "store",
            _("Store"),
            kind=FieldKind.CHOICE,
            choices=_stores,
            required=True,
            synonyms=("门店", "所属门店", "4S店", "工作地点", "branch", "dealer"),
        ),
        Field(
            "department",
            _("Department"),
            max_length=100,
            synonyms=("部门", "所属部门", "department"),
            help=_("One of the store's, by its name."),
        ),
        Field(
            "position",
            _("Position"),
            kind=FieldKind.CHOICE,
            choices=_positions,
            synonyms=("职位", "岗位", "职务", "job title"),
        ),
        Field(
            "roles",
            _("Roles"),
            required=True,
            parse=_roles,
            synonyms=("角色", "权限角色", "role"),
            help=_("Several are separated by commas."),
        ),
        Field(
            "invite",
            _("Invite at once"),
            kind=FieldKind.BOOLEAN,
            synonyms=("邀请", "发送邀请", "是否邀请", "invite"),
            help=_("Yes mails the link; otherwise it is sent from the person's page."),
        ),
    )

    def extra_fields(self, actor: Actor) -> tuple[Field, ...]:
        numbers = NUMBERS if actor.can(SEE_NUMBERS) else ()
        return (*numbers, *custom_columns("staff", actor))

    def key(self, values: Mapping[str, Any]) -> str | None:
        return values.get("email") or None

    def take(self, row: ImportRow, context: Context) -> None:
        known = queries.list_staff(context.actor).filter(email__iexact=row["email"]).first()
        if known is None:
            added = self._add(row, context)
            self._note_numbers(added, row, context)
            row.created(added.pk)
        elif self._brings_news(known, row, context):
            row.updated(known.pk)
        else:
            row.unchanged(known.pk)

    def _add(self, row: ImportRow, context: Context) -> StaffMember:
        return invite_staff(
            name=row["name"],
            email=row["email"],
            mobile=row["mobile"] or "",
            home_store_id=row["store"] or None,
            department_id=self._department(row, row["store"] or None),
            position_id=row["position"],
            role_ids=row["roles"],
            is_mailed=bool(row["invite"]),
            custom=custom_values(row) or None,
            actor=context.actor,
        )

    def _brings_news(self, known: StaffMember, row: ImportRow, context: Context) -> bool:
        """Write what the file says; answers whether anything of it is new."""
        is_new = self._correct(known, row, context)
        values = custom_values(row)
        if values:
            before = dict(known.custom)
            changed = change_values(
                host="staff", row_id=known.pk, values=values, actor=context.actor
            )
            is_new |= changed.custom != before
        return self._note_numbers(known, row, context) or is_new

    def _note_numbers(self, staff: StaffMember, row: ImportRow, context: Context) -> bool:
        """Whether a number that the file says is new; blank cells say nothing."""
        is_new = False
        for name, change in (
            ("national_id", change_national_id),
            ("driving_licence", change_driving_licence),
        ):
            said = row.values.get(name)
            if said and getattr(staff, name) != said:
                change(staff_id=staff.pk, actor=context.actor, **{name: said})
                is_new = True
        return is_new

    def _department(self, row: ImportRow, store_id: int | None) -> int | None:
        """The department that the row names. Raises Invalid for none, or several, of that name."""
        name = row["department"]
        if not name:
            return None
        found = departments_named(name, store_id=store_id)[:2]
        if len(found) != 1:
            raise Invalid(
                _t("There is no single department “%(name)s” there.") % {"name": name[:40]},
                field="department_id",
            )
        return found[0].pk

    def _correct(self, known: StaffMember, row: ImportRow, context: Context) -> bool:
        """Whether anything that the file says is new."""
        said = {
            "name": row["name"],
            "mobile": row["mobile"],
            "home_store_id": row["store"] or None,
            "department_id": self._department(row, row["store"] or None),
            "position_id": row["position"],
        }
        new = {
            name: value
            for name, value in said.items()
            if COLUMNS.get(name, name) in context.mapped
            and (value is not None or name == "home_store_id")
            and value != getattr(known, name)
        }
        if not new:
            return False
        present = {name: getattr(known, name) for name in CORRECTED}
        if "home_store_id" in new:  # the departments of another store are other ones
            present["department_id"] = None
        edit_staff(
            staff_id=known.pk,
            email=known.email,
            store_ids=list(known.stores.values_list("pk", flat=True)),
            manager_id=known.manager_id,
            actor=context.actor,
            **{**present, **new},
        )
        return True
