"""Addresses of the settings."""

from django.urls import path

from forecourt.ui.settings_pages import (
    configuration,
    home,
    look,
    numbering,
    option_lists,
    translations,
    values,
)

app_name = "settings"
LIST = "option-lists/<str:list_code>/"
VALUE = f"{LIST}<int:value_id>/"
VERSION = "configuration/<int:version_id>/"
urlpatterns = [
    path("", home.settings_home, name="home"),
    path("look/", look.look, name="look"),
    path("look/<str:part>/reset/", look.look_reset, name="look_reset"),
    path("numbering/", numbering.numbering_list, name="numbering"),
    path("numbering/<str:kind>/", numbering.numbering_edit, name="numbering_edit"),
    path("numbering/<str:kind>/preview/", numbering.numbering_preview, name="numbering_preview"),
    path("values/", values.setting_list, name="values"),
    path("values/<str:key>/", values.setting_edit, name="edit"),
    path("values/<str:key>/reset/", values.setting_reset, name="reset"),
    path("values/<str:key>/history/", values.setting_history, name="history"),
    path("translations/", translations.missing_translations, name="missing_translations"),
    path("option-lists/", option_lists.option_list_list, name="option_list_list"),
    path(LIST, option_lists.option_list_detail, name="option_list_detail"),
    path(f"{LIST}history/", option_lists.option_list_history, name="option_list_history"),
    path(f"{LIST}add/", option_lists.option_value_add, name="option_value_add"),
    path(f"{VALUE}edit/", option_lists.option_value_edit, name="option_value_edit"),
    path(f"{VALUE}move/", option_lists.option_value_move, name="option_value_move"),
    path(f"{VALUE}switch/", option_lists.option_value_switch, name="option_value_switch"),
    path(f"{VALUE}remove/", option_lists.option_value_remove, name="option_value_remove"),
    path("configuration/", configuration.VersionList.as_view(), name="configuration"),
    path(
        "configuration/download/",
        configuration.configuration_download,
        name="configuration_download",
    ),
    path("configuration/upload/", configuration.configuration_upload, name="configuration_upload"),
    path("configuration/apply/", configuration.configuration_apply, name="configuration_apply"),
    path("configuration/save/", configuration.configuration_save, name="configuration_save"),
    path(VERSION, configuration.configuration_version, name="configuration_version"),
    path(
        f"{VERSION}download/",
        configuration.configuration_version_download,
        name="configuration_version_download",
    ),
    path(f"{VERSION}restore/", configuration.configuration_restore, name="configuration_restore"),
]
