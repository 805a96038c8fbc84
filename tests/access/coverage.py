"""What must be said of everything that shows or changes a group's data, and how it is found.

Each function walks what it is given and answers a complaint for whatever is not covered by a
permission and a scope. The tests give them the product itself, and once something uncovered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from django.db.models import QuerySet
from django.urls import URLPattern, URLResolver

from api.endpoints import Endpoint, Operation, UnknownEndpoint
from forecourt.kernel.access import Actor, ScopedModel, all_permissions
from forecourt.kernel.errors import DomainError
from forecourt.kernel.imports import Importer
from forecourt.kernel.search import SearchSource
from forecourt.ui.lists import ListPage

Reasons = Mapping[str, str]
METHODS = ("get", "post", "put", "patch", "delete")


def patterns(resolver: URLResolver, spaces: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """``(name, view)`` of every address, with the names of the spaces that it lies in."""
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLPattern):
            name = ":".join([*spaces, pattern.name]) if pattern.name else str(pattern.pattern)
            yield name, pattern.callback
        else:
            inner = (*spaces, pattern.namespace) if pattern.namespace else spaces
            yield from patterns(pattern, inner)


def uncovered_views(views: Iterable[tuple[str, Any]], open_to_all: Reasons) -> list[str]:
    """Views that neither ask for a permission nor at least for somebody who works here."""
    complaints = []
    for name, view in views:
        if name in open_to_all or hasattr(view, "cls"):
            continue
        permission = getattr(view, "permission", None)
        if permission is not None and permission not in all_permissions():
            complaints.append(f"{name}: nobody declares the permission {permission}")
        if permission is None and not getattr(view, "is_guarded", False):
            complaints.append(f"{name}: asks nobody who she is")
    return complaints


def endpoints(views: Iterable[tuple[str, Any]]) -> dict[str, type[Endpoint]]:
    """The endpoints of the API among the views, by the name of their address."""
    found = {name: getattr(view, "cls", None) for name, view in views}
    return {name: cls for name, cls in found.items() if cls and issubclass(cls, Endpoint)}


def operations(cls: type[Endpoint]) -> Iterator[tuple[str, Operation | None]]:
    for method in METHODS:
        handler = getattr(cls, method, None)
        if handler is not None:
            yield method, getattr(handler, "operation", None)


def uncovered_operations(found: Mapping[str, type[Endpoint]], without_right: Reasons) -> list[str]:
    """Operations of the API that describe no permission."""
    complaints = []
    for name, cls in found.items():
        if issubclass(cls, UnknownEndpoint):
            continue
        for method, operation in operations(cls):
            if operation is None:
                complaints.append(f"{name} {method}: is no operation of api.endpoints")
            elif operation.permission is None:
                if operation.name not in without_right:
                    complaints.append(f"{operation.name}: asks for no permission")
            elif operation.permission not in all_permissions():
                complaints.append(f"{operation.name}: nobody declares {operation.permission}")
    return complaints


def reaches_anything(rows_of: Callable[[Actor], QuerySet], nobody: Actor) -> bool:
    """Whether somebody without any right gets rows; decided from the query, not from the data."""
    try:
        return not rows_of(nobody).query.is_empty()
    except DomainError:
        return False


def unscoped_rows(
    sources: Mapping[str, Callable[[Actor], QuerySet]], nobody: Actor, own: Reasons
) -> list[str]:
    """Lists whose rows a person without any right would get, or whose model says no access."""
    complaints = []
    for name, rows_of in sources.items():
        if name in own:
            continue
        if reaches_anything(rows_of, nobody):
            complaints.append(f"{name}: gives rows to somebody without any right")
    return complaints


def uncovered_exports(lists: Iterable[type[ListPage]], own: Reasons) -> list[str]:
    """Exports that ask for no permission, and masked columns of a list that name none."""
    known = all_permissions()
    complaints = []
    for page in lists:
        needed = page.export_permission or page.permission
        if needed not in known and not (needed is None and page.name in own):
            complaints.append(f"{page.name}: nobody declares {needed}")
        complaints += [
            f"{page.name}.{part.name}: nobody declares {part.mask}"
            for part in (*page.columns, *page.filters)
            if part.mask is not None and part.mask not in known
        ]
    return complaints


def uncovered_importers(importers: Iterable[Importer]) -> list[str]:
    known = all_permissions()
    return [each.kind for each in importers if getattr(each, "permission", None) not in known]


def uncovered_sources(sources: Iterable[SearchSource]) -> list[str]:
    known = all_permissions()
    return [source.name for source in sources if source.permission not in known]


def uncovered_models(models: Iterable[type], reached_through: Reasons) -> list[str]:
    """Models that say neither whose their rows are nor through what they are reached."""
    known = all_permissions()
    complaints = []
    for model in models:
        label = model._meta.label
        if label in reached_through:
            continue
        if not issubclass(model, ScopedModel) or not hasattr(model, "access"):
            complaints.append(f"{label}: says no RowAccess")
        elif model.access.view not in known:
            complaints.append(f"{label}: nobody declares {model.access.view}")
    return complaints
