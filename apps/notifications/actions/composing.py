"""A message in its recipient's language, ready for the channel."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from apps.notifications import opting_out
from apps.notifications.audiences import get_audience
from apps.notifications.channels import Message, channel
from apps.notifications.models import TO_CHAT, TO_STAFF, Delivery
from apps.notifications.queries import address_of
from apps.notifications.registry import Event, get_event
from apps.notifications.rules import texts
from apps.notifications.wording import SMS, own_words, values_of, words
from apps.organisation import queries as organisation
from forecourt.kernel.groups import current_group, site_url

LINES_AT_MOST = 20


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who gets a message, as known at this moment. ``is_there`` False: left, or gone."""

    name: str = ""
    email: str = ""
    mobile: str = ""
    language: str = ""
    is_there: bool = True
    consents: frozenset[str] = frozenset()
    mentions: tuple[str, ...] = ()
    chat_ids: Mapping[str, str] = field(default_factory=dict)


def recipient_of(row: Delivery) -> Recipient:
    """How the recipient is reached now, which may have changed since the message was queued."""
    if row.recipient_kind == TO_CHAT:
        people = organisation.contacts_of(row.mentions).values()
        return Recipient(mentions=tuple(person.mobile for person in people if person.mobile))
    if row.recipient_kind == TO_STAFF:
        contact = organisation.contacts_of([row.recipient_id]).get(row.recipient_id)
        if contact is None:
            return Recipient(is_there=False)
        return Recipient(
            contact.name,
            contact.email,
            contact.mobile,
            contact.language,
            chat_ids=contact.chat_ids,
        )
    person = get_audience(row.recipient_kind).find([row.recipient_id]).get(row.recipient_id)
    if person is None:
        return Recipient(is_there=False)
    return Recipient(
        person.name, person.email, person.mobile, person.language, consents=person.consents
    )


def compose(batch: Sequence[Delivery], recipient: Recipient) -> Message:
    """One message of one delivery, or of several of a kind for the same recipient."""
    group = current_group()
    language = recipient.language or (group.language if group else settings.LANGUAGE_CODE)
    with translation.override(language):
        return _compose(batch, recipient)


def _compose(batch: Sequence[Delivery], recipient: Recipient) -> Message:
    first = batch[0]
    event, used = get_event(first.event), channel(first.channel)
    way = used.way or used.code
    out = opting_out.address_for(first) if first.is_to_customer else ""
    said = [{**row.values, **_said_now(event, row), "opt_out": out} for row in batch]
    title, text = words(event, said[0], way=way, count=len(batch))
    if len(batch) > 1:
        lines = [" – ".join(filter(None, words(event, values, way=way))) for values in said]
        text = "\n".join(lines[:LINES_AT_MOST])
    own = own_words(event, first.values, way)
    approved = own.provider_template if way == SMS and len(batch) == 1 else ""
    to_staff = not first.is_to_customer
    message = Message(
        key=hashlib.sha256(f"{first.identity}:{len(batch)}".encode()).hexdigest()[:32],
        to="" if used.is_chat else used.address_of(recipient),
        title=title,
        text=text,
        url=site_url(address_of(first)) if to_staff and event.link else "",
        mentions=tuple(dict.fromkeys(recipient.mentions)),
        template=approved,
        parameters=_parameters(own.title, said[0]) if approved else {},
        unsubscribe_url=out,
    )
    opens = said[0].get(event.opens, "") if event.opens else message.url
    return _with_letter(message, first, opens) if used.code == "email" else message


def _said_now(event: Event, row: Delivery) -> dict[str, str]:
    return {name: make(row.values) for name, make in event.said_at_sending.items()}


def _parameters(text: str, values: dict) -> dict[str, str]:
    """The placeholders of an approved text with their values, in the order of the text."""
    filled = values_of(values)
    names = dict.fromkeys(name.strip() for name in texts.PLACEHOLDER.findall(text))
    return {name: filled.get(name, "") for name in names}


def _with_letter(message: Message, row: Delivery, opens: str) -> Message:
    """The mail around the words, as text and as HTML, whose button leads to ``opens``."""
    group = current_group()
    context = {
        "message": message,
        "lines": message.text.split("\n"),
        "group": group,
        "group_name": group.name if group else "Forecourt",
        "url": message.url,
        "opens": opens,
        "preferences_url": ""
        if row.is_to_customer
        else site_url(reverse("notifications:preferences")),
    }
    return Message(
        key=message.key,
        to=message.to,
        title=message.title,
        text=render_to_string("notifications/email/notification.txt", context).strip() + "\n",
        html=render_to_string("notifications/email/notification.html", context),
        url=message.url,
        unsubscribe_url=message.unsubscribe_url,
    )
