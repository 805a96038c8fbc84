"""Who may do what to which rows: permissions, scopes, and the one place that applies them.

A permission is ``module.action``. A role grants a permission with a scope (own, team, store,
region, group); the organisation module turns a person's roles into an :class:`Actor`, whose grants
say, flattened, whose rows and which stores. A model says by :class:`RowAccess` which column holds a
row's store and which its owner; ``Model.objects.visible_to(actor)`` is then the only filter.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from forecourt.kernel.errors import NotPermitted
from forecourt.kernel.secret import Secret

_permissions: dict[str, "str | Promise"] = {}
_role_defaults: dict[str, dict[str, str]] = {}


def register_permissions(module: str, actions: "Mapping[str, str | Promise]") -> None:
    """Declare ``module.action`` permissions with their labels; a second meaning is refused."""
    for action, label in actions.items():
        name = f"{module}.{action}"
        if name in _permissions:
            raise ValueError(f"The permission {name} is declared twice.")
        _permissions[name] = label


def grant_to_roles(module: str, grants: Mapping[str, Mapping[str, str]]) -> None:
    """Say what built-in roles of a new group get of a module: ``{role: {action: scope}}``."""
    for role, actions in grants.items():
        for action, scope in actions.items():
            _role_defaults.setdefault(role, {})[f"{module}.{action}"] = scope


def role_defaults() -> Mapping[str, Mapping[str, str]]:
    """``{role code: {permission: scope}}`` as declared by all modules."""
    return _role_defaults


def all_permissions() -> "dict[str, str | Promise]":
    return dict(sorted(_permissions.items()))


@dataclass(frozen=True, slots=True)
class Grant:
    """The rows that one permission reaches: all, or those of some stores or of some people."""

    everything: bool = False
    store_ids: frozenset[int] = frozenset()
    owner_ids: frozenset[int] = frozenset()

    def __or__(self, other: "Grant") -> "Grant":
        return Grant(
            self.everything or other.everything,
            self.store_ids | other.store_ids,
            self.owner_ids | other.owner_ids,
        )

    def covers(self, store_id: int | None, owner_id: int | None) -> bool:
        return self.everything or store_id in self.store_ids or owner_id in self.owner_ids


NOTHING = Grant()


@dataclass(frozen=True, slots=True)
class Actor:
    """The person (or the system) on whose behalf something happens.

    ``store_ids`` are the stores that the person works in or oversees, ``focus_store_ids`` the ones
    chosen in the store switcher (empty: all of them), ``role_codes`` the roles that she has.
    """

    user_id: int | None
    staff_id: int | None
    name: str
    language: str = "zh-hans"
    home_store_id: int | None = None
    store_ids: frozenset[int] = frozenset()
    focus_store_ids: frozenset[int] = frozenset()
    role_codes: frozenset[str] = frozenset()
    grants: Mapping[str, Grant] = field(default_factory=dict)
    address: str | None = None
    device: str = ""
    channel: str = "web"
    is_system: bool = False

    def grant(self, permission: str) -> Grant:
        if permission not in _permissions:
            raise LookupError(f"No module declares the permission {permission}.")
        if self.is_system:
            return Grant(everything=True)
        return self.grants.get(permission, NOTHING)

    def can(
        self, permission: str, *, store_id: int | None = None, owner_id: int | None = None
    ) -> bool:
        """Whether the permission is held at all or, where a store or owner is given, for that."""
        grant = self.grant(permission)
        if store_id is None and owner_id is None:
            return grant != NOTHING
        return grant.covers(store_id, owner_id)

    def require(
        self, permission: str, *, store_id: int | None = None, owner_id: int | None = None
    ) -> None:
        """Raises NotPermitted unless :meth:`can`."""
        if not self.can(permission, store_id=store_id, owner_id=owner_id):
            raise NotPermitted(
                _("You do not have the right: %(right)s.") % {"right": _permissions[permission]}
            )


def system_actor(name: str = "system") -> Actor:
    """Whoever the scheduled work acts as; may do everything, and is named in the audit log."""
    return Actor(user_id=None, staff_id=None, name=name, channel="system", is_system=True)


@dataclass(frozen=True, slots=True)
class RowAccess:
    """Which permission shows a model's rows, and which of its fields say whose a row is.

    ``store`` names the lookups that hold a store's id (a transfer has two), ``owner`` those that
    hold a staff member's id. With neither, whoever holds the permission sees every row.
    """

    view: str
    store: tuple[str, ...] = ()
    owner: tuple[str, ...] = ()

    def reached_by(self, grant: Grant) -> models.Q:
        """The condition on the model's rows that the grant reaches them."""
        if grant.everything or (grant != NOTHING and not self.store and not self.owner):
            return models.Q()
        reach = models.Q(pk__in=())
        if grant.store_ids:
            for lookup in self.store:
                reach |= models.Q(**{f"{lookup}__in": sorted(grant.store_ids)})
        if grant.owner_ids:
            for lookup in self.owner:
                reach |= models.Q(**{f"{lookup}__in": sorted(grant.owner_ids)})
        return reach


@dataclass(frozen=True, slots=True)
class Masked:
    """A field that holders of ``permission`` for the row see in full, others as ``mask`` of it."""

    permission: str
    mask: Callable[[Any], Any]


def may_see(actor: Actor, row: "ScopedModel", name: str) -> bool:
    """Whether ``actor``, who sees the row, sees this field of it in full."""
    masked = row.masked_fields.get(name)
    if masked is None:
        return True
    grant = actor.grant(masked.permission)
    if grant.everything or grant == NOTHING:
        return grant.everything
    access = row.access
    return any(_reach(row, lookup) in grant.store_ids for lookup in access.store) or any(
        _reach(row, lookup) in grant.owner_ids for lookup in access.owner
    )


def shown(actor: Actor, row: "ScopedModel", name: str) -> Any:
    """The field's value as this person may see it: pages, API answers and exports all ask here."""
    value = getattr(row, name)
    if not value or not may_see(actor, row, name):
        return masked(row, name)
    return value.reveal() if isinstance(value, Secret) else value


def masked(row: "ScopedModel", name: str) -> Any:
    """The field's value as everybody may see it; nothing where there is nothing."""
    value = getattr(row, name)
    if not value:
        return value
    return row.masked_fields[name].mask(value.reveal() if isinstance(value, Secret) else value)


def _reach(row: models.Model, lookup: str) -> Any:
    """The value behind ``store_id`` or ``vehicle__store_id``."""
    value: Any = row
    for part in lookup.split("__"):
        value = getattr(value, part, None)
    return value


class ScopedQuerySet(models.QuerySet):
    def visible_to(self, actor: Actor, permission: str | None = None) -> Self:
        """The rows that ``actor`` may see, or reach with another ``permission`` of the model."""
        access: RowAccess = self.model.access  # type: ignore[attr-defined]
        grant = actor.grant(permission or access.view)
        if grant.everything:
            return self
        if grant == NOTHING:
            return self.none()
        return self.filter(access.reached_by(grant))

    def in_focus(self, actor: Actor) -> Self:
        """Narrowed to the stores chosen in the store switcher, where any are."""
        access: RowAccess = self.model.access  # type: ignore[attr-defined]
        if not actor.focus_store_ids or not access.store:
            return self
        reach = models.Q()
        for lookup in access.store:
            reach |= models.Q(**{f"{lookup}__in": sorted(actor.focus_store_ids)})
        return self.filter(reach)


ScopedManager = models.Manager.from_queryset(ScopedQuerySet)


class ScopedModel(models.Model):
    """Base of every model whose rows a person may see: it must say its :class:`RowAccess`.

    ``masked_fields`` names the fields that are not for everybody who sees the row.
    """

    access: ClassVar[RowAccess]
    masked_fields: ClassVar[Mapping[str, Masked]] = {}
    objects: ClassVar[Any] = ScopedManager()

    class Meta:
        abstract = True
