"""Pages of people: the list, one person, inviting, changing, leaving; accepting an invitation."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from apps.organisation import actions, hooks, queries
from apps.organisation.explanation import access_of, my_access
from apps.organisation.forms import (
    AcceptForm,
    InviteForm,
    LeaveForm,
    RolesForm,
    StaffForm,
)
from apps.organisation.models import StaffMember
from apps.organisation.views.form_page import form_page
from apps.organisation.views.numbers import numbers_shown
from forecourt.accounts.adapters import sign_in
from forecourt.accounts.queries import second_factor_kinds
from forecourt.kernel.access import Actor
from forecourt.kernel.errors import DomainError
from forecourt.ui.access import requires, signed_in
from forecourt.ui.details import HISTORY, Tab, detail_page
from forecourt.ui.forms import check_field, combobox_options
from forecourt.ui.lists import (
    ChoiceFilter,
    Column,
    DateColumn,
    Empty,
    ListPage,
    RelatedFilter,
    SearchFilter,
    StatusColumn,
    StoreFilter,
    TagsColumn,
)
from forecourt.ui.responses import done_in_dialog, go_to

VIEW = "organisation.view_staff"
MANAGE = "organisation.manage_staff"
TABS = (
    Tab("facts", gettext_lazy("Facts"), "organisation/_staff_facts.html"),
    Tab("access", gettext_lazy("Rights"), "organisation/_staff_access.html"),
    HISTORY,
)
OPTIONS_AT_MOST = 20


class RoleFilter(RelatedFilter):
    """People who have one of the chosen roles, each once."""

    def narrow(self, rows: QuerySet, query: Any, actor: Actor) -> QuerySet:
        chosen = [value for value, _label in self.chosen(query, actor)]
        return queries.with_roles(rows, chosen) if chosen else rows


class StaffList(ListPage):
    """The people within the reach of who asks."""

    name = "organisation.staff"
    custom_host = "staff"
    permission = VIEW
    title = gettext_lazy("Staff")
    columns = [
        Column("name", gettext_lazy("Name"), sort="name_pinyin", always=True),
        Column(
            "home_store",
            gettext_lazy("Store"),
            sort="home_store__code",
            value=lambda row: row.home_store.name if row.home_store else _("Headquarters"),
        ),
        Column("department.name", gettext_lazy("Department"), default=False),
        Column("position.name", gettext_lazy("Position"), sort="position__code"),
        TagsColumn(
            "roles",
            gettext_lazy("Roles"),
            value=lambda row: [str(role) for role in row.roles.all()],
        ),
        StatusColumn("state", gettext_lazy("State"), sort="state"),
        Column("email", gettext_lazy("E-mail"), sort="email", default=False),
        Column("mobile", gettext_lazy("Mobile"), default=False),
        Column("manager.name", gettext_lazy("Manager"), default=False),
        DateColumn("joined_date", gettext_lazy("Joined on"), sort="joined_date", default=False),
        DateColumn("left_date", gettext_lazy("Left on"), sort="left_date", default=False),
    ]
    filters = [
        SearchFilter(gettext_lazy("Name, e-mail, mobile"), find=queries.find_staff, for_actor=True),
        StoreFilter(
            lambda actor: [
                (store.pk, store.name) for store in queries.stores_in_scope(actor, VIEW)
            ],
            field="home_store_id",
        ),
        ChoiceFilter("state", gettext_lazy("State"), StaffMember.State),
        RoleFilter(
            "role",
            gettext_lazy("Role"),
            lambda actor: [(role.pk, role.name) for role in queries.list_roles()],
        ),
    ]
    default_sort = "name"
    empty = Empty(
        gettext_lazy("Nobody here yet"),
        gettext_lazy("Invite the people who work with you."),
        icon="users",
        url_name="organisation:staff_invite",
        label=gettext_lazy("Invite somebody"),
        permission=MANAGE,
    )
    template = "organisation/staff_list.html"

    def get_queryset(self, actor: Actor) -> QuerySet[StaffMember]:
        return (
            queries.list_staff(actor)
            .in_focus(actor)
            .select_related("manager", "department")
            .prefetch_related("roles")
        )

    def row_url(self, row: StaffMember) -> str:
        return reverse("organisation:staff_detail", args=[row.pk])

    def context(self) -> dict[str, Any]:
        return {"may_invite": self.actor.can(MANAGE)}


@require_GET
@signed_in
def own_rights(request: HttpRequest) -> HttpResponse:
    """What one may do oneself, and why."""
    context = {"access": my_access(request.actor.staff_id)}
    return render(request, "organisation/own_rights.html", context)


@require_GET
@requires(VIEW)
def staff_detail(request: HttpRequest, staff_id: int) -> HttpResponse:
    staff = queries.get_staff_member(staff_id=staff_id, actor=request.actor)
    may_manage = queries.may_manage(request.actor, staff)
    context = {
        "staff": staff,
        "roles": list(staff.roles.all()),
        "also_in": list(staff.stores.all()),
        "reports": queries.list_reports(staff),
        "access": access_of(staff),
        "factors": second_factor_kinds([staff.user_id]).get(staff.user_id, set())
        if staff.user_id and may_manage
        else set(),
        "invitation": queries.last_invitation(staff) if staff.state == "INVITED" else None,
        "may_manage": may_manage,
        "numbers": numbers_shown(request.actor, staff),
        "is_self": staff.pk == request.actor.staff_id,
    }
    return detail_page(request, staff, "organisation/staff_detail.html", TABS, context)


@requires(MANAGE)
def staff_invite(request: HttpRequest) -> HttpResponse:
    initial = {"home_store_id": request.GET.get("store") or request.actor.home_store_id}
    form = InviteForm(request.POST or None, actor=request.actor, initial=initial)
    if answer := check_field(request, form):
        return answer
    if form.is_valid():
        values = dict(form.cleaned_data)
        role_ids = values.pop("roles")
        staff = form.attempt(actions.invite_staff, actor=request.actor, role_ids=role_ids, **values)
        if staff is not None:
            message = _("The invitation is on its way to %(email)s.") % {"email": staff.email}
            return go_to(request, "organisation:staff_detail", staff.pk, message=message)
    return form_page(
        request,
        form,
        _("Invite somebody"),
        [(_("Staff"), reverse("organisation:staff_list"))],
        submit=_("Send the invitation"),
    )


@requires(MANAGE)
def staff_edit(request: HttpRequest, staff_id: int) -> HttpResponse:
    staff = queries.get_staff_member(staff_id=staff_id, actor=request.actor)
    initial = {
        **{name: getattr(staff, name, None) for name in StaffForm.base_fields},
        "store_ids": list(staff.stores.values_list("pk", flat=True)),
        "custom": staff.custom,
    }
    form = StaffForm(
        request.POST or None,
        actor=request.actor,
        staff=staff,
        initial=initial,
    )
    if answer := check_field(request, form):
        return answer
    page = reverse("organisation:staff_detail", args=[staff.pk])
    if form.is_valid():
        saved = form.attempt(
            actions.edit_staff, staff_id=staff.pk, actor=request.actor, **form.cleaned_data
        )
        if saved is not None:
            return go_to(request, page, message=_("Saved."))
    heading = _("Change %(name)s") % {"name": staff.name}
    crumbs = [(_("Staff"), reverse("organisation:staff_list")), (staff.name, page)]
    return form_page(request, form, heading, crumbs)


@requires(MANAGE)
def staff_roles(request: HttpRequest, staff_id: int) -> HttpResponse:
    staff = queries.get_staff_member(staff_id=staff_id, actor=request.actor)
    initial = {"roles": list(staff.roles.values_list("pk", flat=True))}
    form = RolesForm(request.POST or None, actor=request.actor, staff=staff, initial=initial)
    if form.is_valid():
        saved = form.attempt(
            actions.change_roles,
            staff_id=staff.pk,
            role_ids=form.cleaned_data["roles"],
            actor=request.actor,
        )
        if saved is not None:
            return done_in_dialog(request, message=_("The roles count from now on."))
    context = {
        "form": form,
        "title": _("Roles of %(name)s") % {"name": staff.name},
        "action": request.path,
    }
    return render(
        request,
        "organisation/_form_dialog.html",
        context,
        status=422 if form.errors else 200,
    )


@requires(MANAGE)
def staff_leave(request: HttpRequest, staff_id: int) -> HttpResponse:
    staff = queries.get_staff_member(staff_id=staff_id, actor=request.actor)
    form = LeaveForm(request.POST or None, actor=request.actor)
    if form.is_valid():
        left = form.attempt(
            actions.leave_staff, staff_id=staff.pk, actor=request.actor, **form.cleaned_data
        )
        if left is not None:
            return done_in_dialog(
                request, message=_("%(name)s can no longer sign in.") % {"name": staff.name}
            )
    context = {
        "form": form,
        "staff": staff,
        "owned": hooks.owned_by(staff.pk),
        "reports": queries.list_reports(staff),
        "action": request.path,
    }
    return render(
        request, "organisation/_staff_leave.html", context, status=422 if form.errors else 200
    )


@require_POST
@requires(MANAGE)
def staff_suspend(request: HttpRequest, staff_id: int) -> HttpResponse:
    actions.suspend_staff(staff_id=staff_id, actor=request.actor)
    return go_to(request, "organisation:staff_detail", staff_id, message=_("Suspended."))


@require_POST
@requires(MANAGE)
def staff_resume(request: HttpRequest, staff_id: int) -> HttpResponse:
    actions.resume_staff(staff_id=staff_id, actor=request.actor)
    return go_to(request, "organisation:staff_detail", staff_id, message=_("Back at work."))


@require_POST
@requires(MANAGE)
def staff_remove_factors(request: HttpRequest, staff_id: int) -> HttpResponse:
    actions.remove_second_factors(staff_id=staff_id, actor=request.actor)
    return go_to(
        request, "organisation:staff_detail", staff_id, message=_("The second factor is removed.")
    )


@require_POST
@requires(MANAGE)
def invitation_resend(request: HttpRequest, staff_id: int) -> HttpResponse:
    actions.resend_invitation(staff_id=staff_id, actor=request.actor)
    return go_to(
        request, "organisation:staff_detail", staff_id, message=_("A new link is on its way.")
    )


@require_POST
@requires(MANAGE)
def invitation_revoke(request: HttpRequest, staff_id: int) -> HttpResponse:
    actions.revoke_invitation(staff_id=staff_id, actor=request.actor)
    return go_to(
        request, "organisation:staff_detail", staff_id, message=_("The link no longer works.")
    )


@never_cache
def invitation_accept(request: HttpRequest, token: str) -> HttpResponse:
    """The page behind the link in an invitation; open to whoever holds the link."""
    invitation = queries.find_invitation(token)
    if invitation is None:
        return render(request, "organisation/invitation_void.html", status=410)
    form = AcceptForm(request.POST or None, initial={"name": invitation.staff_member.name})
    if form.is_valid():
        try:
            user = actions.accept_invitation(
                token=token, language=get_language() or "", **form.cleaned_data
            )
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
        else:
            return sign_in(request, user, reverse("headquarters:home"))
    context = {"form": form, "staff": invitation.staff_member}
    return render(
        request, "organisation/invitation.html", context, status=422 if form.errors else 200
    )


@require_GET
@signed_in
def staff_options(request: HttpRequest) -> HttpResponse:
    """People who work here, by a part of their name, for choosing one in a form."""
    found = queries.find_staff(
        queries.list_staff(request.actor).filter(state=StaffMember.State.ACTIVE),
        request.GET.get("q", "").strip()[:60],
        request.actor,
    ).order_by("name_pinyin", "pk")[:OPTIONS_AT_MOST]
    return combobox_options(
        request,
        [
            (
                person.pk,
                person.name,
                person.home_store.name if person.home_store else _("Headquarters"),
            )
            for person in found
        ],
    )
