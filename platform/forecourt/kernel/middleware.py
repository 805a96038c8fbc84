"""Outermost middleware: health answers for probes that know no host name, and the request log."""

import logging
import time
import uuid
from collections.abc import Callable
from typing import Any

from celery import current_app
from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connections
from django.http import HttpRequest, HttpResponse, JsonResponse

from forecourt.kernel.logs import request_context
from forecourt.kernel.remembered import remembering

logger = logging.getLogger("forecourt.request")
PROOFS = frozenset({"token", "uidb36"})
"""Parts of addresses that prove who has them, by the names that routes give them."""
GetResponse = Callable[[HttpRequest], HttpResponse]


class HealthMiddleware:
    """``/healthz``: this process answers. ``/readyz``: so do database, cache and queue."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == "/healthz":
            return JsonResponse({"status": "ok"})
        if request.path == "/readyz":
            parts = readiness()
            ready = all(state == "ok" for name, state in parts.items() if name not in _told_only)
            return JsonResponse(
                {"status": "ok" if ready else "unavailable", **parts}, status=200 if ready else 503
            )
        return self.get_response(request)


_further: dict[str, Callable[[], str]] = {}
_told_only: set[str] = set()


def register_readiness(name: str, state: Callable[[], str], *, decides: bool = True) -> None:
    """Have ``/readyz`` ask for a further part; anything but ``ok`` is not ready.

    A part that does not decide is told alone: without it the product goes on, in part.
    """
    _further[name] = state
    if not decides:
        _told_only.add(name)


def readiness() -> dict[str, str]:
    parts = {
        "database": _database_state(),
        "migrations": _migration_state(),
        "cache": _cache_state(),
        "broker": _broker_state(),
    }
    return parts | {name: _further_state(state) for name, state in _further.items()}


def _further_state(state: Callable[[], str]) -> str:
    try:
        return state()
    except DatabaseError:
        return "unreachable"


def _database_state() -> str:
    try:
        for alias in ("default", "control"):
            with connections[alias].cursor() as cursor:
                cursor.execute("SELECT 1")
    except DatabaseError:
        return "unreachable"
    return "ok"


def _migration_state() -> str:
    """Whether the public schema has every migration that this code expects."""
    from django.db.migrations.loader import MigrationLoader  # noqa: PLC0415 - needs loaded apps
    from django.db.migrations.recorder import MigrationRecorder  # noqa: PLC0415

    try:
        connections["default"].set_schema_to_public()
        applied = set(MigrationRecorder(connections["default"]).applied_migrations())
        if settings.CONTROL_IS_SEPARATE:
            applied |= set(MigrationRecorder(connections["control"]).applied_migrations())
    except DatabaseError:
        return "unreachable"
    expected = {
        key
        for key in MigrationLoader(None, ignore_no_migrations=True).disk_migrations
        if key[0] in settings.CONTROL_APP_LABELS
    }
    return "ok" if expected <= applied else "pending"


def _cache_state() -> str:
    try:
        cache.set("readyz", "1", 10)
        return "ok" if cache.get("readyz") == "1" else "unreachable"
    except Exception:
        logger.exception("cache unreachable")
        return "unreachable"


def _broker_state() -> str:
    try:
        with current_app.connection_for_write(connect_timeout=2) as broker:
            broker.ensure_connection(max_retries=1, timeout=2)
    except Exception:
        logger.exception("broker unreachable")
        return "unreachable"
    return "ok"


class RequestLogMiddleware:
    """Gives each request an id, answers it as ``X-Request-ID``, and logs one line at the end."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = uuid.uuid4().hex
        context: dict[str, Any] = {"request_id": request_id}
        token = request_context.set(context)
        started = time.perf_counter()
        try:
            response = self.get_response(request)
            tenant = getattr(request, "tenant", None)
            actor = getattr(request, "actor", None)
            context["tenant"] = getattr(tenant, "schema_name", None)
            context["user"] = getattr(actor, "user_id", None)
            logger.info(
                "request",
                extra={
                    "method": request.method,
                    "path": _without_proofs(request),
                    "status": response.status_code,
                    "milliseconds": round((time.perf_counter() - started) * 1000, 1),
                },
            )
        finally:
            request_context.reset(token)
        response["X-Request-ID"] = request_id
        return response


def _without_proofs(request: HttpRequest) -> str:
    """The path for the log: where a part of it is a proof by itself, that is left out."""
    path, match = request.path, request.resolver_match
    for name, value in (match.kwargs if match else {}).items():
        if name in PROOFS:
            path = path.replace(str(value), "***")
    return path


class RememberingMiddleware:
    """One request sees one state of what its group remembers, and asks for it once at most."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with remembering():
            return self.get_response(request)
