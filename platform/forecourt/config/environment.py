"""Typed access to environment variables; each helper refuses what it does not understand.

Settings are the only place that reads the environment, and they read it through here, so that a
wrong value stops the start with a message that names the variable.
"""

import os
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.core.exceptions import ImproperlyConfigured
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

TRUE_WORDS = {"1", "true", "yes", "on"}
FALSE_WORDS = {"0", "false", "no", "off", ""}


def text(name: str, default: str | None = None) -> str:
    """The variable's value; without a default a missing or empty one is refused."""
    value = os.environ.get(name, "").strip()
    if value:
        return value
    if default is None:
        raise ImproperlyConfigured(f"The environment variable {name} must be set.")
    return default


def boolean(name: str, default: bool) -> bool:
    value = os.environ.get(name)
    if value is None:
        return default
    word = value.strip().lower()
    if word in TRUE_WORDS:
        return True
    if word in FALSE_WORDS:
        return False
    raise ImproperlyConfigured(f"{name} must be one of true, false, 1, 0, not {value!r}.")


def integer(name: str, default: int) -> int:
    value = os.environ.get(name, "").strip()
    if not value:
        return default
    try:
        return int(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.") from error


def store_origins() -> list[str]:
    """Where browsers send files to and fetch them from: the S3 store, in both ways of addressing.

    Empty without S3; files then come from the group's own address.
    """
    bucket = text("S3_BUCKET", "")
    if not bucket:
        return []
    endpoint = text("S3_PUBLIC_ENDPOINT_URL", "") or text("S3_ENDPOINT_URL", "")
    endpoints = [urlsplit(endpoint)] if endpoint else _amazons()
    if not all(found.netloc and found.scheme in ("http", "https") for found in endpoints):
        raise ImproperlyConfigured("S3_ENDPOINT_URL must be an address such as https://s3.example.")
    return [
        f"{found.scheme}://{host}"
        for found in endpoints
        for host in (found.netloc, f"{bucket}.{found.netloc}")
    ]


def _amazons() -> list[SplitResult]:
    """Amazon's own addresses: of the region, and the old one of its first region."""
    region = text("AWS_DEFAULT_REGION", "us-east-1")
    domain = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return [urlsplit(f"https://s3.{region}.{domain}"), urlsplit(f"https://s3.{domain}")]


def database(name: str, url: str, *, engine: str, **extra: Any) -> dict[str, Any]:
    """Django's settings for a ``postgresql://`` address (a socket folder may stand in ``host``)."""
    try:
        parts = conninfo_to_dict(url)
    except ProgrammingError as error:
        raise ImproperlyConfigured(f"{name} is not a PostgreSQL address: {error}") from error
    if not parts.get("dbname"):
        raise ImproperlyConfigured(f"{name} names no database.")
    options = {
        key: value
        for key, value in parts.items()
        if key not in {"host", "port", "user", "password", "dbname"}
    }
    return {
        "ENGINE": engine,
        "NAME": parts["dbname"],
        "HOST": parts.get("host", ""),
        "PORT": parts.get("port", ""),
        "USER": parts.get("user", ""),
        "PASSWORD": parts.get("password", ""),
        "OPTIONS": options,
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        **extra,
    }
