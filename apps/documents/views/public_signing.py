"""The page behind a link to sign: no sign-in, one paper, one field, once."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from apps.documents import actions
from apps.documents.actions.signing import Signed
from apps.documents.models import SigningRequest
from apps.documents.queries.papers import content_of, find_signing_request, get_field
from apps.documents.queries.pictures import page_count, picture_of
from apps.documents.views.signing import sign_form
from forecourt.accounts.adapters import client_address
from forecourt.kernel import files
from forecourt.kernel.errors import Conflict, NotFound

VOID = "documents/sign_void.html"


@never_cache
def sign(request: HttpRequest, token: str) -> HttpResponse:
    """Show the paper and take the signature; a link that is used, taken back or old says so."""
    try:
        asked = find_signing_request(token)
        content = content_of(asked.paper)
    except (NotFound, Conflict):
        return hidden(render(request, VOID, status=404))
    actions.note_opened(asked)
    form = sign_form(request, asked.paper, name=asked.name)
    if form.is_valid():
        done = form.attempt(
            actions.sign_by_link,
            token=token,
            signed=Signed(**form.cleaned_data),
            address=client_address(request),
            device=request.headers.get("User-Agent", "")[:200],
        )
        if done is not None:
            return hidden(render(request, "documents/sign_done.html", {"document": done.document}))
    context = {
        "form": form,
        "asked": asked,
        "token": token,
        "document": asked.paper.document,
        "state": get_field(asked.paper, asked.field),
        "pages": range(1, page_count(content) + 1),
    }
    status = 422 if form.is_bound and form.errors else 200
    return hidden(render(request, "documents/sign.html", context, status=status))


@require_GET
@never_cache
def sign_page(request: HttpRequest, token: str, number: int) -> HttpResponse:
    """A page of the paper behind a link, as a picture. Raises NotFound."""
    asked = find_signing_request(token)
    picture = picture_of(content_of(asked.paper), number)
    return hidden(HttpResponse(picture, content_type="image/png"))


@require_GET
@never_cache
def sign_file(request: HttpRequest, token: str) -> HttpResponse:
    """The PDF itself, by an address that lives some minutes. Raises NotFound."""
    return hidden(redirect(files.link_to(_file(find_signing_request(token)), inline=True)))


def _file(asked: SigningRequest) -> files.StoredFile:
    current = asked.paper.document.current
    if current is None:
        raise NotFound("")
    return current.file


def hidden(answer: HttpResponse) -> HttpResponse:
    """Nothing of it is for search engines, nor is its address for any page, our own included.

    A browser that may not even name the site it comes from (no-referrer) is refused when it posts.
    """
    answer["X-Robots-Tag"] = "noindex, nofollow"
    answer["Referrer-Policy"] = "strict-origin"
    return answer
