from django.apps import AppConfig
from django.conf import settings


class MarkingConfig(AppConfig):
    """Delivers messages of the topic ``mark`` by leaving a file for each."""

    name = "tests.kernel.marking"

    def ready(self) -> None:
        from forecourt.kernel import outbox

        outbox.handles("mark")(lambda payload, key: settings.MARK(key))
