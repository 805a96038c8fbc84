"""The public site."""

from django.urls import path

from tenants import views
from tenants.views import about, certificates, hosts

app_name = "tenants"
urlpatterns = [
    path("", views.home, name="home"),
    path("terms/", about.terms, name="terms"),
    path("status/", about.status, name="status"),
    path("signup/", views.sign_up, name="sign_up"),
    path("signup/address/", views.sign_up_address, name="sign_up_address"),
    path("signup/password/", views.sign_up_password, name="sign_up_password"),
    path("signup/sent/", views.sign_up_sent, name="sign_up_sent"),
    path("signup/confirm/", views.sign_up_confirm, name="sign_up_confirm"),
    path("signup/progress/", views.sign_up_progress, name="sign_up_progress"),
    path(
        "erased/<str:code>/",
        certificates.erasure_certificate,
        name="erasure_certificate",
    ),
    path("tls/ask/", hosts.served, name="host_served"),
    path("signin/", views.sign_in, name="sign_in"),
]
