"""Addresses of the settings."""

from django.urls import path

from forecourt.ui.settings_pages import home, numbering, values

app_name = "settings"
urlpatterns = [
    path("", home.settings_home, name="home"),
    path("numbering/", numbering.numbering_list, name="numbering"),
    path("numbering/<str:kind>/", numbering.numbering_edit, name="numbering_edit"),
    path("numbering/<str:kind>/preview/", numbering.numbering_preview, name="numbering_preview"),
    path("values/", values.setting_list, name="values"),
    path("values/<str:key>/", values.setting_edit, name="edit"),
    path("values/<str:key>/reset/", values.setting_reset, name="reset"),
    path("values/<str:key>/history/", values.setting_history, name="history"),
]
