"""How gunicorn serves the product on one machine; also what `make bench` measures.

The application and its addresses are loaded once, before the workers are forked: they share that
memory, and nobody's first page waits for the imports.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from django.conf import settings
from django.db import connections
from django.template import TemplateDoesNotExist, TemplateSyntaxError
from django.template.loader import get_template
from django.template.utils import get_app_template_dirs
from django.utils.translation import gettext, override
from gunicorn.arbiter import Arbiter

ROOT = Path(__file__).resolve().parents[2]

wsgi_app = "forecourt.config.wsgi:application"
worker_class = "gthread"
workers = 2
threads = 4
timeout = 60
graceful_timeout = 10
keepalive = 30
loglevel = "warning"
proc_name = "forecourt"
# DEBUG=1 make run: code is loaded again when it changes, so it cannot be loaded beforehand.
reload = os.environ.get("DEBUG", "").lower() in {"1", "true", "yes", "on"}
preload_app = not reload
if os.access("/dev/shm", os.W_OK):
    worker_tmp_dir = str(Path("/dev/shm"))


def when_ready(server: Arbiter) -> None:
    """Load what a first request would load; called before the workers are forked."""
    if not preload_app:
        return
    for urls in (settings.PUBLIC_SCHEMA_URLCONF, settings.ROOT_URLCONF):
        import_module(urls)
    for language, _name in settings.LANGUAGES:
        with override(language):
            gettext("Save")
    for name in our_templates():
        with suppress(TemplateSyntaxError, TemplateDoesNotExist):  # its own page will tell
            get_template(name)
    # A connection cannot be shared by processes.
    connections.close_all()


def our_templates() -> Iterator[str]:
    """The names of the templates in this repository."""
    for folder in map(Path, get_app_template_dirs("templates")):
        if folder.is_relative_to(ROOT) and "site-packages" not in folder.parts:
            for path in folder.rglob("*.html"):
                yield str(path.relative_to(folder))
