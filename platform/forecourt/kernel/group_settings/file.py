"""What a group has decided, as a part of the configuration file.

Brands stand in it by name and stores by code. What waits below a fixed rule is no part of it.
"""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from forecourt.kernel.access import Actor
from forecourt.kernel.configuration import (
    Anything,
    MapOf,
    OneOf,
    Part,
    Record,
    Report,
    Text,
    at,
    register,
)
from forecourt.kernel.configuration.report import Place
from forecourt.kernel.errors import DomainError, NotFound
from forecourt.kernel.group_settings.actions import change_setting, reset_setting
from forecourt.kernel.group_settings.declaration import (
    Level,
    Rule,
    Setting,
    all_settings,
    get_setting,
    subjects_for,
)
from forecourt.kernel.models.settings import SettingValue

BELOW = {"brands": Level.BRAND, "stores": Level.STORE}
FORM = MapOf(
    Record(
        {
            "rule": OneOf(["", *Rule.values]),
            "value": Anything(),
            "brands": MapOf(Anything(), key=Text(160)),
            "stores": MapOf(Anything(), key=Text(8)),
        },
        {"rule": "", "value": None, "brands": {}, "stores": {}},
    ),
    key=Text(40),
)


class Decisions:
    """The shape of the part: values are read as their settings' kinds keep them."""

    def read(self, value: Any, place: Place, report: Report) -> Any:
        found = {}
        for key, entry in sorted(FORM.read(value, place, report).items()):
            try:
                setting = get_setting(key)
                if not setting.is_listed:
                    raise NotFound(_t("There is no such setting."))
            except NotFound as refusal:
                report.problem((*place, key), refusal.message)
                continue
            found[key] = _read(setting, entry, (*place, key), report)
        return found


class SettingsPart(Part):
    name = "settings"
    label = _("Settings")
    shape = Decisions()

    def export(self) -> Any:
        names = {
            str(level): {subject.value: subject.code for subject in subjects_for(level)}
            for level in BELOW.values()
        }
        kept = [setting.key for setting in all_settings() if setting.is_listed]
        rows = SettingValue.objects.filter(key__in=kept).order_by("key", "level", "subject")
        found: dict[str, dict[str, Any]] = {}
        for row in rows:
            entry = found.setdefault(
                row.key, {"rule": "", "value": None, "brands": {}, "stores": {}}
            )
            if row.level == Level.GROUP:
                entry["rule"], entry["value"] = str(row.rule), row.value
        for row in rows.exclude(level=Level.GROUP):
            field = "brands" if row.level == Level.BRAND else "stores"
            if row.subject in names[row.level] and not _is_fixed(row.key, found[row.key]):
                found[row.key][field][names[row.level][row.subject]] = row.value
        return {
            key: entry | {field: dict(sorted(entry[field].items())) for field in BELOW}
            for key, entry in found.items()
            if entry["rule"] or entry["brands"] or entry["stores"]
        }

    def check(self, data: Any, report: Report) -> None:
        for field, level in BELOW.items():
            known = {subject.code for subject in subjects_for(level)}
            for key, entry in data.items():
                for code in entry[field]:
                    if code not in known:
                        report.problem(
                            (self.name, key, field, code),
                            _t("There is no such brand or store here: %(name)s.") % {"name": code},
                        )

    def apply(self, data: Any, actor: Actor) -> None:
        for key, entry in data.items():
            if entry["rule"]:
                with at(key, "value"):
                    change_setting(key=key, actor=actor, rule=entry["rule"], value=entry["value"])
            for field, level in BELOW.items():
                ids = {subject.code: int(subject.value) for subject in subjects_for(level)}
                for code, value in entry[field].items():
                    with at(key, field, code):
                        place: dict[str, Any] = {_argument(level): ids[code]}
                        change_setting(key=key, actor=actor, value=value, **place)

    def prune(self, data: Any, actor: Actor) -> None:
        for key, present in self.export().items():
            wanted = data.get(key, {"rule": "", "brands": {}, "stores": {}})
            for field, level in BELOW.items():
                ids = {subject.code: int(subject.value) for subject in subjects_for(level)}
                for code in present[field].keys() - wanted[field].keys():
                    with at(key, field, code):
                        reset_setting(key=key, actor=actor, **{_argument(level): ids[code]})
            if present["rule"] and not wanted["rule"]:
                with at(key):
                    reset_setting(key=key, actor=actor)


def _read(
    setting: Setting, entry: Mapping[str, Any], place: Place, report: Report
) -> dict[str, Any]:
    """The entry with its values as the setting's kind keeps them; what is wrong is reported."""

    def kept(value: Any, *below: str) -> Any:
        try:
            return setting.kind.plain(setting.clean(value))
        except DomainError as refusal:
            report.problem((*place, *below), refusal.message)
            return value

    is_given = entry["rule"] in {Rule.FIXED, Rule.DEFAULT}
    if not is_given and entry["value"] is not None:
        report.problem((*place, "value"), _t("A value stands with the rule FIXED or DEFAULT."))
    for field, level in BELOW.items():
        if entry[field] and (level not in setting.levels or _is_fixed(setting.key, entry)):
            report.problem((*place, field), _t("This is decided for the whole group."))
    return {
        "rule": entry["rule"],
        "value": kept(entry["value"], "value") if is_given else None,
        **{
            field: {code: kept(value, field, code) for code, value in sorted(entry[field].items())}
            for field in BELOW
        },
    }


def _is_fixed(key: str, entry: Mapping[str, Any]) -> bool:
    return (entry["rule"] or get_setting(key).rule) == Rule.FIXED


def _argument(level: Level) -> str:
    return "brand_id" if level == Level.BRAND else "store_id"


register(SettingsPart())
