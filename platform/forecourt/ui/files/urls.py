"""Addresses through which files come and go."""

from django.urls import path

from forecourt.ui.files import uploads, views

app_name = "files"
UPLOAD = "uploads/<int:upload_id>"
urlpatterns = [
    path("direct/", views.direct, name="direct"),
    path("uploads", uploads.upload_begin, name="upload_begin"),
    path(UPLOAD, uploads.upload, name="upload"),
    path(f"{UPLOAD}/resume", uploads.upload_resume, name="upload_resume"),
    path(f"{UPLOAD}/parts", uploads.upload_parts, name="upload_parts"),
    path(f"{UPLOAD}/complete", uploads.upload_complete, name="upload_complete"),
]
