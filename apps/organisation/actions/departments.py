"""Departments and positions: added, changed, taken out of use and back into it."""

import re
from typing import Any, TypeVar

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.organisation import departments, queries
from apps.organisation.models import Department, Position, StaffMember, Store
from forecourt.kernel import audit
from forecourt.kernel.access import Actor
from forecourt.kernel.errors import Conflict, Invalid, NotFound, NotPermitted
from forecourt.kernel.text import pinyin_sort_key

Row = TypeVar("Row", Department, Position)
MANAGE = "organisation.manage_staff"
LONGEST_CODE = 30


@transaction.atomic
def add_department(
    *,
    name_zh: str,
    actor: Actor,
    name_en: str = "",
    store_id: int | None = None,
    parent_id: int | None = None,
) -> Department:
    """A department of a store or, without one, of headquarters; within another with ``parent_id``.

    Raises NotPermitted, Invalid (name, store, parent) or Conflict (its neighbour has this name).
    """
    _require_place(actor, store_id)
    if store_id is not None and not Store.objects.filter(pk=store_id).exists():
        raise Invalid(_("Choose one of the list."), field="store_id")
    department = Department(store_id=store_id, **_names(name_zh, name_en))
    department.parent = _parent(parent_id, department)
    _save(department, is_new=True)
    audit.record(actor, "created", department, _facts(department), store_id=store_id)
    return department


@transaction.atomic
def edit_department(
    *,
    department_id: int,
    name_zh: str,
    actor: Actor,
    name_en: str = "",
    parent_id: int | None = None,
) -> Department:
    """Rename a department, or move it with all its parts; it stays in its store.

    Raises NotFound, NotPermitted, Invalid (name, parent, a part of itself) or Conflict.
    """
    department = _lock_department(department_id, actor)
    before = _facts(department)
    if parent_id != department.parent_id:
        department.parent = _parent(parent_id, department)
    for name, value in _names(name_zh, name_en).items():
        setattr(department, name, value)
    _save(department)
    changes = audit.changes_between(before, _facts(department))
    if changes:
        audit.record(actor, "changed", department, changes, store_id=department.store_id)
    return department


@transaction.atomic
def retire_department(*, department_id: int, actor: Actor) -> Department:
    """Take a department out of use.

    Raises NotFound, NotPermitted, or Conflict while people or parts in use are in it.
    """
    department = _lock_department(department_id, actor)
    people = department.staff.exclude(state=StaffMember.State.LEFT).count()
    parts = department.children.filter(is_active=True).count()
    if people or parts:
        raise Conflict(
            _("%(people)s people and %(parts)s departments are in it: move them first.")
            % {"people": people, "parts": parts}
        )
    return _switch(department, actor, store_id=department.store_id, is_active=False)


@transaction.atomic
def restore_department(*, department_id: int, actor: Actor) -> Department:
    """Raises NotFound, NotPermitted, or Conflict while what it is part of is out of use."""
    department = _lock_department(department_id, actor)
    if department.parent is not None and not department.parent.is_active:
        raise Conflict(_("Bring back first what it is part of."))
    return _switch(department, actor, store_id=department.store_id, is_active=True)


@transaction.atomic
def add_position(*, name_zh: str, actor: Actor, name_en: str = "", code: str = "") -> Position:
    """A position of the whole group; without a code it gets one of its name.

    Raises NotPermitted, Invalid or Conflict (code taken).
    """
    _require_group(actor)
    names = _names(name_zh, name_en)
    position = Position(code=_code(code, names), **names)
    try:
        with transaction.atomic():
            position.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(_("Another position has this code."), field="code") from error
    audit.record(actor, "created", position, {"code": position.code, **names})
    return position


@transaction.atomic
def edit_position(*, position_id: int, name_zh: str, actor: Actor, name_en: str = "") -> Position:
    """Rename a position; its code stays. Raises NotFound, NotPermitted or Invalid."""
    position = _lock_position(position_id, actor)
    names = _names(name_zh, name_en)
    changes = audit.changes_between({name: getattr(position, name) for name in names}, names)
    if changes:
        for name, value in names.items():
            setattr(position, name, value)
        position.save(update_fields=list(names))
        audit.record(actor, "changed", position, changes)
    return position


@transaction.atomic
def retire_position(*, position_id: int, actor: Actor) -> Position:
    """Nobody is given it any more; who has it keeps it. Raises NotFound or NotPermitted."""
    return _switch(_lock_position(position_id, actor), actor, is_active=False)


@transaction.atomic
def restore_position(*, position_id: int, actor: Actor) -> Position:
    """Raises NotFound or NotPermitted."""
    return _switch(_lock_position(position_id, actor), actor, is_active=True)


@transaction.atomic
def remove_position(*, position_id: int, actor: Actor) -> None:
    """Take away a position that nobody has, nor had. Raises NotFound, NotPermitted or Conflict."""
    position = _lock_position(position_id, actor)
    count = position.staff.count()
    if count:
        raise Conflict(
            _("%(count)s people have this position; take it out of use instead.") % {"count": count}
        )
    audit.record(actor, "deleted", position)
    position.delete()


def _require_place(actor: Actor, store_id: int | None) -> None:
    """Her right to manage staff covers the store; headquarters takes that for the whole group."""
    actor.require(MANAGE)
    grant = actor.grant(MANAGE)
    if not (grant.everything if store_id is None else grant.covers(store_id, None)):
        raise NotPermitted(_("You manage the departments of other stores only."))


def _require_group(actor: Actor) -> None:
    actor.require(MANAGE)
    if not actor.grant(MANAGE).everything:
        raise NotPermitted(_("Positions are the whole group's, and headquarters' to change."))


def _lock_department(department_id: int, actor: Actor) -> Department:
    """The department for a change, with its whole tree."""
    department = departments.get_department(department_id=department_id, actor=actor)
    _require_place(actor, department.store_id)
    return departments.lock_tree(department_id=department.pk)[department.pk]


def _lock_position(position_id: int, actor: Actor) -> Position:
    _require_group(actor)
    position = Position.objects.select_for_update().filter(pk=position_id).first()
    if position is None:
        raise NotFound(_("No such record, or not yours to see."))
    return position


def _parent(parent_id: int | None, department: Department) -> Department | None:
    """What it is to be part of: in use, of the same store, and no part of itself."""
    if parent_id is None:
        return None
    parent = Department.objects.filter(
        pk=parent_id, store=department.store_id, is_active=True
    ).first()
    if parent is None:
        raise Invalid(_("Choose one of the list."), field="parent_id")
    if department.pk is not None and parent.pk in departments.ids_below(department):
        raise Invalid(_("A department is no part of itself."), field="parent_id")
    return parent


def _names(name_zh: str, name_en: str) -> dict[str, str]:
    names = {"name_zh": " ".join(name_zh.split()), "name_en": " ".join(name_en.split())}
    if not names["name_zh"]:
        raise Invalid(_("Please enter a name."), field="name_zh")
    return names


def _code(raw: str, names: dict[str, str]) -> str:
    """What was typed, or something free that comes of the name in Latin letters."""
    code = raw.strip().lower()
    if code:
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,29}", code):
            raise Invalid(_("Small letters, digits and _, at most 30."), field="code")
        return code
    latin = pinyin_sort_key(names["name_en"] or names["name_zh"], person=False)
    words = re.findall("[a-z0-9]+", re.sub(r"([a-z]+)[1-5]\b", r"\1", latin.lower()))
    stem = re.sub("^[0-9_]+", "", "_".join(words))[: LONGEST_CODE - 4].strip("_") or "position"
    taken = set(queries.list_positions().values_list("code", flat=True))
    numbered = (f"{stem}_{number}" for number in range(2, len(taken) + 3))
    return next(free for free in (stem, *numbered) if free not in taken)


def _save(department: Department, *, is_new: bool = False) -> None:
    try:
        with transaction.atomic():
            department.save(force_insert=is_new)
    except IntegrityError as error:
        raise Conflict(_("Another department there has this name."), field="name_zh") from error


def _switch(row: Row, actor: Actor, *, is_active: bool, store_id: int | None = None) -> Row:
    if row.is_active != is_active:
        row.is_active = is_active
        row.save(update_fields=["is_active"])
        changes = {"is_active": [not is_active, is_active]}
        audit.record(actor, "restored" if is_active else "retired", row, changes, store_id=store_id)
    return row


def _facts(department: Department) -> dict[str, Any]:
    return {
        "name_zh": department.name_zh,
        "name_en": department.name_en,
        "parent": department.parent.name_zh if department.parent else None,
    }
