"""The prices, for everybody, on the bare domain."""

from django.urls import path

from billing.views import prices

app_name = "billing_public"
urlpatterns = [path("", prices.prices, name="prices")]
