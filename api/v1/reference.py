"""The reference: as a document for programs, and as a page to read and try it."""

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
from api.reader import paragraphs, problems, sections
from api.schema import document, with_options
from forecourt.ui.access import signed_in


@require_GET
@cache_control(max_age=300)
@vary_on_headers("Accept-Language", "Cookie", "Authorization")
def schema(request: HttpRequest) -> HttpResponse:
    """OpenAPI 3 as JSON, or as YAML with ``?format=yaml``.

    Strangers read what is the same for every group; who shows a token or is signed in, also the
    values of the group's own option lists.
    """
    described = _described(request)
    if request.GET.get("format") == "yaml":
        text = yaml.safe_dump(described, allow_unicode=True, sort_keys=False)
        return HttpResponse(text, content_type="application/vnd.oai.openapi; charset=utf-8")
    return JsonResponse(described, json_dumps_params={"ensure_ascii": False})


@require_GET
@signed_in
def docs(request: HttpRequest) -> HttpResponse:
    """The same to read, each operation with a form that sends it as the person signed in."""
    described = _described(request)
    context = {
        "introduction": paragraphs(described["info"]["description"]),
        "sections": sections(described),
        "problems": problems(),
    }
    return render(request, "api/docs.html", context)


def _described(request: HttpRequest) -> dict[str, Any]:
    described = document(get_language() or "en")
    return with_options(described) if _is_of_the_group(request) else described


def _is_of_the_group(request: HttpRequest) -> bool:
    if getattr(request, "actor", None) is not None:
        return True
    try:
        return TokenAuthentication().authenticate(Request(request)) is not None
    except AuthenticationFailed:
        return False
