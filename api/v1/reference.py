"""The reference: as a document for programs, and as a page to read and try it."""

from collections.abc import Mapping
from typing import Any

import yaml
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from api.authentication import TokenAuthentication
from api.custom import document_for
from api.reader import paragraphs, problems, sections
from api.schema import document, with_options
from forecourt.kernel.access import Actor
from forecourt.ui.access import signed_in


@require_GET
@cache_control(private=True, no_cache=True)
@vary_on_headers("Accept-Language", "Cookie", "Authorization")
def schema(request: HttpRequest) -> HttpResponse:
    """OpenAPI 3 as JSON, or as YAML with ``?format=yaml``.

    To a stranger it holds nothing of any group; to whoever is known also the values of the group's
    option lists and the custom fields that she sees.
    """
    described = _described(_known(request))
    if request.GET.get("format") == "yaml":
        text = yaml.safe_dump(described, allow_unicode=True, sort_keys=False)
        return HttpResponse(text, content_type="application/vnd.oai.openapi; charset=utf-8")
    return JsonResponse(described, json_dumps_params={"ensure_ascii": False})


def _known(request: HttpRequest) -> Actor | None:
    """Who reads: by session or token; a token that is worth nothing makes a stranger."""
    if "Authorization" in request.headers:
        try:
            TokenAuthentication().authenticate(Request(request))
        except AuthenticationFailed:
            return None
    return request.actor


@require_GET
@signed_in
def docs(request: HttpRequest) -> HttpResponse:
    """The same to read, each operation with a form that sends it as the person signed in."""
    described = _described(request.actor)
    context = {
        "introduction": paragraphs(described["info"]["description"]),
        "sections": sections(described),
        "problems": problems(),
    }
    return render(request, "api/docs.html", context)


def _described(actor: Actor | None) -> Mapping[str, Any]:
    described = document(get_language() or "en")
    return described if actor is None else document_for(with_options(described), actor)
