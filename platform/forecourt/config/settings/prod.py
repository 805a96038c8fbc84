"""The hosted service: every part named by the environment, nothing insecure accepted."""

from django.core.exceptions import ImproperlyConfigured

from forecourt.config import environment
from forecourt.config.settings.base import *  # noqa: F403
from forecourt.config.settings.base import databases

DEBUG = environment.boolean("DEBUG", False)
if DEBUG:
    raise ImproperlyConfigured("DEBUG must be off in production.")
SECRET_KEY = environment.text("SECRET_KEY")
if len(SECRET_KEY) < 50:
    raise ImproperlyConfigured("SECRET_KEY must be a random text of at least 50 characters.")
MASTER_KEY = environment.text("MASTER_KEY")
CONTROL_IS_SEPARATE = bool(environment.text("CONTROL_DATABASE_URL", ""))
_url = environment.text("DATABASE_URL")
_owner_url = environment.text("DATABASE_OWNER_URL")
DATABASES = databases(
    url=_url,
    owner_url=_owner_url,
    control_url=environment.text("CONTROL_DATABASE_URL", _url),
    control_owner_url=environment.text("CONTROL_DATABASE_OWNER_URL", _owner_url),
)
if DATABASES["default"]["USER"] == DATABASES["owner"]["USER"]:
    raise ImproperlyConfigured(
        "DATABASE_URL and DATABASE_OWNER_URL must name two roles: the application's own role may "
        "neither run DDL nor change append-only tables."
    )
CACHES = caches(environment.text("CACHE_URL"))  # noqa: F405
CELERY_BROKER_URL = environment.text("CELERY_BROKER_URL")
SECURE_SSL_REDIRECT = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = environment.integer("HSTS_SECONDS", 365 * 24 * 3600)
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken"
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https"
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = environment.text("EMAIL_HOST", "localhost")
EMAIL_PORT = environment.integer("EMAIL_PORT", 25)
EMAIL_HOST_USER = environment.text("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = environment.text("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = environment.boolean("EMAIL_USE_TLS", False)
LOCAL_MAIL_PAGE = False
EGRESS_ALLOW_LOOPBACK = False
DEMO_SIGN_INS = False
