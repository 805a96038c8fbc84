"""Reads of departments and positions: the trees, one of them, who is in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from apps.organisation.models import Department, Position, StaffMember, Store
from forecourt.kernel.access import Actor
from forecourt.kernel.errors import NotFound

PRESENT = ~Q(staff__state=StaffMember.State.LEFT)


@dataclass(frozen=True)
class Branch:
    """A department with those that are part of it, and how many work in it itself."""

    department: Department
    depth: int
    people: int
    parts: list[Branch] = field(default_factory=list)

    @property
    def steps(self) -> range:
        """How far it stands in, for the page."""
        return range(self.depth)

    def walk(self) -> Iterator[Branch]:
        """Itself and everything below, as a tree is read."""
        yield self
        for part in self.parts:
            yield from part.walk()


@dataclass(frozen=True)
class Tree:
    """The departments of a store or, with none, of headquarters."""

    store: Store | None
    branches: list[Branch]

    def walk(self) -> Iterator[Branch]:
        for branch in self.branches:
            yield from branch.walk()


def list_departments(actor: Actor) -> QuerySet[Department]:
    """Those whose people the actor may see."""
    rows: QuerySet[Department] = Department.objects.visible_to(actor)
    return rows.select_related("store", "parent")


def get_department(*, department_id: int, actor: Actor) -> Department:
    """Raises NotFound."""
    department = list_departments(actor).filter(pk=department_id).first()
    if department is None:
        raise NotFound(_("No such record, or not yours to see."))
    return department


def lock_tree(*, department_id: int) -> dict[int, Department]:
    """The departments of a store by id, held until the transaction ends; none for an unknown one.

    Whoever moves one holds them all, so that two moves cannot make a circle.
    """
    own = Department.objects.filter(pk=department_id).first()
    if own is None:
        return {}
    rows = Department.objects.filter(store=own.store_id).order_by("pk")
    return {row.pk: row for row in rows.select_for_update()}


def trees(actor: Actor) -> list[Tree]:
    """Every department that the actor sees, headquarters' first; one query."""
    rows = (
        list_departments(actor)
        .in_focus(actor)
        .annotate(people=Count("staff", filter=PRESENT))
        .order_by("-is_active", "id")
    )
    return planted(rows)


def planted(rows: Iterable[Department]) -> list[Tree]:
    """The rows as trees by store; ``people`` may be annotated."""
    stores: dict[int | None, Store | None] = {}
    below: dict[tuple[int | None, int | None], list[Department]] = defaultdict(list)
    for row in rows:
        stores[row.store_id] = row.store
        below[row.store_id, row.parent_id].append(row)

    def branches(store_id: int | None, parent_id: int | None, depth: int) -> list[Branch]:
        return [
            Branch(row, depth, getattr(row, "people", 0), branches(store_id, row.pk, depth + 1))
            for row in below[store_id, parent_id]
        ]

    found = [Tree(store, branches(store_id, None, 0)) for store_id, store in stores.items()]
    return sorted(found, key=lambda tree: tree.store.code if tree.store else "")


def path_of(department: Department) -> list[Department]:
    """The department after all that it is part of."""
    path = [department]
    while path[0].parent is not None:
        path.insert(0, path[0].parent)
    return path


def ids_below(department: Department) -> set[int]:
    """Its id and those of all that is part of it, in use or not."""
    siblings = Department.objects.filter(store=department.store_id)
    inside = {department.pk}
    for tree in planted(siblings):
        for branch in tree.walk():
            if branch.department.parent_id in inside:
                inside.add(branch.department.pk)
    return inside


def people_of(department: Department, actor: Actor) -> list[StaffMember]:
    """Those who work in it itself and whom the actor may see."""
    return _people(actor, department=department)


def find_departments(actor: Actor, text: str) -> QuerySet[Department]:
    """Departments in use whose name holds the text, for choosing one."""
    named = Q(name_zh__icontains=text) | Q(name_en__icontains=text)
    rows = list_departments(actor).in_focus(actor).filter(named, is_active=True)
    return rows.order_by("store__code", "id")


def departments_named(name: str, *, store_id: int | None) -> QuerySet[Department]:
    """The departments in use of a store, or of headquarters, that are called so."""
    named = Q(name_zh__iexact=name) | Q(name_en__iexact=name)
    return Department.objects.filter(named, store=store_id, is_active=True)


def names_of(department_ids: Collection[int]) -> dict[int, str]:
    """``{id: name}`` with the store where it has one; for rows that are in the reader's scope."""
    rows = Department.objects.filter(pk__in=department_ids).select_related("store")
    return {row.pk: f"{row.name} · {row.store.name}" if row.store else row.name for row in rows}


def list_positions(actor: Actor) -> QuerySet[Position]:
    """Every position of the group, with how many people who work here have it."""
    rows: QuerySet[Position] = Position.objects.visible_to(actor)
    return rows.annotate(people=Count("staff", filter=PRESENT))


def get_position(*, position_id: int, actor: Actor) -> Position:
    """Raises NotFound."""
    position = list_positions(actor).filter(pk=position_id).first()
    if position is None:
        raise NotFound(_("No such record, or not yours to see."))
    return position


def people_with(position: Position, actor: Actor) -> list[StaffMember]:
    """Those who have the position and whom the actor may see."""
    return _people(actor, position=position)


def _people(actor: Actor, **chosen: Department | Position) -> list[StaffMember]:
    rows = StaffMember.objects.visible_to(actor).select_related("home_store", "position")
    present = rows.filter(**chosen).exclude(state=StaffMember.State.LEFT)
    return list(present.order_by("name_pinyin", "pk"))
