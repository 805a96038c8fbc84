"""Addresses through which files come and go."""

from django.urls import path

from forecourt.ui.files import views

app_name = "files"
urlpatterns = [
    path("direct/", views.direct, name="direct"),
]
