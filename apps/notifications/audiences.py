"""Customers, as the modules that have them describe them: this module knows none itself.

A module registers how its customers are reached, in its ``subscribers.py``::

    register_audience(
        Audience("crm.customer", label=_("Customers"), find=…, forbid=…, page="crm:customer_detail")
    )
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.utils.functional import Promise


@dataclass(frozen=True, slots=True)
class Person:
    """A customer as messages need her: how she is reached, and by what she agreed to be."""

    id: int
    name: str
    email: str
    mobile: str
    language: str = ""
    consents: frozenset[str] = frozenset()
    store_id: int | None = None
    chat_ids: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Audience:
    """A module's kind of customer.

    ``find(ids)`` answers those who are there by id; ``forbid(id, channel)`` takes the consent to a
    channel back, and is no fault when there is none. ``page`` names the URL that takes the id.
    """

    kind: str
    label: str | Promise
    find: Callable[[Iterable[int]], dict[int, Person]]
    forbid: Callable[[int, str], None]
    page: str = ""


_audiences: dict[str, Audience] = {}


def register_audience(audience: Audience) -> Audience:
    if audience.kind in _audiences:
        raise ValueError(f"The audience {audience.kind} is registered twice.")
    _audiences[audience.kind] = audience
    return audience


def get_audience(kind: str) -> Audience:
    """Raises LookupError."""
    if kind not in _audiences:
        raise LookupError(f"No module has customers of the kind {kind}.")
    return _audiences[kind]
