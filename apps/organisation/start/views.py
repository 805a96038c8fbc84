"""Pages of the guided start, and the door by which a new owner comes in from the public site."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.organisation.start import actions, queries
from apps.organisation.start.forms import FirstStoreForm, PersonForm
from forecourt.accounts.adapters import sign_in
from forecourt.kernel import sample
from forecourt.ui.access import requires
from forecourt.ui.forms import check_field
from forecourt.ui.responses import go_to, render_page
from tenants import entries


@require_GET
@never_cache
def enter(request: HttpRequest) -> HttpResponse:
    """Sign in by the one-time link of the sign-up; an old link leads to signing in."""
    user = entries.redeem(request.GET.get("key", ""))
    if user is None:
        return redirect("account_login")
    return sign_in(request, user, reverse("start:start"))


@require_GET
@never_cache
@requires(actions.MANAGE)
def start(request: HttpRequest) -> HttpResponse:
    """The steps, how far each is, and the sample data."""
    steps = queries.list_steps()
    context = {
        "steps": steps,
        "next_step": next((step for step in steps if step.state == "open"), None),
        "is_loaded": sample.is_loaded(),
        "job": sample.last_job(),
    }
    return render_page(
        request, "organisation/start/start.html", "organisation/start/_start.html", context
    )


@require_http_methods(["GET", "POST"])
@requires(actions.MANAGE)
def first_store(request: HttpRequest) -> HttpResponse:
    initial = {"company_name": request.tenant.name}
    form = FirstStoreForm(request.POST or None, actor=request.actor, initial=initial)
    if answer := check_field(request, form):
        return answer
    if form.is_valid():
        store = form.attempt(actions.add_first_store, actor=request.actor, **form.cleaned_data)
        if store is not None:
            message = _("%(store)s is there.") % {"store": store.name}
            return go_to(request, queries.next_url(), message=message)
    context = {"form": form, "steps": queries.list_steps(), "step": "store"}
    return render_page(
        request, "organisation/start/first_store.html", "organisation/start/_form.html", context
    )


@require_http_methods(["GET", "POST"])
@requires(actions.MANAGE)
def people(request: HttpRequest) -> HttpResponse:
    form = PersonForm(request.POST or None, actor=request.actor)
    if answer := check_field(request, form):
        return answer
    if form.is_valid():
        person = form.attempt(actions.invite_person, actor=request.actor, **form.cleaned_data)
        if person is not None:
            message = _("The invitation to %(name)s is on its way.") % {"name": person.name}
            return go_to(request, "start:people", message=message)
    context = {
        "form": form,
        "steps": queries.list_steps(),
        "step": "people",
        "people": queries.invited_people(),
    }
    return render_page(
        request, "organisation/start/people.html", "organisation/start/_form.html", context
    )


@require_http_methods(["GET", "POST"])
@requires(actions.MANAGE)
def data(request: HttpRequest) -> HttpResponse:
    """Choose between sample data and none."""
    if request.method == "POST":
        if request.POST.get("choice") == "sample":
            actions.load_sample(actor=request.actor)
            return go_to(request, "start:start", message=_("The sample data is being loaded."))
        actions.begin_empty(actor=request.actor)
        return go_to(request, "/")
    context = {
        "steps": queries.list_steps(),
        "step": "data",
        "is_loaded": sample.is_loaded(),
        "is_offered": sample.is_offered(),
    }
    return render(request, "organisation/start/data.html", context)


@require_POST
@requires(actions.MANAGE)
def remove_sample(request: HttpRequest) -> HttpResponse:
    actions.remove_sample(actor=request.actor)
    return go_to(request, "start:start", message=_("The sample data is being removed."))


@require_POST
@requires(actions.MANAGE)
def skip(request: HttpRequest, step: str) -> HttpResponse:
    actions.skip_step(step=step, actor=request.actor)
    return go_to(request, queries.next_url())
