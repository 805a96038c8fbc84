"""What a channel is, and the four ways in which sending can end.

Sending returns the provider's reference when the provider took the message. Else it raises
:class:`Refused` (never try again), :class:`NotNow` (it certainly did not go, try later) or
:class:`Unknown` (it may have gone: never by itself again). ``before_sending`` is to be called at
the last moment before the message leaves, when the connection already stands: what fails earlier
was certainly not sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

if TYPE_CHECKING:
    from django.utils.functional import Promise

    Text = str | Promise


class Refused(Exception):
    """The provider will not take it, now or later: a wrong number, a wrong password."""


class NotNow(Exception):
    """It was not sent, and may be later; ``wait`` is how long the provider asks for."""

    def __init__(self, message: str, *, wait: timedelta | None = None) -> None:
        super().__init__(message)
        self.wait = wait


class Unknown(Exception):
    """It was sent and no answer came: it may have arrived."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing that a group says of a channel. A ``secret`` one is sealed and never shown again.

    ``only`` names the provider that needs it, where a channel has several.
    """

    name: str
    label: Text
    secret: bool = False
    required: bool = True
    help: Text = ""
    only: str = ""
    choices: Sequence[tuple[str, Text]] = ()


@dataclass(frozen=True, slots=True)
class Configuration:
    """What the group said of the channel, its secrets opened."""

    values: Mapping[str, str] = field(default_factory=dict)

    def get(self, name: str) -> str:
        return str(self.values.get(name, "") or "")


@dataclass(frozen=True, slots=True)
class Message:
    """What goes out, ready worded in the reader's language.

    ``key`` stays the same when the same message is tried again. ``to`` is an e-mail address, a
    number in E.164 form or an identifier in a chat app; nothing for a chat, whose ``mentions`` are
    the numbers of those it concerns. ``template`` and ``parameters`` are for providers that know
    the text already.
    ``unsubscribe_url`` is the customer's one-click way out.
    """

    key: str
    to: str
    title: str
    text: str
    url: str = ""
    html: str = ""
    mentions: tuple[str, ...] = ()
    template: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    unsubscribe_url: str = ""


class Contact(Protocol):
    """Somebody who can be reached."""

    @property
    def email(self) -> str: ...

    @property
    def mobile(self) -> str: ...

    @property
    def chat_ids(self) -> Mapping[str, str]: ...


CHAT = "chat"
"""The way of everything that is read in a chat app."""


class Channel:
    """One way out. Subclasses say what they need and how they send."""

    code: ClassVar[str]
    label: ClassVar[Any]
    icon: ClassVar[str]
    settings: ClassVar[Sequence[Setting]] = ()
    is_chat: ClassVar[bool] = False
    """A chat of several people: it gets a message once, whomever it concerns."""
    way: ClassVar[str] = ""
    """Under which a group's own texts for it stand; empty: under its code."""

    def address_of(self, contact: Contact) -> str:
        """Where the channel reaches somebody; empty where it does not."""
        raise NotImplementedError

    def check(self, configuration: Configuration) -> dict[str, Any]:
        """``{setting: what is wrong with it}`` of values that cannot work."""
        return {}

    def is_ready(self, configuration: Configuration) -> bool:
        """Whether all is there that sending needs."""
        return all(
            configuration.get(setting.name)
            for setting in self.settings
            if setting.required and self.needs(setting, configuration)
        )

    def needs(self, setting: Setting, configuration: Configuration) -> bool:
        """Whether the setting belongs to the chosen provider."""
        return not setting.only or setting.only == configuration.get("provider")

    def send(
        self,
        message: Message,
        configuration: Configuration,
        before_sending: Callable[[], None],
    ) -> str:
        raise NotImplementedError


_channels: dict[str, Channel] = {}


def register(made: type[Channel]) -> type[Channel]:
    """Decorator: the product can send this way."""
    if made.code in _channels:
        raise ValueError(f"The channel {made.code} is registered twice.")
    _channels[made.code] = made()
    return made


def channel(code: str) -> Channel:
    """Raises LookupError."""
    if code not in _channels:
        raise LookupError(f"There is no channel {code}.")
    return _channels[code]


def channels() -> list[Channel]:
    return list(_channels.values())
