"""The product on one machine: embedded database, queue and file store, mail into a folder.

What the environment already names (``DATABASE_URL``, ``CELERY_BROKER_URL``, ``S3_BUCKET`` …)
replaces the embedded part of the same kind.
"""

import os

from forecourt.config import embedded, environment

for _name, _value in embedded.environment().items():
    os.environ.setdefault(_name, _value)

from forecourt.config.settings.base import *  # noqa: E402, F403
from forecourt.config.settings.base import databases  # noqa: E402

DEBUG = environment.boolean("DEBUG", False)
SECRET_KEY = environment.text("SECRET_KEY")
CONTROL_IS_SEPARATE = bool(environment.text("CONTROL_DATABASE_URL", ""))
_url = environment.text("DATABASE_URL")
_owner_url = environment.text("DATABASE_OWNER_URL", _url)
DATABASES = databases(
    url=_url,
    owner_url=_owner_url,
    control_url=environment.text("CONTROL_DATABASE_URL", _url),
    control_owner_url=environment.text("CONTROL_DATABASE_OWNER_URL", _owner_url),
)
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = FORECOURT_HOME / "mail"  # noqa: F405
# Passkeys need a secure context; browsers count http://*.localhost as one, the library does not.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
LOCAL_MAIL_PAGE = True
DEMO_SIGN_INS = True
# One's own machine: the limits are told, and far away.
API_RATE_PER_TOKEN = environment.integer("API_RATE_PER_TOKEN", 1_000_000)
API_RATE_PER_GROUP = environment.integer("API_RATE_PER_GROUP", 1_000_000)
