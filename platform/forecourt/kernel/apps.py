from importlib import import_module

from django.apps import AppConfig, apps
from django.utils.module_loading import module_has_submodule

DECLARATIONS = (
    "permissions",
    "group_settings",
    "menu",
    "measures",
    "search_sources",
    "notifications",
    "subscribers",
    "tasks",
    "checks",
    "importers",
    "sample",
    "seeds",
    "configuration",
    "feed",
)
"""Modules in which an app declares what it has; imported once all models are there."""
DECLARING = ("forecourt.", "tenants", "billing", "apps.")


class KernelConfig(AppConfig):
    name = "forecourt.kernel"
    label = "kernel"
    verbose_name = "Kernel"

    def ready(self) -> None:
        """Let every app of ours register what it declares (docs/modules.md)."""
        for name in DECLARATIONS:
            for config in apps.get_app_configs():
                if config.name.startswith(DECLARING) and module_has_submodule(config.module, name):
                    import_module(f"{config.name}.{name}")
