"""The group's own host names: added, proven by a record in the DNS, used for links, given up."""

from django import forms as django_forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.organisation import queries
from apps.organisation.actions import domains as actions
from forecourt.kernel.errors import Invalid
from forecourt.kernel.groups import site_url
from forecourt.ui import forms
from forecourt.ui.access import requires
from forecourt.ui.responses import done_in_dialog, go_to
from tenants import domains
from tenants.models import OwnDomain

MOST_DIGITS = 19
"""So many has the largest id."""


class DomainForm(forms.Form):
    wide = ("host",)

    host = django_forms.CharField(
        label=gettext_lazy("Host name"),
        max_length=253,
        help_text=gettext_lazy("Such as dms.example.com: a name below a domain that is yours."),
        widget=django_forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "off", "inputmode": "url"}
        ),
    )


@require_GET
@never_cache
@requires(actions.MANAGE)
def domain_list(request: HttpRequest) -> HttpResponse:
    own = queries.list_domains(actor=request.actor)
    chosen = queries.host_of_links(actor=request.actor)
    context = {
        "shown": [_shown(domain, chosen) for domain in own],
        "chosen": chosen,
        "own_address": domains.host_of(request.tenant.slug),
        "links_lead_to": site_url("/"),
    }
    return render(request, "organisation/domain_list.html", context)


@require_http_methods(["GET", "POST"])
@requires(actions.MANAGE)
def domain_add(request: HttpRequest) -> HttpResponse:
    form = DomainForm(request.POST or None)
    if form.is_valid() and form.attempt(
        actions.add_domain, actor=request.actor, **form.cleaned_data
    ):
        return done_in_dialog(request, message=_("Now set the two records at your domain."))
    context = {
        "form": form,
        "title": _("Add a domain"),
        "action": reverse("organisation:domain_add"),
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "organisation/_form_dialog.html", context, status=status)


@require_POST
@requires(actions.MANAGE)
def domain_check(request: HttpRequest, domain_id: int) -> HttpResponse:
    domain = actions.check_domain(domain_id=domain_id, actor=request.actor)
    return go_to(request, "organisation:domain_list", message=_outcome(domain))


@require_POST
@requires(actions.MANAGE)
def domain_choose(request: HttpRequest) -> HttpResponse:
    """``domain`` is the name's id; empty, links lead to the address below ours again."""
    actions.choose_domain(domain_id=_id_in(request.POST.get("domain", "")), actor=request.actor)
    return go_to(request, "organisation:domain_list", message=_("Links lead there from now on."))


@require_POST
@requires(actions.MANAGE)
def domain_remove(request: HttpRequest, domain_id: int) -> HttpResponse:
    actions.remove_domain(domain_id=domain_id, actor=request.actor)
    return go_to(request, "organisation:domain_list", message=_("Domain removed."))


def _id_in(text: str) -> int | None:
    """Raises Invalid for what is neither empty nor an id."""
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < MOST_DIGITS):
        raise Invalid(_("There is no such domain."))
    return int(text)


def _shown(domain: OwnDomain, chosen: str) -> dict[str, object]:
    is_proven = domain.state == domains.State.PROVEN
    since = domain.missing_since
    return {
        "domain": domain,
        "record_name": domains.record_name(domain),
        "record_text": domains.record_text(domain),
        "target": domains.target(domain),
        "is_proven": is_proven,
        "is_chosen": is_proven and domain.host == chosen,
        "off_at": since + domains.GRACE if is_proven and since else None,
    }


def _outcome(domain: OwnDomain) -> str:
    if domain.state != domains.State.PROVEN:
        return _("The record is not there yet. The DNS may take an hour to show it.")
    if domain.missing_since:
        return _("The record is gone. Set it again, or the name will be switched off.")
    return _("The record is there: the name is yours.")
