"""The group's own page of its subscription."""

from contextlib import suppress

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from billing import actions, queries
from billing.gateway import StripeUnreachable
from billing.permissions import MANAGE, VIEW
from billing.plans import BY_CODE, CURRENCIES
from forecourt.kernel.errors import DomainError
from forecourt.kernel.standing import works_when_suspended
from forecourt.ui.access import requires
from forecourt.ui.responses import go_to


@require_GET
@works_when_suspended
@requires(VIEW)
def home(request: HttpRequest) -> HttpResponse:
    currency = _currency_of(request)
    context = {
        "overview": queries.get_overview(actor=request.actor, currency=currency),
        "currency": currency,
        "currencies": CURRENCIES,
        "may_manage": request.actor.can(MANAGE),
    }
    return render(request, "billing/home.html", context)


@require_GET
@works_when_suspended
@requires(VIEW)
def invoices(request: HttpRequest) -> HttpResponse:
    """What Stripe must be asked for; the page shows the rest without it."""
    try:
        coming, past = queries.list_invoices(actor=request.actor)
    except StripeUnreachable:
        return render(request, "billing/_invoices.html", {"is_unreachable": True})
    return render(request, "billing/_invoices.html", {"coming": coming, "past": past})


@require_POST
@works_when_suspended
@requires(MANAGE)
def subscribe(request: HttpRequest) -> HttpResponse:
    address = actions.begin_checkout(
        plan=request.POST.get("plan", ""),
        interval=request.POST.get("interval", ""),
        currency=request.POST.get("currency", ""),
        actor=request.actor,
    )
    return go_to(request, address)


@require_POST
@works_when_suspended
@requires(MANAGE)
def change_plan(request: HttpRequest) -> HttpResponse:
    row = actions.change_plan(
        plan=request.POST.get("plan", ""),
        interval=request.POST.get("interval", ""),
        actor=request.actor,
    )
    plan = BY_CODE[row.plan].name if row.plan in BY_CODE else row.plan
    return go_to(request, "billing:home", message=_("Your plan is now %(plan)s.") % {"plan": plan})


@require_GET
@never_cache
@works_when_suspended
@requires(MANAGE)
def interval(request: HttpRequest) -> HttpResponse:
    """Asks, with what it costs now, whether to pay by the other interval from now on."""
    wanted, plan = request.GET.get("interval", ""), request.GET.get("plan", "")
    cost = actions.preview_change(plan=plan, interval=wanted, actor=request.actor)
    context = {
        "cost": cost,
        "interval": wanted,
        "plan": plan,
        "charged_from": queries.trial_goes_on_until(actor=request.actor),
    }
    return render(request, "billing/_interval.html", context)


@require_POST
@works_when_suspended
@requires(MANAGE)
def portal(request: HttpRequest) -> HttpResponse:
    return go_to(request, actions.open_portal(actor=request.actor))


@require_GET
@never_cache
@works_when_suspended
@requires(MANAGE)
def done(request: HttpRequest) -> HttpResponse:
    """Where Stripe's pages lead back to: asks how things stand, without waiting for the event."""
    with suppress(DomainError):  # the event will tell
        actions.refresh(actor=request.actor)
    return redirect("billing:home")


def _currency_of(request: HttpRequest) -> str:
    """The chosen one, else the group's own where there are prices in it."""
    wanted = request.GET.get("currency", "")
    if wanted in CURRENCIES:
        return wanted
    usual = request.tenant.currency.lower()
    return usual if usual in CURRENCIES else CURRENCIES[-1]
