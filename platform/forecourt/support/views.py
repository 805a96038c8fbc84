"""The owner's page of support access, and the door by which an operator comes in."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from forecourt.kernel.clock import now
from forecourt.kernel.errors import NotPermitted
from forecourt.kernel.standing import works_when_restricted
from forecourt.support import entering, granting
from forecourt.support.forms import GrantForm
from forecourt.support.middleware import SESSION_KEY, actor_of
from forecourt.support.permissions import GRANT
from forecourt.ui.access import requires
from forecourt.ui.responses import done_in_dialog, go_to

BROWSER = "support_browser"


@require_GET
@requires(GRANT)
def home(request: HttpRequest) -> HttpResponse:
    """Who may be in, who was, and how to end it."""
    grants = granting.list_grants(actor=request.actor)
    moment = now()
    present = next((grant for grant in grants if grant.is_open(moment)), None)
    past = [grant for grant in grants if grant != present]
    return render(request, "support/home.html", {"present": present, "past": past})


@works_when_restricted
@require_http_methods(["GET", "POST"])
@requires(GRANT)
def grant(request: HttpRequest) -> HttpResponse:
    form = GrantForm(request.POST or None)
    if form.is_valid() and form.attempt(granting.grant, actor=request.actor, **form.cleaned_data):
        return done_in_dialog(request, message=_("Support has been let in."))
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "support/_grant.html", {"form": form}, status=status)


@works_when_restricted
@require_POST
@requires(GRANT)
def end(request: HttpRequest) -> HttpResponse:
    granting.end(actor=request.actor)
    return go_to(request, "support_access:home", message=_("Support has no access any more."))


# --- The door -------------------------------------------------------------------------------------


@require_GET
@never_cache
def enter(request: HttpRequest) -> HttpResponse:
    """Remembers the browser and has the console say who it is; then takes the key that it gave."""
    if request.user.is_authenticated:
        raise NotPermitted(_("Sign out of this group first."))
    key = request.GET.get("key", "")
    if not key:
        request.session[BROWSER] = entering.new_secret()
        return redirect(entering.console_url(request.tenant.slug, request.session[BROWSER]))
    visit = entering.redeem(
        schema_name=request.tenant.schema_name,
        key=key,
        browser=request.session.get(BROWSER, ""),
    )
    request.session.flush()
    request.session[SESSION_KEY] = visit.pk
    request.session.set_expiry(max(1, int((visit.grant.until - now()).total_seconds())))
    granting.note_entry(visit, actor_of(visit, request))
    return redirect("/")


@require_POST
@never_cache
def leave(request: HttpRequest) -> HttpResponse:
    if request.support is not None:
        entering.end_visit(request.support)
        request.session.flush()
    return redirect("support:over")


@require_GET
@never_cache
def over(request: HttpRequest) -> HttpResponse:
    return render(request, "support/over.html")
