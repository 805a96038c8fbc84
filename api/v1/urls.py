"""Addresses of the API, version 1."""

from django.urls import path, re_path
from django.views.generic import RedirectView

from api.endpoints import UnknownEndpoint
from api.v1 import reference, stores

app_name = "api"
urlpatterns = [
    path("stores", stores.Stores.as_view(), name="stores"),
    path("stores/<int:store_id>", stores.Store.as_view(), name="store"),
    path("schema/", reference.schema, name="schema"),
    path("docs/", reference.docs, name="docs"),
    path("docs", RedirectView.as_view(pattern_name="api:docs")),
    path("schema", RedirectView.as_view(pattern_name="api:schema")),
    re_path(r"", UnknownEndpoint.as_view(), name="unknown"),
]
