"""Addresses of custom fields."""

from django.urls import path

from forecourt.ui.custom import views

app_name = "custom_fields"
urlpatterns = [
    path("", views.home, name="home"),
    path("add/", views.add, name="add"),
    path("order/", views.order, name="order"),
    path("preview/", views.preview, name="preview"),
    path("<int:field_id>/", views.edit, name="edit"),
    path("<int:field_id>/kind/", views.change_kind, name="kind"),
    path("<int:field_id>/retire/", views.retire, name="retire"),
    path("<int:field_id>/restore/", views.restore, name="restore"),
    path("<int:field_id>/delete/", views.delete, name="delete"),
    path("<int:field_id>/blocking/", views.blocking, name="blocking"),
    path("of/<str:host>/<int:row_id>/", views.values, name="values"),
    path("of/<str:host>/<int:row_id>/<str:code>/", views.file, name="file"),
]
