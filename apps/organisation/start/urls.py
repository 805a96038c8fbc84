"""Addresses under /start/: the first steps of a new group."""

from django.urls import path

from apps.organisation.start import views

app_name = "start"
urlpatterns = [
    path("", views.start, name="start"),
    path("enter/", views.enter, name="enter"),
    path("store/", views.first_store, name="first_store"),
    path("people/", views.people, name="people"),
    path("data/", views.data, name="data"),
    path("sample/remove/", views.remove_sample, name="remove_sample"),
    path("skip/<str:step>/", views.skip, name="skip"),
]
