"""Addresses under /organisation/."""

from django.urls import path

from apps.organisation.views import (
    chat_ids,
    departments,
    group,
    numbers,
    positions,
    roles,
    staff,
    stores,
)

app_name = "organisation"
urlpatterns = [
    path("stores/", stores.StoreList.as_view(), name="store_list"),
    path("stores/new/", stores.store_create, name="store_create"),
    path("stores/cost/", stores.store_cost, name="store_cost"),
    path("stores/<int:store_id>/", stores.store_detail, name="store_detail"),
    path("stores/<int:store_id>/edit/", stores.store_edit, name="store_edit"),
    path("stores/<int:store_id>/state/", stores.store_state, name="store_state"),
    path("stores/<int:store_id>/left/", stores.store_left, name="store_left"),
    path("divisions/", stores.division_options, name="division_options"),
    path("structure/", stores.structure, name="structure"),
    path("companies/new/", stores.company_create, name="company_create"),
    path("companies/<int:company_id>/edit/", stores.company_edit, name="company_edit"),
    path("regions/new/", stores.region_create, name="region_create"),
    path("regions/<int:region_id>/edit/", stores.region_edit, name="region_edit"),
    path("staff/", staff.StaffList.as_view(), name="staff_list"),
    path("staff/invite/", staff.staff_invite, name="staff_invite"),
    path("staff/options/", staff.staff_options, name="staff_options"),
    path("staff/<int:staff_id>/", staff.staff_detail, name="staff_detail"),
    path("staff/<int:staff_id>/edit/", staff.staff_edit, name="staff_edit"),
    path("staff/<int:staff_id>/roles/", staff.staff_roles, name="staff_roles"),
    path(
        "staff/<int:staff_id>/national-id/",
        numbers.staff_national_id,
        name="staff_national_id",
    ),
    path(
        "staff/<int:staff_id>/national-id/reveal/",
        numbers.staff_national_id_reveal,
        name="staff_national_id_reveal",
    ),
    path(
        "staff/<int:staff_id>/driving-licence/",
        numbers.staff_driving_licence,
        name="staff_driving_licence",
    ),
    path(
        "staff/<int:staff_id>/driving-licence/reveal/",
        numbers.staff_driving_licence_reveal,
        name="staff_driving_licence_reveal",
    ),
    path(
        "staff/<int:staff_id>/bank-account/",
        numbers.staff_bank_account,
        name="staff_bank_account",
    ),
    path(
        "staff/<int:staff_id>/bank-account/reveal/",
        numbers.staff_bank_account_reveal,
        name="staff_bank_account_reveal",
    ),
    path("staff/<int:staff_id>/chat-apps/", chat_ids.staff_chat_ids, name="staff_chat_ids"),
    path("staff/<int:staff_id>/suspend/", staff.staff_suspend, name="staff_suspend"),
    path("staff/<int:staff_id>/resume/", staff.staff_resume, name="staff_resume"),
    path("staff/<int:staff_id>/leave/", staff.staff_leave, name="staff_leave"),
    path(
        "staff/<int:staff_id>/second-factor/remove/",
        staff.staff_remove_factors,
        name="staff_remove_factors",
    ),
    path(
        "staff/<int:staff_id>/invitation/resend/",
        staff.invitation_resend,
        name="invitation_resend",
    ),
    path(
        "staff/<int:staff_id>/invitation/revoke/",
        staff.invitation_revoke,
        name="invitation_revoke",
    ),
    path("invitations/<str:token>/", staff.invitation_accept, name="invitation_accept"),
    path("my-chat-apps/", chat_ids.own_chat_ids, name="own_chat_ids"),
    path("my-rights/", staff.own_rights, name="own_rights"),
    path("departments/", departments.department_list, name="department_list"),
    path("departments/new/", departments.department_create, name="department_create"),
    path("departments/options/", departments.department_options, name="department_options"),
    path(
        "departments/<int:department_id>/", departments.department_detail, name="department_detail"
    ),
    path(
        "departments/<int:department_id>/edit/",
        departments.department_edit,
        name="department_edit",
    ),
    path(
        "departments/<int:department_id>/retire/",
        departments.department_retire,
        name="department_retire",
    ),
    path(
        "departments/<int:department_id>/restore/",
        departments.department_restore,
        name="department_restore",
    ),
    path("positions/", positions.PositionList.as_view(), name="position_list"),
    path("positions/new/", positions.position_create, name="position_create"),
    path("positions/<int:position_id>/", positions.position_detail, name="position_detail"),
    path("positions/<int:position_id>/edit/", positions.position_edit, name="position_edit"),
    path("positions/<int:position_id>/retire/", positions.position_retire, name="position_retire"),
    path(
        "positions/<int:position_id>/restore/",
        positions.position_restore,
        name="position_restore",
    ),
    path("roles/", roles.role_list, name="role_list"),
    path("roles/<int:role_id>/", roles.role_detail, name="role_detail"),
    path("roles/<int:role_id>/copy/", roles.role_copy, name="role_copy"),
    path("roles/<int:role_id>/delete/", roles.role_delete, name="role_delete"),
    path("settings/", group.group_settings, name="group_settings"),
    path("audit/", group.AuditLog.as_view(), name="audit_log"),
]
