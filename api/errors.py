"""Refusals as problem documents (RFC 9457), whichever part of the machinery refuses."""

import logging
from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import (
    BadRequest,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.core.signals import got_request_exception
from django.db import OperationalError
from django.http import Http404
from django.utils.encoding import force_str
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import exceptions
from rest_framework.response import Response

from forecourt.kernel.errors import DomainError

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
TYPE_BASE = "/api/v1/docs/#problem-"

TITLES: dict[int, Promise] = {
    400: gettext_lazy("The request cannot be read"),
    401: gettext_lazy("Sign-in needed"),
    402: gettext_lazy("Payment needed"),
    403: gettext_lazy("Not permitted"),
    404: gettext_lazy("Not found"),
    405: gettext_lazy("Method not allowed"),
    406: gettext_lazy("Format not available"),
    409: gettext_lazy("Conflict"),
    412: gettext_lazy("Changed in the meantime"),
    413: gettext_lazy("Too large"),
    415: gettext_lazy("Format not understood"),
    422: gettext_lazy("The input is not valid"),
    428: gettext_lazy("Condition needed"),
    429: gettext_lazy("Too many requests"),
    500: gettext_lazy("Internal error"),
}
GENERAL_CODES: dict[int, str] = {
    400: "unreadable",
    401: "not_authenticated",
    402: "payment_needed",
    403: "not_permitted",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    409: "conflict",
    412: "precondition_failed",
    413: "too_large",
    415: "unsupported_media_type",
    422: "invalid",
    428: "precondition_required",
    429: "rate_limited",
    500: "internal_error",
}
LOCK_STATES = {"55P03", "40P01", "40001"}
"""SQL states of a lock that was not to be had in time, and of a deadlock: come again."""


class PreconditionFailed(exceptions.APIException):
    status_code = 412
    default_code = "precondition_failed"
    default_detail = gettext_lazy("The record has changed since you read it. Read it again.")


class PreconditionRequired(exceptions.APIException):
    status_code = 428
    default_code = "precondition_required"
    default_detail = gettext_lazy("Send If-Match with the ETag of the record that you read.")


class TooLarge(exceptions.APIException):
    status_code = 413
    default_code = "too_large"
    default_detail = gettext_lazy("The request is too large.")


def problem_response(error: Exception, context: dict[str, Any]) -> Response:
    """The answer to anything that was raised; DRF's exception handler."""
    headers: dict[str, str] = {}
    if isinstance(error, DomainError):
        problem = _problem(
            error.status, error.code, error.message, field=error.field, errors=_errors_of(error)
        )
    elif isinstance(error, exceptions.ValidationError):
        problem = _validation_problem(error)
    elif (known := _as_api_exception(error)) is not None:
        problem = _problem(known.status_code, _code_of(known), force_str(known.detail))
        headers = _headers_of(known)
    elif _is_lost_lock(error):
        problem = _problem(409, "busy", _("Somebody else is changing this. Try again in a moment."))
        headers = {"Retry-After": "1"}
    else:
        problem = _internal_error(error, context)
    return Response(problem, status=problem["status"], headers=headers, content_type=CONTENT_TYPE)


def _problem(
    status: int,
    code: str,
    detail: str,
    *,
    field: str | None = None,
    errors: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    problem: dict[str, Any] = {
        "type": f"{TYPE_BASE}{code}",
        "title": str(TITLES.get(status, TITLES[500 if status >= 500 else 400])),
        "status": status,
        "detail": detail,
        "code": code,
    }
    if field:
        problem["field"] = field
        errors = errors or [{"field": field, "code": code, "detail": detail}]
    if errors:
        problem["errors"] = errors
    return problem


def _errors_of(refusal: DomainError) -> list[dict[str, str]] | None:
    """Every field of a refusal that names several."""
    errors = getattr(refusal, "errors", None)
    if not errors:
        return None
    return [
        {"field": name, "code": refusal.code, "detail": message} for name, message in errors.items()
    ]


def _validation_problem(error: exceptions.ValidationError) -> dict[str, Any]:
    errors = list(_flat(error.detail))
    first = errors[0]
    detail = first["detail"] if len(errors) == 1 else _("Some values are not valid.")
    return _problem(422, "invalid", detail, field=first["field"] or None, errors=errors)


def _flat(detail: Any, path: str = "") -> Iterator[dict[str, str]]:
    """Every message with the path of its field: ``phones.0.number``."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            step = "" if name == "non_field_errors" else str(name)
            yield from _flat(inner, ".".join(part for part in (path, step) if part))
    elif isinstance(detail, (list, tuple)):
        nested = any(isinstance(inner, (Mapping, list)) for inner in detail)
        for position, inner in enumerate(detail):
            yield from _flat(inner, f"{path}.{position}".lstrip(".") if nested else path)
    else:
        code = getattr(detail, "code", None) or "invalid"
        yield {"field": path, "code": code, "detail": force_str(detail)}


def _as_api_exception(error: Exception) -> exceptions.APIException | None:
    if isinstance(error, exceptions.APIException):
        return error
    if isinstance(error, Http404):
        return exceptions.NotFound(_("There is no such record, or it is not yours to see."))
    if isinstance(error, PermissionDenied):
        return exceptions.PermissionDenied()
    if isinstance(error, RequestDataTooBig):
        return TooLarge()
    if isinstance(error, (SuspiciousOperation, BadRequest)):
        return exceptions.ParseError()
    return None


def _code_of(error: exceptions.APIException) -> str:
    """The exception's own code where it says more than its status does."""
    general = GENERAL_CODES.get(error.status_code, "refused")
    codes = error.get_codes()
    if not isinstance(codes, str) or codes == type(error).default_code:
        return general
    return codes


def _headers_of(error: exceptions.APIException) -> dict[str, str]:
    headers: dict[str, str] = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    wait = getattr(error, "wait", None)
    if wait:
        headers["Retry-After"] = str(int(wait))
    return headers


def _is_lost_lock(error: Exception) -> bool:
    return (
        isinstance(error, OperationalError)
        and getattr(error.__cause__, "sqlstate", None) in LOCK_STATES
    )


def _internal_error(error: Exception, context: dict[str, Any]) -> dict[str, Any]:
    """A bug: tell the log and the error tracker, and the caller nothing of it."""
    request = getattr(context.get("request"), "_request", None)
    logger.error("API request failed", exc_info=error)
    got_request_exception.send(sender=problem_response, request=request)
    return _problem(500, "internal_error", _("Something went wrong with us. We were told of it."))
