"""Addresses of one group's site."""

from django.urls import include, path

urlpatterns = [
    # First, because calls come in numbers and an address is sought from the top.
    path("api/v1/", include("api.v1.urls")),
    path("", include("apps.headquarters.urls")),
    path("", include("forecourt.ui.urls")),
    path("i18n/", include("forecourt.ui.urls_i18n")),
    path("files/", include("forecourt.ui.files.urls")),
    path("custom-fields/", include("forecourt.ui.custom.urls")),
    path("imports/", include("forecourt.ui.imports.urls")),
    path("settings/support/", include("forecourt.support.urls")),
    path("support/", include("forecourt.support.urls_door")),
    path("settings/webhooks/", include("forecourt.ui.webhooks.urls")),
    path("settings/", include("forecourt.ui.settings_pages.urls")),
    path("billing/", include("billing.urls")),
    path("accounts/", include("forecourt.accounts.urls")),
    path("organisation/", include("apps.organisation.urls")),
    path("notifications/", include("apps.notifications.urls")),
    path("start/", include("apps.organisation.start.urls")),
    path("approvals/", include("apps.approvals.urls")),
    path("discussions/", include("apps.discussions.urls")),
    path("documents/", include("apps.documents.urls")),
    path("crm/", include("apps.crm.urls")),
    path("vehicles/", include("apps.vehicles.urls")),
    path("marketing/", include("apps.marketing.urls")),
    path("care/", include("apps.care.urls")),
    path("sales/", include("apps.sales.urls")),
]
handler403 = "forecourt.ui.views.forbidden"
handler404 = "forecourt.ui.views.not_found"
handler500 = "forecourt.ui.views.server_error"
