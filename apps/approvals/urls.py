"""Addresses of approvals."""

from django.urls import path

from apps.approvals.views import flows, inbox, requests

app_name = "approvals"
REQUEST = "<int:approval_id>/"
FLOW = "flows/<int:flow_id>/"
urlpatterns = [
    path("", inbox.WaitingBox.as_view(), name="waiting_list"),
    path("approve/", inbox.approve_by_rule, name="approve_by_rule"),
    path("waiting-badge/", inbox.waiting_badge, name="waiting_badge"),
    path("submitted/", inbox.SubmittedBox.as_view(), name="submitted_list"),
    path("decided/", inbox.DecidedBox.as_view(), name="decided_list"),
    path("all/", inbox.AllBox.as_view(), name="approval_list"),
    path("new/", requests.approval_create, name="approval_create"),
    path("away/", requests.absences, name="absences"),
    path("away/<int:absence_id>/end/", requests.absence_end, name="absence_end"),
    path(REQUEST, requests.approval_detail, name="approval_detail"),
    path(f"{REQUEST}approve/", requests.approval_approve, name="approval_approve"),
    path(f"{REQUEST}reject/", requests.approval_reject, name="approval_reject"),
    path(f"{REQUEST}return/", requests.approval_return, name="approval_return"),
    path(f"{REQUEST}resubmit/", requests.approval_resubmit, name="approval_resubmit"),
    path(f"{REQUEST}withdraw/", requests.approval_withdraw, name="approval_withdraw"),
    path(f"{REQUEST}delegate/", requests.approval_delegate, name="approval_delegate"),
    path(f"{REQUEST}comment/", requests.approval_comment, name="approval_comment"),
    path(f"{REQUEST}attach/", requests.approval_attach, name="approval_attach"),
    path(f"{REQUEST}files/<int:act_id>/", requests.attachment, name="attachment"),
    path("flows/", flows.flow_list, name="flow_list"),
    path("flows/new/", flows.flow_create, name="flow_create"),
    path("flows/kinds/new/", flows.request_kind_create, name="request_kind_create"),
    path("flows/kinds/<int:request_kind_id>/", flows.request_kind_edit, name="request_kind_edit"),
    path(FLOW, flows.flow_detail, name="flow_detail"),
    path(f"{FLOW}steps/new/", flows.step_create, name="step_create"),
    path(f"{FLOW}steps/<int:index>/", flows.step_edit, name="step_edit"),
    path(f"{FLOW}steps/<int:index>/remove/", flows.step_remove, name="step_remove"),
    path(f"{FLOW}steps/condition/", flows.step_condition, name="step_condition"),
    path(f"{FLOW}steps/move/", flows.step_move, name="step_move"),
    path(f"{FLOW}on-return/", flows.flow_on_return, name="flow_on_return"),
    path(f"{FLOW}publish/", flows.flow_publish, name="flow_publish"),
    path(f"{FLOW}retire/", flows.flow_retire, name="flow_retire"),
    path(f"{FLOW}replay/", flows.flow_replay_start, name="flow_replay_start"),
    path("flows/replays/<int:job_id>/", flows.flow_replay, name="flow_replay"),
    path(f"{FLOW}try/", flows.flow_try, name="flow_try"),
    path("figures/", flows.figures, name="figures"),
]
