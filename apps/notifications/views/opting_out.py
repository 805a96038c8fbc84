"""The customer's way out, by the link in a message. Nobody signs in for it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from apps.notifications import opting_out
from apps.notifications.actions import opt_out
from apps.notifications.channels import channel
from forecourt.kernel.errors import NotFound


@csrf_exempt
@never_cache
def way_out(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows one button, since scanners of mails open every link; POST does it.

    Mail programs POST by themselves (RFC 8058), without a cookie of ours: the signed address is
    the proof, and all that it can do is to end messages.
    """
    wanted = opting_out.read(token)
    if wanted is None:
        return render(request, "notifications/way_out.html", {"is_void": True}, status=404)
    context = {"channel": channel(wanted.channel).label, "is_done": False}
    if request.method == "POST":
        try:
            opt_out(wanted)
        except NotFound:
            return render(request, "notifications/way_out.html", {"is_void": True}, status=404)
        context["is_done"] = True
    return render(request, "notifications/way_out.html", {**context, "title": _("Messages")})
