"""The door of a group for the platform's people, under /support/."""

from django.urls import path

from forecourt.support import views

app_name = "support"
urlpatterns = [
    path("enter/", views.enter, name="enter"),
    path("leave/", views.leave, name="leave"),
    path("over/", views.over, name="over"),
]
