from django.urls import path

from apps.headquarters import views

app_name = "headquarters"
urlpatterns = [
    path("", views.home, name="home"),
    path("overview/figures.csv", views.figures_csv, name="figures_csv"),
]
