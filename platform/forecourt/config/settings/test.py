"""Tests: an embedded PostgreSQL of their own, and control tables in a second database.

The second database makes a statement that joins a group's table with a control table, or a
transaction that silently spans both, fail in the suite rather than on the day the two are parted.
tests/conftest.py starts the server and gives every worker databases of its own.
"""

import os
from pathlib import Path

os.environ.setdefault("FORECOURT_HOME", "var/test")
os.environ.setdefault("LOG_LEVEL", "WARNING")

from forecourt.config import embedded
from forecourt.config.settings.base import *  # noqa: F403
from forecourt.config.settings.base import FORECOURT_HOME, databases

SECRET_KEY = "test-only-" + "x" * 50
MEDIA_ROOT = Path(os.environ.get("TEST_FILES", FORECOURT_HOME / "files"))
MASTER_KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
CONTROL_IS_SEPARATE = True
_home = Path(os.environ["FORECOURT_HOME"]).resolve()


def _url(role: str, database: str) -> str:
    return embedded.database_url(_home, database, role)


DATABASES = databases(
    url=_url("forecourt_app", "forecourt"),
    owner_url=_url("forecourt_owner", "forecourt"),
    control_url=_url("forecourt_app", "forecourt_control"),
    control_owner_url=_url("forecourt_owner", "forecourt_control"),
)
CACHES = {
    "default": {
        "BACKEND": "forecourt.kernel.cache.MemoryCache",
        "KEY_FUNCTION": "django_tenants.cache.make_key",
        "REVERSE_KEY_FUNCTION": "django_tenants.cache.reverse_key",
    }
}
EGRESS_ALLOW_LOOPBACK = True
CELERY_BROKER_URL = "memory://"
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {  # noqa: F405
    "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
}
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
LOCAL_MAIL_PAGE = True
DEMO_SIGN_INS = False
WHITENOISE_AUTOREFRESH = True
