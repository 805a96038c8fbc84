"""Addresses of documents."""

from django.urls import path

from apps.documents.views import acts, documents, erasing, kinds, records, uploads

app_name = "documents"
DOCUMENT = "<int:document_id>/"
VERSION = f"{DOCUMENT}versions/<int:number>/"
RECORD = "of/<str:subject>/<int:subject_id>/"
urlpatterns = [
    path("", documents.DocumentList.as_view(), name="document_list"),
    path("record-options/", records.record_options, name="record_options"),
    path(RECORD, records.panel, name="panel"),
    path(f"{RECORD}add/", uploads.document_add, name="document_add"),
    path(f"{RECORD}erase/", erasing.papers_erase, name="papers_erase"),
    path("erasures/<int:erasure_id>/", erasing.erasure_proof, name="erasure_proof"),
    path("kinds/", kinds.kind_list, name="kind_list"),
    path("kinds/new/", kinds.kind_create, name="kind_create"),
    path("kinds/<int:document_kind_id>/", kinds.kind_edit, name="kind_edit"),
    path("kinds/<int:document_kind_id>/remove/", kinds.kind_remove, name="kind_remove"),
    path(DOCUMENT, documents.document_detail, name="document_detail"),
    path(f"{DOCUMENT}edit/", acts.document_edit, name="document_edit"),
    path(f"{DOCUMENT}link/", acts.document_link, name="document_link"),
    path(f"{DOCUMENT}unlink/", acts.document_unlink, name="document_unlink"),
    path(f"{DOCUMENT}remove/", acts.document_remove, name="document_remove"),
    path(f"{DOCUMENT}hold/", acts.document_hold, name="document_hold"),
    path(f"{DOCUMENT}release/", acts.document_release, name="document_release"),
    path(f"{DOCUMENT}file/", documents.document_file, name="document_file"),
    path(f"{DOCUMENT}thumbnail/", documents.document_thumbnail, name="document_thumbnail"),
    path(f"{DOCUMENT}versions/add/", uploads.version_add, name="version_add"),
    path(f"{VERSION}file/", documents.document_file, name="version_file"),
    path(f"{VERSION}restore/", acts.version_restore, name="version_restore"),
    path(f"{VERSION}remove/", acts.version_remove, name="version_remove"),
    path(f"{VERSION}abandon/", acts.version_abandon, name="version_abandon"),
]
