"""Deciding a setting, and taking a decision back."""

import zlib
from collections.abc import Mapping
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from forecourt.kernel import audit, events
from forecourt.kernel.access import Actor, system_actor
from forecourt.kernel.errors import Conflict, Invalid, NotFound, NotPermitted
from forecourt.kernel.group_settings.declaration import (
    Level,
    Preview,
    Rule,
    Setting,
    get_setting,
    subjects_for,
)
from forecourt.kernel.group_settings.events import SettingChanged
from forecourt.kernel.group_settings.resolution import forget
from forecourt.kernel.groups import current_schema
from forecourt.kernel.models.audit import AuditEntry
from forecourt.kernel.models.settings import SettingValue


@transaction.atomic
def change_setting(
    *,
    key: str,
    actor: Actor,
    value: Any = None,
    rule: str = "",
    store_id: int | None = None,
    brand_id: int | None = None,
) -> SettingValue:
    """Decide a setting for the group or, where it may differ, for a brand or a store.

    ``rule`` is headquarters' and of the group alone; empty leaves it as it is. What is left open
    takes no value. Raises NotFound (setting, brand, store), NotPermitted, Invalid (value, rule) or
    Conflict (headquarters has fixed it).
    """
    setting = get_setting(key)
    level, subject = _place(store_id, brand_id)
    label = _require_place(setting, level, subject)
    _require_may_change(setting, actor, level, subject)
    lock_setting(key)
    group = SettingValue.objects.filter(key=key, level=Level.GROUP).first()
    if level == Level.GROUP:
        rule = _checked_rule(setting, rule or (group.rule if group else setting.rule))
    else:
        _require_not_fixed(setting, group)
        if rule:
            raise Invalid(_("Only the whole group has a rule."), field="rule")
    plain = None if rule == Rule.OPEN else setting.kind.plain(setting.clean(value))
    row = SettingValue.objects.filter(key=key, level=level, subject=subject).first()
    before = {"value": row.value, "rule": row.rule} if row else {}
    changes = audit.changes_between(before, {"value": plain, "rule": rule})
    if row is None:
        row = SettingValue(key=key, level=level, subject=subject)
    elif not changes:
        return row
    row.value, row.rule = plain, rule
    row.save()
    if not rule:
        changes.pop("rule", None)
    _note(actor, "changed", row, changes, _title(setting, label))
    events.publish(SettingChanged(key, level, subject))
    return row


def preview_setting(*, key: str, actor: Actor, value: Any) -> Preview:
    """What a value of the whole group would have meant for what there is; nothing is written.

    Raises NotFound, NotPermitted, Invalid, or Conflict for a setting that shows nothing.
    """
    setting = get_setting(key)
    _require_may_change(setting, actor, Level.GROUP, "")
    if setting.preview is None:
        raise Conflict(_("This setting cannot be tried."))
    return setting.preview(setting.clean(value), actor)


@transaction.atomic
def reset_setting(
    *, key: str, actor: Actor, store_id: int | None = None, brand_id: int | None = None
) -> None:
    """Take a decision back: what is decided above, or preset, counts again.

    Raises NotFound, NotPermitted or Conflict (nothing was decided there).
    """
    setting = get_setting(key)
    level, subject = _place(store_id, brand_id)
    label = _require_place(setting, level, subject)
    _require_may_change(setting, actor, level, subject)
    lock_setting(key)
    row = SettingValue.objects.filter(key=key, level=level, subject=subject).first()
    if row is None:
        raise Conflict(_("Nothing was decided here that could be taken back."))
    changes = audit.changes_between({"value": row.value, "rule": row.rule}, {"value": None})
    _note(actor, "reset", row, changes, _title(setting, label))
    row.delete()
    events.publish(SettingChanged(key, level, subject))


def take_over(decided: Mapping[str, Any]) -> None:
    """Keep what a group had chosen elsewhere before it became a setting; for seeds.

    Done once: whatever was decided or set back since then stands in the history and stays.
    """
    kind = SettingValue._meta.label_lower
    for key, value in decided.items():
        is_known = AuditEntry.objects.filter(subject_kind=kind, subject_id=key).exists()
        if value != get_setting(key).default and not is_known:
            change_setting(key=key, value=value, actor=system_actor())


def lock_setting(key: str) -> None:
    """Hold a setting, decided or not, until the transaction ends."""
    number = zlib.crc32(f"{current_schema()}.settings.{key}".encode())
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])


def _place(store_id: int | None, brand_id: int | None) -> tuple[Level, str]:
    if store_id is not None and brand_id is not None:
        raise Invalid(_("Name a store or a brand, not both."), field="store_id")
    if store_id is not None:
        return Level.STORE, str(store_id)
    if brand_id is not None:
        return Level.BRAND, str(brand_id)
    return Level.GROUP, ""


def _require_place(setting: Setting, level: Level, subject: str) -> str:
    """What the place is called. Raises NotFound, or Invalid where the setting may not differ."""
    if level == Level.GROUP:
        return ""
    label = next((known.label for known in subjects_for(level) if known.value == subject), None)
    if label is None:
        raise NotFound(_("No such record, or not yours to see."))
    if level not in setting.levels:
        raise Invalid(
            _("This is decided for the whole group."),
            field="store_id" if level == Level.STORE else "brand_id",
        )
    return label


def _require_may_change(setting: Setting, actor: Actor, level: Level, subject: str) -> None:
    actor.require(setting.permission)
    if setting.may_change(actor, level, subject):
        return
    if level == Level.STORE:
        raise NotFound(_("No such record, or not yours to see."))
    raise NotPermitted(_("Headquarters alone decides this for the whole group or a brand."))


def _require_not_fixed(setting: Setting, group: SettingValue | None) -> None:
    if (group.rule if group else setting.rule) == Rule.FIXED:
        raise Conflict(_("Headquarters has fixed this for the whole group."))


def _checked_rule(setting: Setting, rule: str) -> str:
    if rule not in Rule.values or (rule == Rule.OPEN and not setting.levels):
        raise Invalid(_("Choose one of the list."), field="rule")
    return rule


def _title(setting: Setting, place: str) -> str:
    return f"{setting.label} · {place}" if place else str(setting.label)


def _note(actor: Actor, verb: str, row: SettingValue, changes: dict[str, Any], label: str) -> None:
    """Into the log under the setting's key: its history goes on when the row is gone."""
    store_id = int(row.subject) if row.level == Level.STORE else None
    entry = audit.entry(actor, verb, row, changes, store_id, label)
    audit.append([entry | {"subject_id": row.key}])
    forget()
