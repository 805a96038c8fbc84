"""What was erased with a group, for whoever was given the link."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from forecourt.kernel.errors import NotFound
from tenants import erasure
from tenants.models import ErasureCertificate


@require_safe
@never_cache
def erasure_certificate(request: HttpRequest, code: str) -> HttpResponse:
    try:
        certificate = erasure.get_certificate(code=code)
    except NotFound as refusal:
        raise Http404 from refusal
    tables = [(table, count) for table, count in sorted(certificate.counts.items()) if count]
    context = {"certificate": certificate, "places": _places(certificate), "tables": tables}
    response = render(request, "tenants/erasure_certificate.html", context)
    response["X-Robots-Tag"] = "noindex"
    return response


def _places(certificate: ErasureCertificate) -> list[tuple[str, int]]:
    """Every place that was looked into, also where nothing was."""
    counted = certificate.places
    return [
        (_("Rows in the database"), certificate.row_count),
        (_("Stored files"), counted.get("files", 0)),
        (_("Bytes of stored files"), counted.get("bytes", 0)),
        (_("Former versions of files"), counted.get("older_versions", 0)),
        (_("Unfinished uploads"), counted.get("unfinished_uploads", 0)),
        (_("Entries in the cache"), counted.get("cache_keys", 0)),
        (_("Messages in the queue"), counted.get("queued_messages", 0)),
        (_("Accounts in the sign-in directory"), counted.get("accounts_in_directory", 0)),
        (_("Web addresses"), counted.get("addresses", 0)),
    ]
