"""The group's own pages of its subscription."""

from django.urls import path

from billing.views import pages

app_name = "billing"
urlpatterns = [
    path("", pages.home, name="home"),
    path("invoices/", pages.invoices, name="invoices"),
    path("subscribe/", pages.subscribe, name="subscribe"),
    path("plan/", pages.change_plan, name="change_plan"),
    path("interval/", pages.interval, name="interval"),
    path("portal/", pages.portal, name="portal"),
    path("done/", pages.done, name="done"),
]
