"""Addresses of the settings."""

from django.urls import path

from forecourt.ui.settings_pages import home

app_name = "settings"
urlpatterns = [
    path("", home.settings_home, name="home"),
]
