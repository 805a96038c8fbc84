from django.urls import path

from apps.notifications.views import inbox

app_name = "notifications"

urlpatterns = [
    path("", inbox.NotificationList.as_view(), name="inbox"),
    path("bell/", inbox.bell, name="bell"),
    path("latest/", inbox.latest, name="latest"),
    path("read-all/", inbox.read_all, name="read_all"),
    path("<int:notification_id>/", inbox.open_notification, name="open"),
]
