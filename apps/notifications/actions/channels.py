"""What a group says of its channels."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from uuid import uuid4

from django.db import transaction
from django.utils.translation import gettext as _

from apps.notifications import ways
from apps.notifications.channels import Configuration, Message, NotNow, Refused, Unknown, channel
from apps.notifications.models import ChannelSettings
from apps.notifications.registry import find_event
from forecourt.kernel import audit
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now
from forecourt.kernel.errors import Invalid, NotFound

MANAGE = "notifications.manage_channel"
LONGEST = 500


@transaction.atomic
def configure_channel(
    *,
    code: str,
    values: Mapping[str, str],
    events: Sequence[str] = (),
    is_on: bool = True,
    actor: Actor,
) -> ChannelSettings:
    """Keep what the group says of a channel; a secret left empty stays as it is.

    A change of provider, host or user forgets the secrets that were not typed anew: they belong
    to the former one. Raises NotFound, NotPermitted, Invalid.
    """
    actor.require(MANAGE)
    used = _channel(code)
    row, _made = ChannelSettings.objects.select_for_update().get_or_create(code=code)
    options = {
        setting.name: str(values.get(setting.name, "") or "").strip()[:LONGEST]
        for setting in used.settings
        if not setting.secret
    }
    typed = {
        setting.name: str(values[setting.name]).strip()[:LONGEST]
        for setting in used.settings
        if setting.secret and values.get(setting.name)
    }
    before = {name: row.options.get(name, "") for name in options}
    moved = any(
        before[name] != options[name]
        for name in ("provider", "host", "user", "corp_id", "app_key")
        if name in options
    )
    secrets = {**({} if moved else ways.secrets_of(row)), **typed}
    for name, wrong in used.check(Configuration({**options, **typed})).items():
        raise Invalid(wrong, field=name)
    unknown = [name for name in events if find_event(name) is None]
    if unknown:
        raise Invalid(_("Choose one of the list."), field="events")
    changes = audit.changes_between(
        {**before, "is_on": row.is_on, "events": row.events},
        {**options, "is_on": is_on, "events": sorted(events)},
    )
    if typed:
        changes["credentials"] = [None, ", ".join(sorted(typed))]
    row.is_on, row.events = is_on, sorted(events)
    row.options = {**options, ways.KEPT_SECRETS: sorted(secrets)}
    row.sealed = json.dumps(secrets) if secrets else ""
    row.save()
    audit.record(actor, "changed", row, changes, label=str(used.label))
    ways.open_ways.forget()
    return row


@transaction.atomic
def switch_channel(*, code: str, is_on: bool, actor: Actor) -> ChannelSettings:
    """Switch a channel on or off without touching what is known of it.

    Raises NotFound, NotPermitted.
    """
    actor.require(MANAGE)
    used = _channel(code)
    row, _made = ChannelSettings.objects.select_for_update().get_or_create(code=code)
    if row.is_on != is_on:
        row.is_on = is_on
        row.save(update_fields=["is_on"])
        audit.record(actor, "changed", row, {"is_on": [not is_on, is_on]}, label=str(used.label))
        ways.open_ways.forget()
    return row


def try_channel(*, code: str, to: str, actor: Actor) -> tuple[bool, str]:
    """Send a message to try a channel; answers whether it went, and what the provider said.

    It goes at once and outside of any transaction, so that the person waits for the answer. Raises
    NotFound, NotPermitted, or Invalid when the channel lacks something or ``to`` is missing.
    """
    actor.require(MANAGE)
    used = _channel(code)
    row = ways.settings_of(code)
    if not used.is_ready(ways.configuration_of(row)):
        raise Invalid(_("Fill in what the channel needs first."))
    if not used.is_chat and not to.strip():
        raise Invalid(_("Say where the message goes."), field="to")
    message = Message(
        key=f"test-{uuid4().hex[:20]}",
        to="" if used.is_chat else to.strip(),
        title=_("A message to try this channel"),
        text=_("%(name)s sent it from Forecourt.") % {"name": actor.name},
    )
    try:
        used.send(message, ways.configuration_of(row), lambda: None)
    except (Refused, NotNow, Unknown) as failure:
        went, said = False, str(failure)
    else:
        went, said = True, ""
    _note_test(code, went=went, said=said, actor=actor)
    return went, said


@transaction.atomic
def _note_test(code: str, *, went: bool, said: str, actor: Actor) -> None:
    row, _made = ChannelSettings.objects.select_for_update().get_or_create(code=code)
    row.last_test = {"at": now().isoformat(), "ok": went, "said": said[:300]}
    row.save(update_fields=["last_test"])
    audit.record(actor, "tried", row, {"ok": [None, went]}, label=str(channel(code).label))


def _channel(code: str):
    try:
        return channel(code)
    except LookupError as error:
        raise NotFound(_("There is no such channel.")) from error
