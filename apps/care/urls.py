from django.urls import path

from apps.care.views import complaints, dialogs

app_name = "care"
COMPLAINT = "complaints/<int:complaint_id>/"
urlpatterns = [
    path("complaints/", complaints.ComplaintList.as_view(), name="complaint_list"),
    path("complaints/new/", complaints.complaint_create, name="complaint_create"),
    path("complaints/figures/", complaints.figures, name="figures"),
    path(COMPLAINT, complaints.complaint_detail, name="complaint_detail"),
    path(f"{COMPLAINT}step/", dialogs.complaint_step, name="complaint_step"),
    path(f"{COMPLAINT}dispatch/", dialogs.complaint_dispatch, name="complaint_dispatch"),
    path(f"{COMPLAINT}severity/", dialogs.complaint_rate, name="complaint_rate"),
    path(f"{COMPLAINT}compensation/", dialogs.complaint_compensate, name="complaint_compensate"),
    path(f"{COMPLAINT}solve/", dialogs.complaint_solve, name="complaint_solve"),
    path(f"{COMPLAINT}confirm/", dialogs.complaint_confirm, name="complaint_confirm"),
    path(f"{COMPLAINT}reopen/", dialogs.complaint_reopen, name="complaint_reopen"),
]
