"""What this code is, as far as a group's schema is concerned.

A release is named by a hash over every migration that a group has, with their contents; the same
on every machine. What goes with the tables (which are append-only, what modules ship as data) has a
fingerprint of its own, because granting and planting again costs more than comparing tables.
"""

import hashlib
import re
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.apps import apps
from django.db import router
from django.db.migrations import Migration
from django.db.migrations.loader import MigrationLoader

from forecourt.kernel.access import all_permissions, role_defaults
from forecourt.kernel.db.router import is_control
from forecourt.kernel.groups import inside_alias
from forecourt.kernel.option_lists import all_lists
from forecourt.kernel.seeds import planters

Applied = frozenset[tuple[str, str]]
OWNER = "owner"


@dataclass(frozen=True, slots=True)
class Release:
    """``migrations`` are all that a group of this release has recorded."""

    name: str
    migrations: Applied
    seeds: str


@cache
def this_release() -> Release:
    """Fixed for the life of a process; costs reading every migration once."""
    loader = MigrationLoader(None, ignore_no_migrations=True)
    with inside_alias(OWNER, "g_none"):
        migrations = {
            key: migration
            for key, migration in loader.disk_migrations.items()
            if router.allow_migrate(OWNER, key[0])
        }
    for key in [key for squashed in migrations.values() for key in squashed.replaces]:
        migrations.pop(key, None)
    parts = [
        f"{app}.{name}:{_digest(_source_of(migration))}"
        for (app, name), migration in sorted(migrations.items())
    ]
    return Release(
        name=_digest("\n".join(parts).encode()),
        migrations=frozenset(migrations),
        seeds=_seeds(),
    )


def name_of(applied: Applied) -> str:
    """A name for a set of migrations that a schema has; empty for none."""
    if not applied:
        return ""
    return _digest("\n".join(f"{app}.{name}" for app, name in sorted(applied)).encode())


def settled(applied: Applied) -> Applied:
    """``applied`` with squashed migrations counted as there when all that they replace are."""
    loader = MigrationLoader(None, ignore_no_migrations=True)
    result = set(applied)
    for key, migration in loader.disk_migrations.items():
        if migration.replaces and result.issuperset(migration.replaces):
            result.add(key)
    return frozenset(result)


def append_only_tables() -> list[str]:
    """Tables of a group that the application's role may fill and read, and never change."""
    return _append_only(of_platform=False)


def platform_append_only_tables() -> list[str]:
    """The same of the platform's own tables."""
    return _append_only(of_platform=True)


def _append_only(*, of_platform: bool) -> list[str]:
    return sorted(
        model._meta.db_table
        for model in apps.get_models()
        if getattr(model, "append_only", False) and is_control(model._meta.app_label) is of_platform
    )


def _seeds() -> str:
    """Changes with rights, and with the code that plants and what it imports of its own app."""
    sources = set()
    for planter in planters():
        own_app = planter.__module__.rpartition(".")[0]
        source = _file(planter.__module__).read_text()
        imported = re.findall(rf"^from ({re.escape(own_app)}\.\w+) import", source, re.MULTILINE)
        sources.update([planter.__module__, *imported])
    sources = {name for name in sources if not name.endswith(".models")}
    contents = [_digest(_file(name).read_bytes()) for name in sorted(sources)]
    rights = append_only_tables(), sorted(all_permissions()), sorted(role_defaults().items())
    lists = [(declared.code, list(declared.values)) for declared in all_lists()]
    return _digest("\n".join([*contents, repr(rights), repr(lists)]).encode())


def _source_of(migration: Migration) -> bytes:
    return _file(type(migration).__module__).read_bytes()


def _file(module: str) -> Path:
    return Path(sys.modules[module].__file__ or "")


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
