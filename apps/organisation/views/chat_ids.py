"""Who somebody is in the company's chat apps: asked in a dialog, by herself or who manages her."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from apps.organisation import actions, queries
from apps.organisation.forms import ChatIdsForm
from apps.organisation.models import StaffMember
from forecourt.ui.access import requires, signed_in
from forecourt.ui.responses import done_in_dialog


@requires("organisation.view_staff")
def staff_chat_ids(request: HttpRequest, staff_id: int) -> HttpResponse:
    """Somebody's, for those who manage her."""
    return _asked(request, queries.get_staff_member(staff_id=staff_id, actor=request.actor))


@signed_in
def own_chat_ids(request: HttpRequest) -> HttpResponse:
    """One's own, whatever rights one has."""
    own = request.actor.staff_id
    return _asked(request, queries.staff_by_id([own])[own])


def _asked(request: HttpRequest, staff: StaffMember) -> HttpResponse:
    form = ChatIdsForm(request.POST or None, actor=request.actor, initial=staff.chat_ids)
    if form.is_valid():
        saved = form.attempt(
            actions.change_chat_ids,
            staff_id=staff.pk,
            chat_ids=form.cleaned_data,
            actor=request.actor,
        )
        if saved is not None:
            return done_in_dialog(request, message=_("Saved."))
    context = {
        "form": form,
        "title": _("Chat apps of %(name)s") % {"name": staff.name},
        "action": request.path,
    }
    status = 422 if form.errors else 200
    return render(request, "organisation/_form_dialog.html", context, status=status)
