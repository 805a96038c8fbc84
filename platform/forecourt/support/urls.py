"""The owner's page, under /settings/support/."""

from django.urls import path

from forecourt.support import views

app_name = "support_access"
urlpatterns = [
    path("", views.home, name="home"),
    path("grant/", views.grant, name="grant"),
    path("end/", views.end, name="end"),
]
