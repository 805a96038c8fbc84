"""The mail page of one's own machine."""

from django.urls import path

from tenants.views import mailbox

app_name = "mail"
urlpatterns = [
    path("", mailbox.mail_list, name="mail_list"),
    path("<slug:mail_id>/", mailbox.mail_detail, name="mail_detail"),
    path("<slug:mail_id>/html/", mailbox.mail_html, name="mail_html"),
]
