"""Addresses of imports."""

from django.urls import path

from forecourt.ui.imports import views

app_name = "imports"
urlpatterns = [
    path("", views.RunList.as_view(), name="run_list"),
    path("new/", views.start, name="start"),
    path("new/<str:kind>/", views.upload, name="upload"),
    path("<int:run_id>/", views.run_detail, name="run_detail"),
    path("<int:run_id>/columns/", views.columns, name="columns"),
    path("<int:run_id>/columns/<str:name>/", views.column, name="column"),
    path("<int:run_id>/reading/", views.reading, name="reading"),
    path("<int:run_id>/check/", views.check, name="check"),
    path("<int:run_id>/progress/", views.progress, name="progress"),
    path("<int:run_id>/run/", views.run, name="run"),
    path("<int:run_id>/cancel/", views.cancel, name="cancel"),
    path("<int:run_id>/discard/", views.discard, name="discard"),
    path("<int:run_id>/findings/", views.FindingList.as_view(), name="findings"),
    path("<int:run_id>/rejected.csv", views.rejected_as_csv, name="rejected_csv"),
    path("<int:run_id>/rejected.xlsx", views.rejected_as_xlsx, name="rejected_xlsx"),
]
