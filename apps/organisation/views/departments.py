"""Pages of departments and positions: the trees, one of them, who is in it."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from apps.organisation import actions, departments
from apps.organisation.forms import DepartmentForm, NewPositionForm, PositionForm
from apps.organisation.models import Department, Position
from forecourt.kernel.access import Actor
from forecourt.ui.access import requires
from forecourt.ui.details import HISTORY, Tab, detail_page
from forecourt.ui.forms import check_field, combobox_options
from forecourt.ui.lists import (
    BooleanFilter,
    Column,
    Empty,
    ListPage,
    NumberColumn,
    SearchFilter,
)
from forecourt.ui.responses import go_to, render_page

VIEW = "organisation.view_staff"
MANAGE = "organisation.manage_staff"
OPTIONS_AT_MOST = 20
DEPARTMENT_TABS = (
    Tab("people", gettext_lazy("People"), "organisation/_department_people.html"),
    HISTORY,
)
POSITION_TABS = (
    Tab("people", gettext_lazy("People"), "organisation/_position_people.html"),
    HISTORY,
)


def _may_manage(actor: Actor, department: Department) -> bool:
    grant = actor.grant(MANAGE)
    if department.store_id is None:
        return grant.everything
    return grant.covers(department.store_id, None)


@require_GET
@requires(VIEW)
def department_list(request: HttpRequest) -> HttpResponse:
    """The trees of headquarters and of each store, as far as one sees their people."""
    context = {"trees": departments.trees(request.actor), "may_add": request.actor.can(MANAGE)}
    return render(request, "organisation/department_list.html", context)


@require_GET
@requires(VIEW)
def department_detail(request: HttpRequest, department_id: int) -> HttpResponse:
    department = departments.get_department(department_id=department_id, actor=request.actor)
    people = departments.people_of(department, request.actor)
    context = {
        "department": department,
        "path": departments.path_of(department)[:-1],
        "parts": department.children.order_by("-is_active", "id"),
        "people": people,
        "may_manage": _may_manage(request.actor, department),
    }
    return detail_page(
        request,
        department,
        "organisation/department_detail.html",
        DEPARTMENT_TABS,
        context,
        counts={"people": len(people)},
    )


@requires(MANAGE)
def department_create(request: HttpRequest) -> HttpResponse:
    form = DepartmentForm(
        request.POST or None, actor=request.actor, initial={"place": request.GET.get("place", "")}
    )
    if answer := check_field(request, form):
        return answer
    if form.is_valid():
        made = form.attempt(actions.add_department, actor=request.actor, **form.chosen)
        if made is not None:
            message = _("The department is added.")
            return go_to(request, "organisation:department_detail", made.pk, message=message)
    return _form_page(request, form, _("Add a department"), _department_crumbs())


@requires(MANAGE)
def department_edit(request: HttpRequest, department_id: int) -> HttpResponse:
    department = departments.get_department(department_id=department_id, actor=request.actor)
    request.actor.require(MANAGE, store_id=department.store_id)
    place = (
        f"department:{department.parent_id}"
        if department.parent_id
        else f"store:{department.store_id or ''}"
    )
    initial = {"place": place, "name_zh": department.name_zh, "name_en": department.name_en}
    form = DepartmentForm(
        request.POST or None, actor=request.actor, department=department, initial=initial
    )
    if answer := check_field(request, form):
        return answer
    page = reverse("organisation:department_detail", args=[department.pk])
    if form.is_valid():
        saved = form.attempt(
            actions.edit_department,
            department_id=department.pk,
            actor=request.actor,
            **form.chosen,
        )
        if saved is not None:
            return go_to(request, page, message=_("Saved."))
    heading = _("Change %(name)s") % {"name": department.name}
    return _form_page(request, form, heading, [*_department_crumbs(), (department.name, page)])


@require_POST
@requires(MANAGE)
def department_retire(request: HttpRequest, department_id: int) -> HttpResponse:
    actions.retire_department(department_id=department_id, actor=request.actor)
    message = _("The department is out of use.")
    return go_to(request, "organisation:department_detail", department_id, message=message)


@require_POST
@requires(MANAGE)
def department_restore(request: HttpRequest, department_id: int) -> HttpResponse:
    actions.restore_department(department_id=department_id, actor=request.actor)
    message = _("The department is in use again.")
    return go_to(request, "organisation:department_detail", department_id, message=message)


@require_GET
@requires(VIEW)
def department_options(request: HttpRequest) -> HttpResponse:
    """Departments in use, by a part of their name, for choosing one in a form."""
    found = departments.find_departments(request.actor, request.GET.get("q", "").strip()[:60])
    options = [(row.pk, row.name, str(row.place)) for row in found[:OPTIONS_AT_MOST]]
    return combobox_options(request, options)


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
        POSITION_TABS,
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
    return _form_page(request, form, _("Add a position"), _position_crumbs())


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
    return _form_page(request, form, heading, [*_position_crumbs(), (position.name, page)])


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


def _department_crumbs() -> list[tuple[str, str]]:
    return [(_("Departments"), reverse("organisation:department_list"))]


def _position_crumbs() -> list[tuple[str, str]]:
    return [(_("Positions"), reverse("organisation:position_list"))]


def _form_page(
    request: HttpRequest, form: Any, heading: str, crumbs: list[tuple[str, str]]
) -> HttpResponse:
    context = {"form": form, "heading": heading, "back": crumbs[-1][1], "crumbs": crumbs}
    return render_page(request, "organisation/form.html", "organisation/_form.html", context)
