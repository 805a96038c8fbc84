"""Addresses of one's own uploads, as the upload component speaks to them (docs/files.md)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from forecourt.kernel import files
from forecourt.kernel.errors import DomainError, Invalid
from forecourt.kernel.files.own import begin_own_upload, get_own_upload
from forecourt.kernel.models import StoredFile
from forecourt.kernel.storage import DirectRequest
from forecourt.ui.access import signed_in


def _in_json(view: Callable[..., Any]) -> Callable[..., HttpResponse]:
    """Answer what the view returns, and refusals, as JSON."""

    @wraps(view)
    def answering(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            answer = view(request, *args, **kwargs)
        except DomainError as refusal:
            facts = {"code": refusal.code, "detail": refusal.message, "field": refusal.field}
            return JsonResponse(facts, status=refusal.status)
        return HttpResponse(status=204) if answer is None else JsonResponse(answer)

    return answering


@require_POST
@signed_in
@_in_json
def upload_begin(request: HttpRequest) -> dict[str, Any]:
    body = _body(request)
    upload = begin_own_upload(
        actor=request.actor,
        purpose=_text(body, "purpose"),
        name=_text(body, "name"),
        size=_whole_number(body, "size"),
        content_type=_text(body, "content_type"),
        sha256=_text(body, "sha256"),
    )
    return _upload(upload)


@require_http_methods(["GET", "DELETE"])
@signed_in
@_in_json
def upload(request: HttpRequest, upload_id: int) -> dict[str, Any] | None:
    """How far an upload is; DELETE gives it up."""
    file = get_own_upload(upload_id=upload_id, actor=request.actor)
    if request.method == "GET":
        return _file(file)
    files.abandon_upload(file=file)
    return None


@require_POST
@signed_in
@_in_json
def upload_resume(request: HttpRequest, upload_id: int) -> dict[str, Any]:
    file = get_own_upload(upload_id=upload_id, actor=request.actor)
    return _upload(files.resume_upload(file=file))


@require_http_methods(["GET", "POST"])
@signed_in
@_in_json
def upload_parts(request: HttpRequest, upload_id: int) -> dict[str, Any]:
    """The parts that have arrived; POST answers the requests for those that are named."""
    file = get_own_upload(upload_id=upload_id, actor=request.actor)
    if request.method == "GET":
        return {"data": [{"number": number} for number in files.arrived_parts(file=file)]}
    numbers = _body(request).get("numbers")
    if not isinstance(numbers, list) or not all(type(number) is int for number in numbers):
        raise Invalid(_("The file has no such part."), field="numbers")
    requests = files.request_parts(file=file, numbers=numbers)
    return {
        "parts": [{"number": number, "request": _request(one)} for number, one in requests.items()]
    }


@require_POST
@signed_in
@_in_json
def upload_complete(request: HttpRequest, upload_id: int) -> dict[str, Any]:
    file = get_own_upload(upload_id=upload_id, actor=request.actor)
    return _file(files.complete_upload(file=file))


def _upload(begun: files.Upload) -> dict[str, Any]:
    return {
        "file": _file(begun.file),
        "request": _request(begun.request) if begun.request else None,
        "part_size": begun.part_size,
        "part_count": begun.part_count,
    }


def _request(request: DirectRequest) -> dict[str, Any]:
    return asdict(request) | {"expires_at": request.expires_at.isoformat()}


def _file(file: StoredFile) -> dict[str, Any]:
    return {
        "id": file.pk,
        "name": file.name,
        "size": file.size,
        "state": file.state,
        "refusal": file.get_refusal_display(),
    }


def _body(request: HttpRequest) -> dict[str, Any]:
    try:
        body = json.loads(request.body)
    except ValueError as error:
        raise Invalid(_("This is no valid JSON.")) from error
    if not isinstance(body, dict):
        raise Invalid(_("This is no valid JSON."))
    return body


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name, "")
    if not isinstance(value, str):
        raise Invalid(_("A text is expected here."), field=name)
    return value


def _whole_number(body: dict[str, Any], name: str) -> int:
    value = body.get(name)
    if type(value) is not int:
        raise Invalid(_("Enter a whole number."), field=name)
    return value
