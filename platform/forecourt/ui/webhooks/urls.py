"""Addresses of webhooks."""

from django.urls import path

from forecourt.ui.webhooks import views

app_name = "webhooks"
urlpatterns = [
    path("", views.WebhookList.as_view(), name="webhook_list"),
    path("new/", views.webhook_create, name="webhook_create"),
    path("<int:webhook_id>/", views.DeliveryList.as_view(), name="webhook_detail"),
    path("<int:webhook_id>/history/", views.webhook_history, name="webhook_history"),
    path("<int:webhook_id>/edit/", views.webhook_edit, name="webhook_edit"),
    path("<int:webhook_id>/switch/", views.webhook_switch, name="webhook_switch"),
    path("<int:webhook_id>/test/", views.webhook_test, name="webhook_test"),
    path("<int:webhook_id>/secret/", views.webhook_rotate, name="webhook_rotate"),
    path("<int:webhook_id>/replay/", views.webhook_replay, name="webhook_replay"),
    path("<int:webhook_id>/delete/", views.webhook_delete, name="webhook_delete"),
    path("deliveries/<int:delivery_id>/", views.delivery_detail, name="delivery_detail"),
    path("deliveries/<int:delivery_id>/replay/", views.delivery_replay, name="delivery_replay"),
]
