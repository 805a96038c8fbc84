from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class KernelConfig(AppConfig):
    name = "forecourt.kernel"
    label = "kernel"
    verbose_name = "Kernel"

    def ready(self) -> None:
        """Let every app register what it declares; names are those of docs/modules.md."""
        autodiscover_modules(
            "permissions", "menu", "measures", "search_sources", "subscribers", "tasks", "checks"
        )
        autodiscover_modules("importers", "sample", "seeds")
