"""Addresses of documents."""

from django.urls import path

from apps.documents.views import (
    acts,
    documents,
    erasing,
    kinds,
    papers,
    public_signing,
    records,
    signing,
    templates,
    uploads,
)

app_name = "documents"
DOCUMENT = "<int:document_id>/"
VERSION = f"{DOCUMENT}versions/<int:number>/"
RECORD = "of/<str:subject>/<int:subject_id>/"
TEMPLATE = "templates/<str:code>/<str:language>/"
TEMPLATE_VERSION = "templates/versions/<int:document_template_id>/"
urlpatterns = [
    path("", documents.DocumentList.as_view(), name="document_list"),
    path("files-taken/", uploads.files_taken, name="files_taken"),
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
    # Papers made from templates.
    path("papers/<str:code>/<int:subject_id>/", papers.paper_make, name="paper_make"),
    path(f"{DOCUMENT}pages/<int:number>/", papers.paper_page, name="paper_page"),
    path(f"{DOCUMENT}signing/", signing.paper_signing, name="paper_signing"),
    path(f"{DOCUMENT}signing/<str:field>/", signing.sign_field, name="sign_field"),
    path(f"{DOCUMENT}signing/<str:field>/link/", signing.signature_ask, name="signature_ask"),
    path(
        "signing-requests/<int:signing_request_id>/cancel/",
        signing.signing_request_cancel,
        name="signing_request_cancel",
    ),
    path("templates/", templates.template_list, name="template_list"),
    path("templates/seal/", papers.seal_detail, name="seal"),
    path("templates/seal/certificate/", papers.seal_certificate, name="seal_certificate"),
    path(TEMPLATE_VERSION, templates.template_version, name="template_version"),
    path(f"{TEMPLATE_VERSION}publish/", templates.template_publish, name="template_publish"),
    path(f"{TEMPLATE_VERSION}discard/", templates.template_discard, name="template_discard"),
    path(f"{TEMPLATE_VERSION}restore/", templates.template_restore, name="template_restore"),
    path(f"{TEMPLATE_VERSION}retire/", templates.template_retire, name="template_retire"),
    path(TEMPLATE, templates.template_edit, name="template_edit"),
    path(f"{TEMPLATE}preview/", templates.template_preview, name="template_preview"),
    # Without signing in: the link is the proof.
    path("sign/<str:token>/", public_signing.sign, name="sign"),
    path("sign/<str:token>/file/", public_signing.sign_file, name="sign_file"),
    path("sign/<str:token>/pages/<int:number>/", public_signing.sign_page, name="sign_page"),
]
