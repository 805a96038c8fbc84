"""A page that is one form, for everything that the organisation keeps."""

from collections.abc import Sequence

from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse

from forecourt.ui.responses import render_page

Crumbs = Sequence[tuple[str, str]]
"""Label and address of each page above."""


def form_page(
    request: HttpRequest,
    form: BaseForm,
    heading: str,
    crumbs: Crumbs = (),
    *,
    submit: str = "",
    note_url: str = "",
) -> HttpResponse:
    """The page; whoever gives up goes back to the last page above.

    ``note_url`` answers what is to be known before the form is sent, read when the page stands.
    """
    context = {
        "form": form,
        "heading": heading,
        "back": crumbs[-1][1] if crumbs else "",
        "crumbs": crumbs,
        "submit": submit,
        "note_url": note_url,
    }
    return render_page(request, "organisation/form.html", "organisation/_form.html", context)
