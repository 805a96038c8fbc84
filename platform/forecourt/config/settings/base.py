"""Settings that hold everywhere; dev, test and prod say what differs.

Every value that an installation may choose is read from the environment here, through helpers that
refuse what they do not understand (:mod:`forecourt.config.environment`).
"""

from importlib.util import find_spec
from pathlib import Path

from csp.constants import NONCE, NONE, SELF
from django.utils.translation import gettext_lazy as _
from kombu import Queue

from forecourt.config import embedded, environment, monitoring

FORECOURT_HOME = Path(environment.text("FORECOURT_HOME", "var")).resolve()
BASE_DOMAIN = environment.text("BASE_DOMAIN", "localhost")
PORT = environment.integer("PORT", 8000)
DEBUG = False

# --- Applications -------------------------------------------------------------------------------
# The platform's apps live in the public schema, the modules in each group's. Accounts and sessions
# stand in both: a group's staff and the platform's operators are the same model in separate tables.

ACCOUNT_APPS = [
    "django.contrib.sessions",
    "forecourt.accounts",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
]
MODULES = [
    "apps.organisation",
    "apps.notifications",
    "apps.approvals",
    "apps.documents",
    "apps.discussions",
    "apps.crm",
    "apps.vehicles",
    "apps.marketing",
    "apps.care",
    "apps.sales",
    "apps.headquarters",
]
SHARED_APPS = [
    "django_tenants",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    *ACCOUNT_APPS,
    "tenants",
    "billing",
    "forecourt.support",
    "forecourt.operators",
]
TENANT_APPS = [*ACCOUNT_APPS, "forecourt.kernel", *MODULES]
INSTALLED_APPS = [
    *[app for app in SHARED_APPS if app not in ACCOUNT_APPS],
    "django.contrib.humanize",
    "django.contrib.postgres",
    "django_htmx",
    "django_cotton",
    "csp",
    "rest_framework",
    "drf_spectacular",
    *TENANT_APPS,
    "forecourt.ui",
    "api",
]
CONTROL_APP_LABELS = {"tenants", "billing", "support", "operators"}
# Permissions are ours (forecourt.kernel.access): Django's own tables would be paid for once a group
# and used by nobody.
UNMIGRATED_APP_LABELS = {"auth", "contenttypes"}

# --- Groups -------------------------------------------------------------------------------------
TENANT_MODEL = "tenants.DealerGroup"
GROUP_SOURCE = "tenants.directory.group_in"
TENANT_DOMAIN_MODEL = "tenants.Domain"
PUBLIC_SCHEMA_NAME = "public"
ROOT_URLCONF = "forecourt.config.urls_group"
PUBLIC_SCHEMA_URLCONF = "forecourt.config.urls_public"
# Safe because connections are direct (no transaction pooler between us and the server).
TENANT_LIMIT_SET_CALLS = True
TENANT_SYNC_ROUTER = "forecourt.kernel.db.router.PlacementRouter"
DATABASE_ROUTERS = [TENANT_SYNC_ROUTER]
GROUP_BACKEND = "forecourt.kernel.db.backend"
CONTROL_BACKEND = "django.db.backends.postgresql"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"


def databases(*, url: str, owner_url: str, control_url: str, control_owner_url: str) -> dict:
    """The four aliases of :mod:`forecourt.kernel.db.router` from their addresses."""
    public_only = {"options": "-c search_path=public"}
    aliases = {
        "default": environment.database("DATABASE_URL", url, engine=GROUP_BACKEND),
        "owner": environment.database("DATABASE_OWNER_URL", owner_url, engine=GROUP_BACKEND),
        "control": environment.database(
            "CONTROL_DATABASE_URL", control_url, engine=CONTROL_BACKEND
        ),
        "control_owner": environment.database(
            "CONTROL_DATABASE_OWNER_URL", control_owner_url, engine=CONTROL_BACKEND
        ),
    }
    # The server parses and plans a statement once a connection instead of each time. It does so
    # again when the search_path has changed, so a prepared statement is of the group entered.
    aliases["default"]["OPTIONS"].update(server_side_binding=True, prepare_threshold=3)
    for alias in ("control", "control_owner"):
        aliases[alias]["OPTIONS"].update(public_only)
    for alias in ("owner", "control_owner"):
        aliases[alias]["CONN_MAX_AGE"] = 0
    return aliases


# --- Requests -----------------------------------------------------------------------------------
MIDDLEWARE = [
    "forecourt.kernel.middleware.HealthMiddleware",
    "forecourt.kernel.middleware.RequestLogMiddleware",
    "tenants.middleware.HostMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    # Pages too are sent compressed; Django adds a random length against guessing (BREACH).
    "django.middleware.gzip.GZipMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "forecourt.kernel.middleware.RememberingMiddleware",
    "tenants.middleware.GroupMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "forecourt.accounts.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "forecourt.accounts.middleware.DeviceMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "apps.organisation.middleware.ActorMiddleware",
    "forecourt.support.middleware.SupportMiddleware",
    "forecourt.operators.middleware.OperatorMiddleware",
    "forecourt.ui.middleware.DomainErrorMiddleware",
    "billing.middleware.StandingMiddleware",
    "forecourt.accounts.middleware.SecondFactorMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "forecourt.ui.context.page",
            ],
        },
    },
]
WSGI_APPLICATION = "forecourt.config.wsgi.application"
ASGI_APPLICATION = "forecourt.config.asgi.application"
# Groups have host names of their own: the middleware answers at those alone that it knows.
ALLOWED_HOSTS = ["*"]
DNS_SERVERS = environment.text("DNS_SERVERS", "").split()
"""IP addresses of name servers that prove groups' own domains; empty: the machine's own."""
DNS_PORT = environment.integer("DNS_PORT", 53)
APPEND_SLASH = True
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000

# --- Signing in ---------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
# Who an account is and what she may do, for background work (forecourt.kernel.actors).
ACTOR_SOURCE = "apps.organisation.queries.actor_for_user"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "forecourt.accounts.adapters.AccountAdapter"
MFA_ADAPTER = "forecourt.accounts.adapters.MFAAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_CONFIRMATION_HMAC = False
# Its own migrations give two tables integer keys, which a distributed database cannot widen later.
ALLAUTH_DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
MIGRATION_MODULES = {"account": "forecourt.accounts.migrations_of_allauth"}
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "http"
# A reset asked for an unknown address answers the same and sends nothing to strangers.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/5m/key"}
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "forecourt.accounts.tokens.GroupTokenGenerator"  # noqa: S105
ACCOUNT_FORMS = {
    "login": "forecourt.accounts.forms.SignInForm",
    "reauthenticate": "forecourt.accounts.forms.ConfirmPasswordForm",
    "reset_password": "forecourt.accounts.forms.AskResetForm",
    "reset_password_from_key": "forecourt.accounts.forms.ResetPasswordForm",
    "change_password": "forecourt.accounts.forms.ChangePasswordForm",
}
PASSWORD_RESET_TIMEOUT = 2 * 3600
# How many proxies of our own stand in front and add to X-Forwarded-For.
ALLAUTH_TRUSTED_PROXY_COUNT = environment.integer("TRUSTED_PROXY_COUNT", 0)
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_TOLERANCE = 1
MFA_FORMS = {
    "authenticate": "forecourt.accounts.forms.SecondFactorForm",
    "reauthenticate": "forecourt.accounts.forms.ConfirmFactorForm",
    "activate_totp": "forecourt.accounts.forms.AddAppForm",
    "add_webauthn": "forecourt.accounts.forms.AddPasskeyForm",
    "edit_webauthn": "forecourt.accounts.forms.RenamePasskeyForm",
}
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 14 * 24 * 3600
# Never a cookie for the whole domain: each group's address has cookies of its own.
SESSION_COOKIE_DOMAIN = None
CSRF_COOKIE_DOMAIN = None
CSRF_FAILURE_VIEW = "forecourt.ui.views.csrf_failure"

# --- Security headers ---------------------------------------------------------------------------
STORE_ORIGINS = environment.store_origins()
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:", "blob:", *STORE_ORIGINS],
        "media-src": [SELF, *STORE_ORIGINS],
        "frame-src": [SELF, *STORE_ORIGINS],
        "font-src": [SELF],
        "connect-src": [SELF, *STORE_ORIGINS],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [SELF],
        "object-src": [NONE],
        "worker-src": [SELF],
        "manifest-src": [SELF],
    },
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# --- Language, time, money ----------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True
DEFAULT_CURRENCY = "CNY"
FORMAT_MODULE_PATH = ["forecourt.ui.formats"]
# Our words win over those of libraries that translate the same English text differently.
LOCALE_PATHS = [
    Path(str(found.origin)).parent / "locale"
    for app in INSTALLED_APPS
    if app.split(".")[0] in ("forecourt", "tenants", "billing", "apps", "api")
    and (found := find_spec(app)) is not None
]

# --- Static and stored files --------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = FORECOURT_HOME / "static"
STORAGES = {
    "default": {"BACKEND": "forecourt.kernel.storage.LocalGroupStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
MEDIA_ROOT = FORECOURT_HOME / "files"
if environment.text("S3_BUCKET", ""):
    STORAGES["default"] = {"BACKEND": "forecourt.kernel.storage.s3.S3GroupStorage"}
S3_ENDPOINT_URL = environment.text("S3_ENDPOINT_URL", "")
S3_BUCKET = environment.text("S3_BUCKET", "")
# Where browsers reach the store, when that is another address than the servers'.
S3_PUBLIC_ENDPOINT_URL = environment.text("S3_PUBLIC_ENDPOINT_URL", "")
# auto, path or virtual: whether the bucket stands in the path or in the host name.
S3_ADDRESSING_STYLE = environment.text("S3_ADDRESSING_STYLE", "auto")
# AES256, none, or the id of a key of the store's key service.
S3_ENCRYPTION = environment.text("S3_ENCRYPTION", "AES256")
S3_CONNECT_SECONDS = environment.integer("S3_CONNECT_SECONDS", 5)
S3_READ_SECONDS = environment.integer("S3_READ_SECONDS", 30)
# tcp://host:3310 or unix:///path: the ClamAV that must have seen a file before anybody gets it.
CLAMAV_ADDRESS = environment.text("CLAMAV_ADDRESS", "")
# What a group may keep where its plan says nothing; 0 is without bound.
FILES_QUOTA_GIGABYTES = environment.integer("FILES_QUOTA_GIGABYTES", 200)

# --- Cache and background work ------------------------------------------------------------------


def caches(url: str) -> dict:
    """One shared cache, keys prefixed by the group's schema; without Redis a folder of files."""
    keys = {
        "KEY_FUNCTION": "django_tenants.cache.make_key",
        "REVERSE_KEY_FUNCTION": "django_tenants.cache.reverse_key",
    }
    if url:
        return {
            "default": {
                "BACKEND": "forecourt.kernel.cache.RedisCache",
                "LOCATION": url,
                **keys,
            }
        }
    return {
        "default": {
            "BACKEND": "forecourt.kernel.cache.FolderCache",
            "LOCATION": FORECOURT_HOME / "cache",
            **keys,
        }
    }


CACHES = caches(environment.text("CACHE_URL", ""))
CELERY_BROKER_URL = environment.text("CELERY_BROKER_URL", "")
CELERY_BROKER_TRANSPORT_OPTIONS = embedded.broker_options(CELERY_BROKER_URL)
# A worker takes from both in turn, and no more than it does at once: a flood of files does not
# hold up the import for which somebody waits.
CELERY_TASK_QUEUES = [Queue(name, routing_key=name) for name in ("celery", "files")]
CELERY_TASK_ROUTES = {
    # Of files that are there already: a first start makes thousands of them.
    "forecourt.kernel.files.checking.describe_file": {"queue": "files"},
}
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULE_FILENAME = str(FORECOURT_HOME / "celerybeat-schedule")

# --- Mail ---------------------------------------------------------------------------------------
DEFAULT_FROM_EMAIL = environment.text("DEFAULT_FROM_EMAIL", f"Forecourt <no-reply@{BASE_DOMAIN}>")
EMAIL_SUBJECT_PREFIX = ""

# --- Calls to other people's servers ------------------------------------------------------------
# Whether addresses that people enter may be on this machine (forecourt.kernel.egress).
EGRESS_ALLOW_LOOPBACK = environment.boolean("EGRESS_ALLOW_LOOPBACK", False)
# Only tests, whose servers stand on this machine, name others.
NOTIFICATION_PROVIDERS = {
    "tencent": "https://sms.tencentcloudapi.com",
    "aliyun": "https://dysmsapi.aliyuncs.com",
    "wecom": "https://qyapi.weixin.qq.com",
    "dingtalk": "https://oapi.dingtalk.com",
    "feishu": "https://open.feishu.cn",
}

# --- Subscriptions ------------------------------------------------------------------------------
# Without a key nobody pays: every group is on a trial that does not end.
STRIPE_SECRET_KEY = environment.text("STRIPE_SECRET_KEY", "")
STRIPE_WEBHOOK_SECRET = environment.text("STRIPE_WEBHOOK_SECRET", "")
# Another address than Stripe's own: the stand-in (`make stripe`).
STRIPE_API_BASE = environment.text("STRIPE_API_BASE", "")

# --- API ----------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "api.authentication.TokenAuthentication",
        "api.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["api.permissions.IsStaffMember"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "api.errors.problem_response",
    "UNAUTHENTICATED_USER": None,
    "COERCE_DECIMAL_TO_STRING": True,
}
# Requests a minute; 0 is without limit.
API_RATE_PER_TOKEN = environment.integer("API_RATE_PER_TOKEN", 3_000)
API_RATE_PER_GROUP = environment.integer("API_RATE_PER_GROUP", 12_000)
SPECTACULAR_SETTINGS = {
    "TITLE": "Forecourt API",
    "VERSION": "v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    # Choices stand where they are used; named apart they would need a name each.
    "POSTPROCESSING_HOOKS": [],
}

# --- Logs ---------------------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "forecourt.kernel.logs.JsonFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": environment.text("LOG_LEVEL", "INFO")},
    "loggers": {
        "django.server": {"handlers": ["console"], "propagate": False},
        "django.security.DisallowedHost": {"level": "ERROR"},
        # Each call is two lines at INFO.
        "stripe": {"level": "WARNING"},
        # A seal that does not hold is an answer, not a fault of ours.
        "pyhanko": {"level": "CRITICAL"},
    },
}
SENTRY_DSN = environment.text("SENTRY_DSN", "")
MASTER_KEY = environment.text("MASTER_KEY", "")
# Another address of AWS KMS than its region's own; empty for that.
KMS_ENDPOINT_URL = environment.text("KMS_ENDPOINT_URL", "")
# The public schema's data key (forecourt.kernel.crypto).
PLATFORM_KEY_SOURCE = "tenants.keys.platform_key"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
INSTALLED_APPS.append("django.forms")
# E-mail addresses are unique by a constraint over their lower case, which the check cannot see.
SILENCED_SYSTEM_CHECKS = ["auth.W004"]
if SENTRY_DSN:
    monitoring.start(SENTRY_DSN)
