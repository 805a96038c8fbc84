"""Whether a host name is served here, for the proxy that gets certificates when first asked."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from tenants.directory import group_at


@require_safe
@never_cache
def served(request: HttpRequest) -> HttpResponse:
    """200 for our own domain and for each name that leads to a group, else 404 (``?domain=``)."""
    host = request.GET.get("domain", "").lower().rstrip(".")
    is_served = host == settings.BASE_DOMAIN or group_at(host) is not None
    return HttpResponse(status=200 if is_served else 404)
