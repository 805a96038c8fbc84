"""Settings of the worker that tests start: the test databases, a real queue, one handler."""

import os
import time
import uuid
from pathlib import Path

from forecourt.config import embedded
from forecourt.config.settings.base import databases
from forecourt.config.settings.test import *  # noqa: F403

DATABASES = databases(
    url=os.environ["TEST_GROUPS"],
    owner_url=os.environ["TEST_GROUPS"],
    control_url=os.environ["TEST_CONTROL"],
    control_owner_url=os.environ["TEST_CONTROL"],
)
CELERY_BROKER_URL = os.environ["TEST_BROKER"]
CELERY_BROKER_TRANSPORT_OPTIONS = embedded.broker_options(CELERY_BROKER_URL)
CELERY_TASK_ALWAYS_EAGER = False
CELERY_TASK_ROUTES = {"tests.kernel.marking.tasks.dawdle": {"queue": "files"}}
INSTALLED_APPS = [*INSTALLED_APPS, "tests.kernel.marking"]  # noqa: F405
MARKS = Path(os.environ["TEST_MARKS"])


def MARK(key: str) -> None:  # noqa: N802 - settings are upper case
    """Leave a file for each delivery, slowly enough to be killed in between."""
    (MARKS / f"{key}.{uuid.uuid4().hex}").touch()
    time.sleep(0.05)
