"""What has custom fields: each module declares its own in ``custom_hosts.py``."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils.translation import gettext as _

from forecourt.kernel.access import Actor
from forecourt.kernel.errors import NotFound, NotPermitted

if TYPE_CHECKING:
    from django.utils.functional import Promise


@dataclass(frozen=True)
class Host:
    """A model whose rows have custom fields.

    ``change`` is the permission that changing a row's values needs, ``url_name`` the page of a row,
    ``list_url_name`` the page of all, ``order`` its place among the hosts, lowest first.
    ``changed`` is called in the transaction after values have changed, to publish the module's own
    event.
    """

    name: str
    model: Any
    label: str | Promise
    change: str
    url_name: str
    list_url_name: str
    order: int = 100
    changed: Callable[[Any], None] | None = None

    def get_row(self, row_id: int, actor: Actor) -> Any:
        """Raises NotFound for a row outside the actor's sight."""
        row = self.model.objects.visible_to(actor).filter(pk=row_id).first()
        if row is None:
            raise NotFound(_("No such record."))
        return row

    def may_change(self, row_id: int, actor: Actor) -> bool:
        reach = self.model.objects.visible_to(actor, self.change)
        return actor.can(self.change) and reach.filter(pk=row_id).exists()

    def lock_row(self, row_id: int, actor: Actor) -> Any:
        """The row, locked, to change it. Raises NotPermitted, NotFound."""
        actor.require(self.change)
        reach = self.model.objects.visible_to(actor, self.change)
        row = reach.select_for_update(of=("self",)).filter(pk=row_id).first()
        if row is None:
            self.get_row(row_id, actor)
            raise NotPermitted(_("You may not do this with this record."))
        return row


_hosts: dict[str, Host] = {}


def register(*hosts: Host) -> None:
    """Raises ValueError when a name or a model is declared twice, TypeError without the column."""
    for host in hosts:
        if host.name in _hosts or any(host.model is known.model for known in _hosts.values()):
            raise ValueError(f"The host {host.name} is declared twice.")
        host.model._meta.get_field("custom")
        _hosts[host.name] = host
    host_of.cache_clear()


def all_hosts() -> list[Host]:
    return sorted(_hosts.values(), key=lambda host: host.order)


def get_host(name: str) -> Host:
    """Raises NotFound."""
    if name not in _hosts:
        raise NotFound(_("Nothing of that name has custom fields."))
    return _hosts[name]


@cache
def host_of(model: type[models.Model]) -> Host | None:
    """The host that a model is, or None."""
    return next((host for host in _hosts.values() if host.model is model), None)


def host_labelled(label: str) -> Host | None:
    """The host of a model named as in the audit log (``crm.customer``)."""
    return next((host for host in _hosts.values() if host.model._meta.label_lower == label), None)


@dataclass(frozen=True)
class People:
    """Where members of staff and roles come from: fields name the ones and are shown to the others.

    ``names_of(ids)`` answers the names by id (of all without ids), ``url_name`` is the address that
    finds people while one types, ``roles()`` answers (code, name).
    """

    names_of: Callable[[Collection[int] | None], Mapping[int, str]]
    url_name: str
    roles: Callable[[], Iterable[tuple[str, str]]]


_people: list[People] = []


def use_people(people: People) -> None:
    _people[:] = [people]


def people() -> People:
    return _people[0]
