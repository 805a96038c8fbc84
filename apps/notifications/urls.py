from django.urls import path

from apps.notifications.views import channels, choosing, deliveries, inbox, opting_out, texts

app_name = "notifications"
TEXT = "texts/<str:event_code>/<str:way>/<str:language>/"

urlpatterns = [
    path("", inbox.NotificationList.as_view(), name="inbox"),
    path("bell/", inbox.bell, name="bell"),
    path("latest/", inbox.latest, name="latest"),
    path("read-all/", inbox.read_all, name="read_all"),
    path("<int:notification_id>/", inbox.open_notification, name="open"),
    path("preferences/", choosing.preferences, name="preferences"),
    path("preferences/reset/", choosing.preferences_reset, name="preferences_reset"),
    path("channels/", channels.channel_list, name="channel_list"),
    path("channels/<str:code>/", channels.channel_detail, name="channel"),
    path("channels/<str:code>/switch/", channels.channel_switch, name="channel_switch"),
    path("channels/<str:code>/try/", channels.channel_try, name="channel_try"),
    path("texts/", texts.text_list, name="text_list"),
    path(TEXT, texts.text_detail, name="text"),
    path(f"{TEXT}preview/", texts.text_preview, name="text_preview"),
    path(f"{TEXT}reset/", texts.text_reset, name="text_reset"),
    path("deliveries/", deliveries.DeliveryList.as_view(), name="delivery_list"),
    path("deliveries/<int:delivery_id>/again/", deliveries.delivery_again, name="delivery_again"),
    path("out/<str:token>/", opting_out.way_out, name="opt_out"),
]
