"""The console, under /operators/ of the bare domain."""

from django.urls import path

from forecourt.operators.views import groups, platform

app_name = "operators"
urlpatterns = [
    path("", platform.home, name="home"),
    path("groups/", groups.group_list, name="group_list"),
    path("groups/<int:group_id>/", groups.group_detail, name="group_detail"),
    path("groups/<int:group_id>/extend-trial/", groups.extend_trial, name="extend_trial"),
    path("groups/<int:group_id>/suspend/", groups.suspend, name="suspend"),
    path("groups/<int:group_id>/let-go/", groups.let_go, name="let_go"),
    path("groups/<int:group_id>/backup/", groups.start_backup, name="start_backup"),
    path("groups/<int:group_id>/restore/", groups.restore_backup, name="restore_backup"),
    path("support/<slug:slug>/", groups.enter_group, name="enter_group"),
    path("events/", platform.event_list, name="event_list"),
    path("jobs/", platform.job_list, name="job_list"),
    path("spaces/", platform.space_list, name="space_list"),
    path("spaces/prepare/", platform.prepare_spaces, name="prepare_spaces"),
    path("releases/", platform.release_list, name="release_list"),
    path("log/", platform.log, name="log"),
]
