"""Addresses of the API, version 1."""

from django.urls import path, re_path
from django.views.generic import RedirectView

from api.endpoints import UnknownEndpoint
from api.v1 import (
    customers,
    events,
    exports,
    figures,
    imports,
    jobs,
    leads,
    notifications,
    opportunities,
    reference,
    roles,
    search,
    settings,
    staff,
    stock_units,
    stores,
    transfers,
    webhooks,
)

app_name = "api"
CUSTOMER = "customers/<int:customer_id>"
LEAD = "leads/<int:lead_id>"
OPPORTUNITY = "opportunities/<int:opportunity_id>"
NOTIFICATION = "notifications/<int:notification_id>"
UNIT = "stock-units/<int:stock_unit_id>"
IMPORT = "imports/<int:run_id>"
EXPORT = "exports/<int:export_id>"
TRANSFER = "transfers/<int:transfer_id>"
WEBHOOK = "webhooks/<int:webhook_id>"

urlpatterns = [
    path("stores", stores.Stores.as_view(), name="stores"),
    path("stores/<int:store_id>", stores.Store.as_view(), name="store"),
    path("staff", staff.StaffList.as_view(), name="staff"),
    path("staff/<int:staff_id>", staff.StaffMember.as_view(), name="staff_member"),
    path("roles", roles.Roles.as_view(), name="roles"),
    path("roles/<int:role_id>", roles.Role.as_view(), name="role"),
    path("roles/<int:role_id>/copy", roles.CopyRole.as_view(), name="role_copy"),
    path("customers", customers.Customers.as_view(), name="customers"),
    path(CUSTOMER, customers.Customer.as_view(), name="customer"),
    path(f"{CUSTOMER}/phones", customers.CustomerPhones.as_view(), name="customer_phones"),
    path("leads", leads.Leads.as_view(), name="leads"),
    path(LEAD, leads.Lead.as_view(), name="lead"),
    path(f"{LEAD}/claim", leads.Claim.as_view(), name="lead_claim"),
    path(f"{LEAD}/invalid", leads.Invalidate.as_view(), name="lead_invalid"),
    path(f"{LEAD}/qualify", leads.Qualify.as_view(), name="lead_qualify"),
    path(f"{LEAD}/contacts", leads.Contacts.as_view(), name="lead_contacts"),
    path("opportunities", opportunities.Opportunities.as_view(), name="opportunities"),
    path(OPPORTUNITY, opportunities.Opportunity.as_view(), name="opportunity"),
    path(f"{OPPORTUNITY}/move", opportunities.Move.as_view(), name="opportunity_move"),
    path(f"{OPPORTUNITY}/lose", opportunities.Lose.as_view(), name="opportunity_lose"),
    path("stock-units", stock_units.StockUnits.as_view(), name="stock_units"),
    path(UNIT, stock_units.StockUnit.as_view(), name="stock_unit"),
    path(f"{UNIT}/reserve", stock_units.Reserve.as_view(), name="stock_unit_reserve"),
    path(f"{UNIT}/release", stock_units.Release.as_view(), name="stock_unit_release"),
    path("notifications", notifications.Notifications.as_view(), name="notifications"),
    path(
        "notifications/read-all", notifications.MarkAllRead.as_view(), name="notifications_read_all"
    ),
    path(NOTIFICATION, notifications.Notification.as_view(), name="notification"),
    path(f"{NOTIFICATION}/read", notifications.MarkRead.as_view(), name="notification_read"),
    path("transfers", transfers.Transfers.as_view(), name="transfers"),
    path(TRANSFER, transfers.Transfer.as_view(), name="transfer"),
    path(f"{TRANSFER}/approve", transfers.Approve.as_view(), name="transfer_approve"),
    path(f"{TRANSFER}/reject", transfers.Reject.as_view(), name="transfer_reject"),
    path(f"{TRANSFER}/dispatch", transfers.Dispatch.as_view(), name="transfer_dispatch"),
    path(f"{TRANSFER}/receive", transfers.Receive.as_view(), name="transfer_receive"),
    path(f"{TRANSFER}/refuse", transfers.Refuse.as_view(), name="transfer_refuse"),
    path(f"{TRANSFER}/cancel", transfers.Cancel.as_view(), name="transfer_cancel"),
    path("events", events.Events.as_view(), name="events"),
    path("event-types", events.EventTypes.as_view(), name="event_types"),
    path("webhooks", webhooks.Webhooks.as_view(), name="webhooks"),
    path(WEBHOOK, webhooks.Webhook.as_view(), name="webhook"),
    path(f"{WEBHOOK}/rotate", webhooks.Rotate.as_view(), name="webhook_rotate"),
    path(f"{WEBHOOK}/test", webhooks.Test.as_view(), name="webhook_test"),
    path(f"{WEBHOOK}/deliveries", webhooks.Deliveries.as_view(), name="webhook_deliveries"),
    path(f"{WEBHOOK}/replay", webhooks.Replay.as_view(), name="webhook_replay"),
    path("figures", figures.Figures.as_view(), name="figures"),
    path("settings", settings.Settings.as_view(), name="settings"),
    path("settings/<str:key>", settings.Setting.as_view(), name="setting"),
    path("settings/<str:key>/reset", settings.ResetSetting.as_view(), name="setting_reset"),
    path("search", search.Search.as_view(), name="search"),
    path("import-kinds", imports.Kinds.as_view(), name="import_kinds"),
    path("imports", imports.Imports.as_view(), name="imports"),
    path(IMPORT, imports.Import.as_view(), name="import"),
    path(f"{IMPORT}/mapping", imports.Mapping.as_view(), name="import_mapping"),
    path(f"{IMPORT}/check", imports.Check.as_view(), name="import_check"),
    path(f"{IMPORT}/run", imports.Run.as_view(), name="import_run"),
    path(f"{IMPORT}/cancel", imports.Cancel.as_view(), name="import_cancel"),
    path(f"{IMPORT}/findings", imports.Findings.as_view(), name="import_findings"),
    path(f"{IMPORT}/rejected.csv", imports.RejectedAsCsv.as_view(), name="rejected_csv"),
    path(f"{IMPORT}/rejected.xlsx", imports.RejectedAsXlsx.as_view(), name="rejected_xlsx"),
    path("export-lists", exports.Lists.as_view(), name="export_lists"),
    path("exports", exports.Exports.as_view(), name="exports"),
    path(EXPORT, exports.Export.as_view(), name="export"),
    path(f"{EXPORT}/file", exports.ExportFile.as_view(), name="export_file"),
    path(f"{EXPORT}/cancel", exports.CancelExport.as_view(), name="export_cancel"),
    path("jobs", jobs.Jobs.as_view(), name="jobs"),
    path("jobs/<int:job_id>", jobs.Job.as_view(), name="job"),
    path("jobs/<int:job_id>/cancel", jobs.CancelJob.as_view(), name="job_cancel"),
    path("schema/", reference.schema, name="schema"),
    path("docs/", reference.docs, name="docs"),
    path("schema", RedirectView.as_view(pattern_name="api:schema")),
    path("docs", RedirectView.as_view(pattern_name="api:docs")),
    re_path(r"", UnknownEndpoint.as_view(), name="unknown"),
]
