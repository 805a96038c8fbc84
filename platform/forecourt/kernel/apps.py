from importlib import import_module

from django.apps import AppConfig, apps
from django.utils.module_loading import module_has_submodule

DECLARATIONS = (
    "permissions",
    "group_settings",
    "document_subjects",
    "discussion_subjects",
    "document_papers",
    "menu",
    "custom_hosts",
    "file_purposes",
    "measures",
    "figures",
    "search_sources",
    "notifications",
    "subscribers",
    "tasks",
    "checks",
    "importers",
    "approval_kinds",
    "sample",
    "seeds",
    "option_lists",
    "configuration",
    "bilingual",
    "feed",
    "archived_parts",
    "customer_facts",
)
"""Modules in which an app declares what it has; imported once all models are there."""
OWN_DECLARATIONS = (
    "forecourt.kernel.files.checking",
    "forecourt.kernel.files.checks",
    "forecourt.kernel.files.orphans",
    "forecourt.kernel.files.system_checks",
    "forecourt.kernel.option_lists.planting",
    "forecourt.kernel.option_lists.part",
    "forecourt.kernel.option_lists.checks",
    "forecourt.kernel.custom_fields.checks",
    "forecourt.kernel.custom_fields.configuration",
    "forecourt.kernel.custom_fields.usage",
    "forecourt.kernel.custom_fields.adopting",
)
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
        for path in OWN_DECLARATIONS:
            import_module(path)
