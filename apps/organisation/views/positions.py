"""Pages of positions: the list, one of them, who has it."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from apps.organisation import actions, departments
from apps.organisation.forms import NewPositionForm, PositionForm
from apps.organisation.models import Position
from apps.organisation.views.form_page import form_page
from forecourt.kernel.access import Actor
from forecourt.ui.access import requires
from forecourt.ui.details import HISTORY, Tab, detail_page
from forecourt.ui.forms import check_field
from forecourt.ui.lists import (
    BooleanFilter,
    Column,
    Empty,
    ListPage,
    NumberColumn,
    SearchFilter,
)
from forecourt.ui.responses import go_to

VIEW = "organisation.view_staff"
MANAGE = "organisation.manage_staff"
TABS = (
    Tab("people", gettext_lazy("People"), "organisation/_position_people.html"),
    HISTORY,
)


class PositionList(ListPage):
    """What people are employed as, in the whole group."""

    name = "organisation.positions"
    permission = VIEW
    title = gettext_lazy("Positions")
    columns = [
        Column("name", gettext_lazy("Position"), sort="name_zh", always=True),
        Column("code", gettext_lazy("Code"), sort="code", mono=True),
        NumberColumn("people", gettext_lazy("People")),
        Column(
            "is_active",
            gettext_lazy("State"),
            value=lambda row: _("In use") if row.is_active else _("Out of use"),
        ),
    ]
    filters = [
        SearchFilter(gettext_lazy("Name, code"), fields=["name_zh", "name_en", "code"]),
        BooleanFilter("active", gettext_lazy("In use"), field="is_active"),
    ]
    default_sort = "code"
    empty = Empty(gettext_lazy("No positions yet"), icon="id-badge")
    template = "organisation/position_list.html"

    def get_queryset(self, actor: Actor) -> QuerySet[Position]:
        return departments.list_positions(actor)

    def row_url(self, row: Position) -> str:
        return reverse("organisation:position_detail", args=[row.pk])

    def context(self) -> dict[str, Any]:
        return {"may_add": self.actor.grant(MANAGE).everything}


@require_GET
@requires(VIEW)
def position_detail(request: HttpRequest, position_id: int) -> HttpResponse:
    position = departments.get_position(position_id=position_id, actor=request.actor)
    people = departments.people_with(position, request.actor)
    context = {
        "position": position,
        "people": people,
        "may_manage": request.actor.grant(MANAGE).everything,
    }
    return detail_page(
        request,
        position,
        "organisation/position_detail.html",
        TABS,
        context,
        counts={"people": len(people)},
    )


@requires(MANAGE)
def position_create(request: HttpRequest) -> HttpResponse:
    form = NewPositionForm(request.POST or None, actor=request.actor)
    if answer := check_field(request, form):
        return answer
    if form.is_valid():
        made = form.attempt(actions.add_position, actor=request.actor, **form.cleaned_data)
        if made is not None:
            message = _("The position is added.")
            return go_to(request, "organisation:position_detail", made.pk, message=message)
    return form_page(request, form, _("Add a position"), _crumbs())


@requires(MANAGE)
def position_edit(request: HttpRequest, position_id: int) -> HttpResponse:
    position = departments.get_position(position_id=position_id, actor=request.actor)
    initial = {"name_zh": position.name_zh, "name_en": position.name_en}
    form = PositionForm(request.POST or None, actor=request.actor, initial=initial)
    if answer := check_field(request, form):
        return answer
    page = reverse("organisation:position_detail", args=[position.pk])
    if form.is_valid():
        saved = form.attempt(
            actions.edit_position, position_id=position.pk, actor=request.actor, **form.cleaned_data
        )
        if saved is not None:
            return go_to(request, page, message=_("Saved."))
    heading = _("Change %(name)s") % {"name": position.name}
    return form_page(request, form, heading, [*_crumbs(), (position.name, page)])


@require_POST
@requires(MANAGE)
def position_retire(request: HttpRequest, position_id: int) -> HttpResponse:
    actions.retire_position(position_id=position_id, actor=request.actor)
    message = _("The position is out of use; who has it keeps it.")
    return go_to(request, "organisation:position_detail", position_id, message=message)


@require_POST
@requires(MANAGE)
def position_restore(request: HttpRequest, position_id: int) -> HttpResponse:
    actions.restore_position(position_id=position_id, actor=request.actor)
    message = _("The position is in use again.")
    return go_to(request, "organisation:position_detail", position_id, message=message)


def _crumbs() -> list[tuple[str, str]]:
    return [(_("Positions"), reverse("organisation:position_list"))]
