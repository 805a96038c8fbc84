"""The test settings of the release that FORECOURT_LATER names, for processes of their own."""

import os

from forecourt.config.settings.test import *  # noqa: F403
from forecourt.config.settings.test import DATABASES, MIGRATION_MODULES

MIGRATION_MODULES = {**MIGRATION_MODULES, "kernel": "tests.tenancy.later"}
for _alias, _database in DATABASES.items():
    _name = "CONTROL_DATABASE" if _alias.startswith("control") else "GROUP_DATABASE"
    _database["NAME"] = os.environ[_name]
