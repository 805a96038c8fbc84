"""Addresses that belong to the frame itself."""

from django.urls import path

from forecourt.ui import gallery, views
from forecourt.ui.settings_pages import look

app_name = "ui"
urlpatterns = [
    path("search/", views.search, name="search"),
    path("jobs/<int:job_id>/", views.job_detail, name="job_detail"),
    path("jobs/<int:job_id>/cancel/", views.job_cancel, name="job_cancel"),
    path("jobs/<int:job_id>/file/", views.export_file, name="export_file"),
    path("manifest.webmanifest", views.manifest, name="manifest"),
    path("service-worker.js", views.service_worker, name="service_worker"),
    path("brand/<str:colour>.css", look.brand_css, name="brand_css"),
    path("brand/logo/<str:name>", look.brand_logo, name="brand_logo"),
    path("offline/", views.offline, name="offline"),
    path("gallery/", gallery.gallery, name="gallery"),
    path("gallery/list/", gallery.SampleList.as_view(), name="gallery_list"),
    path("gallery/form/", gallery.gallery_form, name="gallery_form"),
    path("gallery/board/", gallery.gallery_board, name="gallery_board"),
    path("gallery/dialog/", gallery.gallery_dialog, name="gallery_dialog"),
    path("gallery/toast/", gallery.gallery_toast, name="gallery_toast"),
    path("gallery/refusal/", gallery.gallery_refusal, name="gallery_refusal"),
    path("gallery/options/", gallery.gallery_options, name="gallery_options"),
]
