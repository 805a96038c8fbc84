"""Settings of the processes that tests start side by side: the test databases, a shared cache."""

import os

from forecourt.config.settings.base import databases
from forecourt.config.settings.test import *  # noqa: F403
from forecourt.config.settings.test import CACHES

DATABASES = databases(
    url=os.environ["TEST_GROUPS"],
    owner_url=os.environ["TEST_GROUPS"],
    control_url=os.environ["TEST_CONTROL"],
    control_owner_url=os.environ["TEST_CONTROL"],
)
CACHES["default"] |= {
    "BACKEND": "forecourt.kernel.cache.FolderCache",
    "LOCATION": os.environ["TEST_CACHE"],
}
