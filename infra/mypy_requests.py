"""A mypy plugin: what middleware puts on requests, and django-tenants on connections.

Django's stubs cannot know either, and a cast at each of some hundred places would tell nobody more.
"""

from __future__ import annotations

from collections.abc import Callable

from mypy.plugin import ClassDefContext, Plugin
from mypy.plugins.common import add_attribute_to_class
from mypy.types import AnyType, TypeOfAny

ADDED = {
    "django.http.request.HttpRequest": ("actor", "htmx", "store_focus", "tenant"),
    "django.db.backends.base.base.BaseDatabaseWrapper": (
        "schema_name",
        "search_path_set_schemas",
        "set_schema_to_public",
        "set_tenant",
        "tenant",
    ),
}


class AttributesOfRunTime(Plugin):
    """Adds the attributes to the class itself; its subclasses inherit them."""

    def get_customize_class_mro_hook(
        self, fullname: str
    ) -> Callable[[ClassDefContext], None] | None:
        return _add if fullname in ADDED else None


def _add(context: ClassDefContext) -> None:
    for name in ADDED[context.cls.fullname]:
        add_attribute_to_class(context.api, context.cls, name, AnyType(TypeOfAny.explicit))


def plugin(_version: str) -> type[Plugin]:
    return AttributesOfRunTime
