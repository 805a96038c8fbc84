"""The test settings with one module more, which a real one would write into base.py."""

import os
from pathlib import Path

import api.v1
import apps
from forecourt.config.settings.test import *  # noqa: F403
from forecourt.config.settings.test import DATABASES, INSTALLED_APPS, LOCALE_PATHS, TENANT_APPS

# The folders of this example stand in for files that would lie in apps/ and api/v1/ themselves.
_here = Path(__file__).resolve().parent
apps.__path__.append(str(_here / "apps"))
api.v1.__path__.append(str(_here / "api" / "v1"))

TENANT_APPS = [*TENANT_APPS, "apps.loaners"]
INSTALLED_APPS = [*INSTALLED_APPS, "apps.loaners"]
LOCALE_PATHS = [*LOCALE_PATHS, _here / "apps" / "loaners" / "locale"]
ROOT_URLCONF = "docs.example.urls"

for _alias, _database in DATABASES.items():
    _name = "CONTROL_DATABASE" if _alias.startswith("control") else "GROUP_DATABASE"
    _database["NAME"] = os.environ.get(_name, _database["NAME"])
