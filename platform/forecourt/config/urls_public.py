"""Addresses of the bare domain: the public site, sign-up, the operators."""

from django.conf import settings
from django.urls import include, path
from django.views.generic import TemplateView

urlpatterns = [
    path("", include("tenants.urls")),
    path("prices/", include("billing.urls_public")),
    path("stripe/", include("billing.urls_stripe")),
    path("operators/account/", include("forecourt.accounts.urls_operators")),
    path("operators/", include("forecourt.operators.urls")),
    path("i18n/", include("forecourt.ui.urls_i18n")),
    path("robots.txt", TemplateView.as_view(template_name="robots.txt", content_type="text/plain")),
]
if settings.LOCAL_MAIL_PAGE:
    urlpatterns.append(path("mail/", include("tenants.urls_mail")))
handler403 = "forecourt.ui.views.forbidden"
handler404 = "forecourt.ui.views.not_found"
handler500 = "forecourt.ui.views.server_error"
