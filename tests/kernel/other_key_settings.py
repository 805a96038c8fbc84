"""The test settings with another master key, for processes that must refuse to start."""

import os

from forecourt.config.settings.test import *  # noqa: F403
from forecourt.config.settings.test import DATABASES

MASTER_KEY = os.environ["OTHER_MASTER_KEY"]
for _alias, _database in DATABASES.items():
    _database["NAME"] = os.environ[
        "TEST_CONTROL" if _alias.startswith("control") else "TEST_GROUPS"
    ]
