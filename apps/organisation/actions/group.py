"""What a group chooses for all its stores."""

import uuid

from django.db import transaction
from django.utils.translation import gettext as _

from apps.organisation import queries
from apps.organisation.models import GroupSettings
from forecourt.kernel import audit, outbox
from forecourt.kernel.access import Actor
from forecourt.kernel.errors import Invalid
from forecourt.kernel.group_settings import change_setting, value_of

MANAGE = "organisation.manage_group"
NAME_EN = "branding.name_en"
GROUP_CHANGED = "organisation.group_changed"
"""Outbox topic: the platform's list of groups follows name and language."""


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
        outbox.emit(
            GROUP_CHANGED,
            {"name": settings.name_zh, "language": language},
            key=f"{GROUP_CHANGED}:{uuid.uuid4().hex}",
        )
    return settings
