"""What a group chooses for all its stores."""

from uuid import uuid4

from django.db import transaction
from django.utils.translation import gettext as _

from apps.organisation import queries
from apps.organisation.group_settings import CURRENCIES, CURRENCY, TIME_ZONE, TIME_ZONES
from apps.organisation.models import GroupSettings
from forecourt.kernel import audit, outbox
from forecourt.kernel.access import Actor
from forecourt.kernel.errors import Invalid
from forecourt.kernel.group_settings import change_setting, take_over, value_of
from forecourt.kernel.groups import current_group, current_schema, identity_of

MANAGE = "organisation.manage_group"
NAME_EN = "branding.name_en"
GROUP_CHANGED = "organisation.group_changed"
"""Outbox topic: the platform's list of groups follows name, language, time zone and currency."""


@transaction.atomic
def change_group_settings(
    *,
    name_zh: str,
    actor: Actor,
    name_en: str = "",
    language: str = "",
) -> GroupSettings:
    """Name, and the language of who has not chosen one.

    Empty ``language`` leaves it as it is. Raises NotPermitted or Invalid.
    """
    actor.require(MANAGE)
    if not name_zh.strip():
        raise Invalid(_("Please enter a name."), field="name_zh")
    queries.group_settings()
    settings = GroupSettings.objects.select_for_update().get(pk=1)
    values = {
        "name_zh": name_zh.strip(),
        "name_en": name_en.strip(),
    }
    changes = audit.changes_between({name: getattr(settings, name) for name in values}, values)
    for name, value in values.items():
        setattr(settings, name, value)
    settings.save(update_fields=list(values))
    if value_of(NAME_EN) != values["name_en"]:
        change_setting(key=NAME_EN, value=values["name_en"], actor=actor)
    if language:
        changes["language"] = [None, language]
    if changes:
        audit.record(actor, "changed", settings, changes, label=settings.name_zh)
        tell_platform_later(language=language)
    return settings


def tell_platform_later(*, language: str = "", time_zone: str = "", currency: str = "") -> None:
    """The platform's list of groups follows what this transaction has decided; empty: nothing."""
    payload = {
        "name": queries.group_settings().name_zh,
        "language": language,
        "time_zone": time_zone,
        "currency": currency,
    }
    outbox.emit(GROUP_CHANGED, payload, key=f"{GROUP_CHANGED}:{uuid4()}")


def take_over_place() -> None:
    """Begin with the time zone and the currency that the group has signed up with."""
    group = current_group() or identity_of(current_schema())
    if group is None:
        return
    if group.time_zone in TIME_ZONES:
        take_over({TIME_ZONE: group.time_zone})
    if group.currency in CURRENCIES:
        take_over({CURRENCY: group.currency})
