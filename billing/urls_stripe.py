"""Stripe's own address, on the bare domain."""

from django.urls import path

from billing.views.webhook import stripe_webhook

app_name = "stripe"
urlpatterns = [path("webhook/", stripe_webhook, name="webhook")]
