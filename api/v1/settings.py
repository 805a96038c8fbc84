from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from api.endpoints import Endpoint, change, command, listing, record
from api.fields import Body, IdField, Representation, actor_asking
from api.filters import Filter
from forecourt.kernel import group_settings
from forecourt.kernel.access import Actor
from forecourt.kernel.group_settings import Rule, SettingState, Source

VIEW = "settings.view_setting"


class SettingRow(Representation):
    """A setting as it counts for the group, a brand or a store, and what it allows."""

    key = serializers.CharField(source="setting.key")
    label = serializers.CharField(source="setting.label")
    help = serializers.CharField(source="setting.help")
    kind = serializers.CharField(source="setting.kind.name")
    bounds = serializers.DictField(source="setting.kind.bounds")
    preset = serializers.JSONField(
        source="setting.preset", help_text=_("What counts until somebody decides.")
    )
    value = serializers.JSONField(source="plain")
    source = serializers.ChoiceField(Source.choices)
    rule = serializers.ChoiceField(Rule.choices)
    levels = serializers.ListField(child=serializers.CharField(), source="setting.levels")
    may_change = serializers.BooleanField()


class SettingRecord(SettingRow):
    """The same with what brands and stores have decided for themselves."""

    differences = serializers.SerializerMethodField()

    def get_differences(self, state: SettingState) -> list[dict[str, Any]]:
        found = group_settings.differences_of(state.setting.key, actor_asking())
        return [
            {
                "level": difference.level,
                "id": difference.subject,
                "label": difference.label,
                "value": state.setting.kind.plain(difference.value),
            }
            for difference in found
        ]


class PlaceBody(Body):
    store_id = IdField(required=False)
    brand_id = IdField(required=False)


class SettingBody(PlaceBody):
    value = serializers.JSONField(required=False, allow_null=True)
    rule = serializers.ChoiceField(
        Rule.choices, required=False, help_text=_("Headquarters' rule; of the whole group alone.")
    )


class PreviewBody(Body):
    value = serializers.JSONField()


class PreviewRow(Representation):
    """A table of what a value would have meant, beside what counts now."""

    text = serializers.CharField()
    heads = serializers.ListField(child=serializers.CharField())
    rows = serializers.ListField(child=serializers.ListField())


def list_settings(
    *, actor: Actor, store_id: int | None = None, brand_id: int | None = None
) -> list[SettingState]:
    place = group_settings.viewpoint_of(actor, store_id=store_id, brand_id=brand_id)
    return group_settings.list_settings(actor, place)


def get_setting(*, key: str, actor: Actor) -> SettingState:
    return group_settings.state_of(key, actor, group_settings.viewpoint_of(actor))


def change_setting(*, key: str, actor: Actor, **values: Any) -> SettingState:
    group_settings.change_setting(key=key, actor=actor, **values)
    return get_setting(key=key, actor=actor)


def reset_setting(*, key: str, actor: Actor, **place: Any) -> SettingState:
    group_settings.reset_setting(key=key, actor=actor, **place)
    return get_setting(key=key, actor=actor)


class Settings(Endpoint):
    tag = "settings"
    get = listing(
        list_settings,
        SettingRow,
        name="list_settings",
        summary=_("Settings"),
        description=_(
            "As they count for the group or, with `store_id` or `brand_id`, for a store or a "
            "brand. Whoever is not headquarters sees what is open for her own store."
        ),
        filters={
            "store_id": Filter(IdField(), "store_id"),
            "brand_id": Filter(IdField(), "brand_id"),
        },
    )


class Setting(Endpoint):
    tag = "settings"
    get = record(
        get_setting,
        SettingRecord,
        name="get_setting",
        summary=_("A setting"),
        permission=VIEW,
    )
    patch = change(
        change_setting,
        SettingBody,
        SettingRecord,
        get_row=get_setting,
        lock=group_settings.lock_setting,
        name="change_setting",
        summary=_("Decide a setting"),
        permission=VIEW,
        description=_("For the group or, with `store_id` or `brand_id`, for a store or a brand."),
    )


class PreviewSetting(Endpoint):
    tag = "settings"
    post = command(
        group_settings.preview_setting,
        PreviewBody,
        PreviewRow,
        name="preview_setting",
        summary=_("What a value would have meant for the last 90 days; nothing is saved"),
        permission=VIEW,
        description=_("Of settings that can show it, such as the limits of age of stock."),
    )


class ResetSetting(Endpoint):
    tag = "settings"
    post = command(
        reset_setting,
        PlaceBody,
        SettingRecord,
        name="reset_setting",
        summary=_("Take a decision back"),
        permission=VIEW,
    )
