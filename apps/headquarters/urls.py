from django.urls import path

from apps.headquarters import views

app_name = "headquarters"
urlpatterns = [
    path("", views.home, name="home"),
    path("overview/sales/", views.sales_report, name="sales_report"),
    path("overview/figures.csv", views.figures_csv, name="figures_csv"),
]
