"""Pages of departments: the trees, one of them, who is in it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from apps.organisation import actions, departments
from apps.organisation.forms import DepartmentForm
from apps.organisation.models import Department
from apps.organisation.views.form_page import form_page
from forecourt.kernel.access import Actor
from forecourt.ui.access import requires
from forecourt.ui.details import HISTORY, Tab, detail_page
from forecourt.ui.forms import check_field, combobox_options
from forecourt.ui.responses import go_to

VIEW = "organisation.view_staff"
MANAGE = "organisation.manage_staff"
OPTIONS_AT_MOST = 20
TABS = (
    Tab("people", gettext_lazy("People"), "organisation/_department_people.html"),
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
        TABS,
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
    return form_page(request, form, _("Add a department"), _crumbs())


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
    return form_page(request, form, heading, [*_crumbs(), (department.name, page)])


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


def _crumbs() -> list[tuple[str, str]]:
    return [(_("Departments"), reverse("organisation:department_list"))]
