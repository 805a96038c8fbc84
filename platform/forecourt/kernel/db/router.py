"""Which database holds which table.

``control`` holds what the platform knows of its groups (tenants, billing) and may be a server of
its own; ``default`` holds the groups' schemas and, in its public schema, the operators' accounts.
``owner`` and ``control_owner`` are the same databases under the role that may run DDL; only
provisioning and migrations use them, by name.
"""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connections
from django.db.models import Model

PUBLIC_SCHEMA = "public"
GROUP_ALIASES = {"default", "owner"}
CONTROL_ALIASES = {"control", "control_owner"}


def is_control(app_label: str) -> bool:
    return app_label in settings.CONTROL_APP_LABELS


class PlacementRouter:
    def db_for_read(self, model: type[Model], **hints: Any) -> str | None:
        return "control" if is_control(model._meta.app_label) else None

    db_for_write = db_for_read

    def allow_relation(self, first: Model, second: Model, **hints: Any) -> bool | None:
        return is_control(first._meta.app_label) == is_control(second._meta.app_label) or False

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        if db in CONTROL_ALIASES:
            return settings.CONTROL_IS_SEPARATE and is_control(app_label)
        if db not in GROUP_ALIASES:
            return False
        if connections[db].schema_name == PUBLIC_SCHEMA:
            if is_control(app_label):
                return not settings.CONTROL_IS_SEPARATE
            installed = settings.SHARED_APPS
        else:
            installed = settings.TENANT_APPS
        config = apps.get_app_config(app_label)
        return config.name in installed and app_label not in settings.UNMIGRATED_APP_LABELS
