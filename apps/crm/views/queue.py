"""The lead desk's queue: one unanswered lead after the other, by keyboard alone."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from apps.crm import actions, queries
from apps.crm.phones import call_url, phone_of
from apps.crm.rules.contacts import InteractionKind, InteractionResult
from forecourt.kernel import regions
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now
from forecourt.ui.access import requires
from forecourt.ui.responses import go_to

SIZE = 30


@require_GET
@requires("crm.work_lead")
def lead_queue(request: HttpRequest) -> HttpResponse:
    """The queue beside the lead that is worked on: the one named, else the most urgent."""
    actor = request.actor
    rows = list(queries.lead_queue(actor).in_focus(actor)[:SIZE])
    named = request.GET.get("lead", "")
    place = next((index for index, row in enumerate(rows) if str(row.pk) == named), 0)
    context: dict[str, Any] = {
        "rows": [(row, index == place, _is_late(row)) for index, row in enumerate(rows)],
        "late": queries.late_owners(actor) if actor.can("crm.reassign_lead") else [],
    }
    if rows:
        context |= _at(rows, place, actor)
    return render(request, "crm/lead_queue.html", context)


def _at(rows: list[Any], place: int, actor: Actor) -> dict[str, Any]:
    lead = rows[place]
    owner = (lead.store_id, lead.owner_id)
    return {
        "lead": lead,
        "phone": phone_of(lead.customer, actor),
        "call_url": call_url(lead.customer, actor),
        "division": regions.get(lead.division_code) if lead.division_code else None,
        "is_late": _is_late(lead),
        "has_owner": lead.owner_id is not None,
        "may_give": actor.grant("crm.reassign_lead").covers(*owner),
        "previous": rows[place - 1].pk if place else None,
        "following": rows[place + 1].pk if place + 1 < len(rows) else None,
    }


def _is_late(lead: Any) -> bool:
    return lead.response_due_at is not None and lead.response_due_at < now()


@require_POST
@requires("crm.work_lead")
def lead_not_reached(request: HttpRequest, lead_id: int) -> HttpResponse:
    """Log in one step that nobody picked up; the next try is planned by itself."""
    actions.log_interaction(
        lead_id=lead_id,
        kind=InteractionKind.CALL,
        result=InteractionResult.NO_ANSWER,
        actor=request.actor,
    )
    if request.htmx:
        return go_to(request, "crm:lead_queue", message=_("Not reached; the next try is planned."))
    return redirect(reverse("crm:lead_queue"))
