"""Choosing language and look: on every site, signed in or not."""

from django.urls import path

from forecourt.ui import views

urlpatterns = [
    path("language/", views.set_language, name="set_language"),
    path("theme/", views.set_theme, name="set_theme"),
]
