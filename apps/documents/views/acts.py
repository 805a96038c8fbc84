"""What is done with one document, each in a dialog or by a button."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.documents import actions
from apps.documents.forms import DocumentForm, LinkForm, ReasonForm
from apps.documents.queries.documents import get_document
from apps.documents.queries.records import place_of
from apps.documents.views.dialogs import CHANGED, ask_in_dialog, posted
from forecourt.ui.access import requires
from forecourt.ui.responses import done_in_dialog, go_to

CHANGE = "documents.change_document"
REMOVE = "documents.remove_document"
HOLD = "documents.hold_document"


def _event(request: HttpRequest) -> str | None:
    """A panel refreshes itself; the document's own page is loaded again."""
    return CHANGED if "panel" in request.GET else None


@requires(CHANGE)
def document_edit(request: HttpRequest, document_id: int) -> HttpResponse:
    document = get_document(document_id=document_id, actor=request.actor)
    form = DocumentForm(posted(request), document=document, actor=request.actor)
    return ask_in_dialog(
        request,
        form,
        lambda: form.attempt(
            actions.change_document,
            document_id=document_id,
            actor=request.actor,
            **form.cleaned_data,
        ),
        title=_("Change the document"),
        submit=_("Save"),
        message=_("Document saved."),
        event=_event(request),
    )


@requires(CHANGE)
def document_link(request: HttpRequest, document_id: int) -> HttpResponse:
    get_document(document_id=document_id, actor=request.actor)
    form = LinkForm(posted(request), actor=request.actor)
    return ask_in_dialog(
        request,
        form,
        lambda: form.attempt(
            actions.link_document,
            document_id=document_id,
            subject=form.cleaned_data["record"].subject,
            subject_id=form.cleaned_data["record"].id,
            actor=request.actor,
        ),
        title=_("Let it belong to a further record"),
        submit=_("Link"),
        message=_("The document belongs to this record too."),
        event=_event(request),
    )


@require_POST
@requires(CHANGE)
def document_unlink(request: HttpRequest, document_id: int) -> HttpResponse:
    place = place_of(request.POST.get("record", ""))
    actions.unlink_document(
        document_id=document_id,
        subject=place.subject,
        subject_id=place.id,
        actor=request.actor,
    )
    return done_in_dialog(request, message=_("The document no longer belongs to this record."))


@require_POST
@requires(CHANGE)
def version_restore(request: HttpRequest, document_id: int, number: int) -> HttpResponse:
    actions.restore_version(document_id=document_id, number=number, actor=request.actor)
    message = _("Version %(number)s is shown again.") % {"number": number}
    return done_in_dialog(request, message=message)


@requires(REMOVE)
def version_remove(request: HttpRequest, document_id: int, number: int) -> HttpResponse:
    get_document(document_id=document_id, actor=request.actor)
    form = ReasonForm(posted(request), actor=request.actor)
    return ask_in_dialog(
        request,
        form,
        lambda: form.attempt(
            actions.remove_version,
            document_id=document_id,
            number=number,
            actor=request.actor,
            **form.cleaned_data,
        ),
        title=_("Remove version %(number)s") % {"number": number},
        submit=_("Remove"),
        message=_("The version is gone."),
        danger=True,
    )


@require_POST
@requires("documents.add_document")
def version_abandon(request: HttpRequest, document_id: int, number: int) -> HttpResponse:
    """Clear away what was not accepted, or what never arrived."""
    actions.abandon_version(document_id=document_id, number=number, actor=request.actor)
    return done_in_dialog(request, message=_("Cleared away."), event=_event(request))


@requires(REMOVE)
def document_remove(request: HttpRequest, document_id: int) -> HttpResponse:
    document = get_document(document_id=document_id, actor=request.actor)
    form = ReasonForm(posted(request), actor=request.actor)
    is_gone = form.is_valid() and (
        form.attempt(_remove, document_id=document_id, actor=request.actor, **form.cleaned_data)
    )
    if is_gone and "panel" not in request.GET:
        return go_to(request, "documents:document_list", message=_("The document is gone."))
    return ask_in_dialog(
        request,
        form,
        lambda: is_gone,
        title=_("Remove “%(title)s”") % {"title": document.title},
        text=_("All versions go, from every record. The audit log keeps what it was, and why."),
        submit=_("Remove"),
        message=_("The document is gone."),
        danger=True,
        event=_event(request),
    )


def _remove(**values: object) -> bool:
    actions.remove_document(**values)
    return True


@requires(HOLD)
def document_hold(request: HttpRequest, document_id: int) -> HttpResponse:
    get_document(document_id=document_id, actor=request.actor)
    form = ReasonForm(posted(request), actor=request.actor)
    return ask_in_dialog(
        request,
        form,
        lambda: form.attempt(
            actions.set_hold, document_id=document_id, actor=request.actor, **form.cleaned_data
        ),
        title=_("Set a legal hold"),
        text=_("Nobody can remove it until the hold is released, whatever its time."),
        submit=_("Set a legal hold"),
        message=_("The document is on hold."),
        event=_event(request),
    )


@requires(HOLD)
def document_release(request: HttpRequest, document_id: int) -> HttpResponse:
    get_document(document_id=document_id, actor=request.actor)
    form = ReasonForm(posted(request), actor=request.actor)
    return ask_in_dialog(
        request,
        form,
        lambda: form.attempt(
            actions.release_hold,
            document_id=document_id,
            actor=request.actor,
            **form.cleaned_data,
        ),
        title=_("Release the legal hold"),
        submit=_("Release"),
        message=_("The hold is released."),
        event=_event(request),
    )
