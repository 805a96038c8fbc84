"""Reading, on one's own machine, the mail that the product sent into a folder."""

from collections.abc import Callable
from functools import wraps
from ipaddress import ip_address

from csp.decorators import csp_replace
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET

from tenants import mailbox

View = Callable[..., HttpResponse]


def on_this_machine(view: View) -> View:
    """Only where mail goes into a folder, and only for who sits at the machine."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not settings.LOCAL_MAIL_PAGE or not _is_local(request):
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


def _is_local(request: HttpRequest) -> bool:
    if "HTTP_X_FORWARDED_FOR" in request.META:
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


@require_GET
@never_cache
@on_this_machine
def mail_list(request: HttpRequest) -> HttpResponse:
    return render(request, "tenants/mail_list.html", {"mails": mailbox.list_mails()})


@require_GET
@never_cache
@on_this_machine
def mail_detail(request: HttpRequest, mail_id: str) -> HttpResponse:
    return render(request, "tenants/mail_detail.html", {"mail": mailbox.get_mail(mail_id)})


@require_GET
@never_cache
@on_this_machine
@xframe_options_sameorigin
@csp_replace({"default-src": ["'none'"], "frame-ancestors": ["'self'"], "script-src": ["'none'"]})
def mail_html(request: HttpRequest, mail_id: str) -> HttpResponse:
    """The mail's own HTML, in which nothing runs; it is shown in a frame."""
    mail = mailbox.get_mail(mail_id)
    return render(request, "tenants/mail_html.html", {"body": mark_safe(mail.html)})  # noqa: S308
