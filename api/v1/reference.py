"""The reference: as a document for programs, and as a page to read and try it."""

import yaml
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from api.reader import paragraphs, problems, sections
from api.schema import document
from forecourt.ui.access import signed_in


@require_GET
@cache_control(max_age=300)
@vary_on_headers("Accept-Language", "Cookie")
def schema(request: HttpRequest) -> HttpResponse:
    """OpenAPI 3 as JSON, or as YAML with ``?format=yaml``. It holds nothing of any group."""
    described = document(get_language() or "en")
    if request.GET.get("format") == "yaml":
        text = yaml.safe_dump(described, allow_unicode=True, sort_keys=False)
        return HttpResponse(text, content_type="application/vnd.oai.openapi; charset=utf-8")
    return JsonResponse(described, json_dumps_params={"ensure_ascii": False})


@require_GET
@signed_in
def docs(request: HttpRequest) -> HttpResponse:
    """The same to read, each operation with a form that sends it as the person signed in."""
    described = document(get_language() or "en")
    context = {
        "introduction": paragraphs(described["info"]["description"]),
        "sections": sections(described),
        "problems": problems(),
    }
    return render(request, "api/docs.html", context)
