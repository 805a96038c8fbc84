"""Pages of roles: the list, the matrix of rights, copying."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from apps.organisation import actions, queries, rules
from apps.organisation.forms import CopyRoleForm, RoleForm
from forecourt.ui.access import requires
from forecourt.ui.details import HISTORY, Tab, detail_page
from forecourt.ui.responses import go_to

VIEW = "organisation.view_staff"
MANAGE = "organisation.manage_role"
TABS = (
    Tab("rights", gettext_lazy("Rights"), "organisation/_role_rights.html"),
    Tab("people", gettext_lazy("People"), "organisation/_role_people.html"),
    HISTORY,
)


@require_GET
@requires(VIEW)
def role_list(request: HttpRequest) -> HttpResponse:
    context = {
        "roles": queries.roles_with_counts(),
        "may_manage": request.actor.can(MANAGE),
        "permission_count": queries.permission_count(),
    }
    return render(request, "organisation/role_list.html", context)


@requires(VIEW)
def role_detail(request: HttpRequest, role_id: int) -> HttpResponse:
    """What a role gives, how far; changed in place by who may change roles."""
    role = queries.get_role(role_id=role_id)
    may_edit = request.actor.can(MANAGE) and role.code != rules.OWNER_ROLE
    form = RoleForm(request.POST or None, actor=request.actor, role=role)
    if request.method == "POST" and form.is_valid():
        saved = form.attempt(
            actions.edit_role,
            role_id=role.pk,
            name_zh=form.cleaned_data["name_zh"],
            name_en=form.cleaned_data["name_en"],
            rights=form.chosen_rights,
            actor=request.actor,
        )
        if saved is not None:
            message = _("The role is changed; it counts from now on for everybody who has it.")
            return go_to(request, "organisation:role_detail", role.pk, message=message)
    context = {
        "role": role,
        "form": form,
        "may_edit": may_edit,
        "may_copy": request.actor.can(MANAGE),
        "people": queries.list_staff_with_role(role, request.actor),
    }
    response = detail_page(request, role, "organisation/role_detail.html", TABS, context)
    if form.errors:
        response.status_code = 422
    return response


@requires(MANAGE)
def role_copy(request: HttpRequest, role_id: int) -> HttpResponse:
    role = queries.get_role(role_id=role_id)
    initial = {
        "name_zh": _("%(name)s (copy)") % {"name": role.name_zh},
        "name_en": _("%(name)s (copy)") % {"name": role.name_en} if role.name_en else "",
    }
    form = CopyRoleForm(request.POST or None, initial=initial)
    if form.is_valid():
        copy = form.attempt(
            actions.copy_role, role_id=role.pk, actor=request.actor, **form.cleaned_data
        )
        if copy is not None:
            return go_to(
                request, "organisation:role_detail", copy.pk, message=_("The role is made.")
            )
    context = {
        "form": form,
        "title": _("Copy %(name)s") % {"name": role.name},
        "action": request.path,
    }
    return render(
        request, "organisation/_form_dialog.html", context, status=422 if form.errors else 200
    )


@require_POST
@requires(MANAGE)
def role_delete(request: HttpRequest, role_id: int) -> HttpResponse:
    actions.delete_role(role_id=role_id, actor=request.actor)
    return go_to(request, reverse("organisation:role_list"), message=_("The role is gone."))
