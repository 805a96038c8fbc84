"""One address after the other, on people and places that are made once for many of them."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from itertools import groupby
from typing import Any, cast

import pytest
from django.core.cache import caches
from django.db import transaction
from django.db.models import Model

from forecourt.kernel import remembered
from forecourt.kernel.cache import MemoryCache
from forecourt.kernel.crypto import forget_keys
from tests.conftest import ALIASES
from tests.hostile.routes import Route
from tests.hostile.rows import KINDS, Kind, Place, kind_of, make_place, value_of

PORTION = 20
"""Addresses that one test walks: enough to share what it makes, few enough to share the work."""


def portions(routes: Iterable[Route]) -> list[Any]:
    """The addresses module by module, as parameters of a test: ``crm-1``, ``crm-2`` …"""
    found = []
    for area, of_area in groupby(sorted(routes, key=_area), key=_area):
        listed = list(of_area)
        for first in range(0, len(listed), PORTION):
            name = f"{area}-{first // PORTION + 1}"
            found.append(pytest.param(listed[first : first + PORTION], id=name))
    return found


def _area(route: Route) -> str:
    return str(route).partition(":")[0].partition("/")[0] if ":" in str(route) else "other"


@contextmanager
def undone() -> Iterator[None]:
    """What one address does is taken back before the next is tried, and what was kept of it too."""
    kept = [(memory, dict(memory)) for memory in _kept()]
    try:
        with ExitStack() as stack:
            for alias in ALIASES:
                stack.enter_context(transaction.atomic(using=alias))
            yield
            for alias in ALIASES:
                transaction.set_rollback(True, using=alias)
    finally:
        for memory, before in kept:
            memory.clear()
            memory.update(before)
        forget_keys()


def _kept() -> tuple[dict[Any, Any], ...]:
    """Wherever something read from the rows is kept: as it was before is true again after."""
    shared = cast(MemoryCache, caches["default"])
    return shared._cache, shared._expire_info, remembered._of_process


def values_for(route: Route, place: Place) -> dict[str, Any]:
    """What stands in the address: rows made here and now, or plain words."""
    return {
        name: kind.make(place).pk
        if (kind := kind_of(route.name, name))
        else value_of(route.name, name)
        for name in route.keywords
    }


@cache
def kinds_by_model() -> dict[type[Model], Kind]:
    """How rows of each model are made, found out by making one of each kind."""
    found: dict[type[Model], Kind] = {}
    place = make_place()
    for kind in KINDS.values():
        with undone():
            found.setdefault(type(kind.make(place)), kind)
    return found


def row_for(model: type[Model], place: Place) -> tuple[Any, str]:
    """A row of a model, and who may see it; None where no kind of row is of it."""
    with undone():
        kind = kinds_by_model().get(model)
    return (kind.make(place), kind.reach) if kind else (None, "")
