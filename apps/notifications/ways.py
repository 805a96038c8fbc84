"""Which channels are on, and how they are configured."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from apps.notifications.channels import Channel, Configuration, channels
from apps.notifications.models import ChannelSettings
from forecourt.kernel.remembered import Remembered

KEPT_SECRETS = "secrets"
"""Among the options: the names of the secrets that are sealed, so that nobody must open them to
know that they are there."""


@dataclass(frozen=True, slots=True)
class Way:
    """A channel that can be used, and the events that it gets if it is a chat."""

    code: str
    is_chat: bool
    events: tuple[str, ...] = ()


def _read_open() -> dict[str, Way]:
    rows = {row.code: row for row in ChannelSettings.objects.all()}
    return {
        channel.code: Way(
            channel.code,
            channel.is_chat,
            tuple(rows[channel.code].events) if channel.code in rows else (),
        )
        for channel in channels()
        if is_usable(channel, rows.get(channel.code))
    }


open_ways = Remembered("notifications.ways", _read_open)
"""The channels that are switched on and have all they need, by code."""


def is_usable(channel: Channel, row: ChannelSettings | None) -> bool:
    """Whether it is switched on and has all it needs. Mail needs nothing of the group."""
    if row is None:
        return channel.is_ready(Configuration())
    return row.is_on and channel.is_ready(_with_marks(row))


def _with_marks(row: ChannelSettings) -> Configuration:
    """The configuration with a mark in place of each secret."""
    marks = dict.fromkeys(row.options.get(KEPT_SECRETS, ()), "•")
    return Configuration({**row.options, **marks})


def configuration_of(row: ChannelSettings | None) -> Configuration:
    """What the group said of a channel, secrets opened: for sending alone."""
    if row is None:
        return Configuration()
    return Configuration({**row.options, **secrets_of(row)})


def secrets_of(row: ChannelSettings) -> dict[str, Any]:
    return json.loads(row.sealed.reveal()) if row.sealed else {}


def settings_of(code: str) -> ChannelSettings | None:
    return ChannelSettings.objects.filter(code=code).first()


def all_settings() -> dict[str, ChannelSettings]:
    """What the group said of its channels, by code."""
    return {row.code: row for row in ChannelSettings.objects.all()}
