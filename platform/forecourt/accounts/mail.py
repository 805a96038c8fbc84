"""Mail to people who sign in, through the outbox.

A mail may hold a link that is as good as a password, so what waits in the outbox is encrypted. In
the public schema, which has no outbox, mail leaves at once.
"""

import json
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation

from forecourt.kernel import crypto, outbox
from forecourt.kernel.groups import current_group, in_group

TOPIC = "accounts.mail"


def send(
    template: str, *, to: str, key: str, language: str = "", context: dict[str, Any] | None = None
) -> None:
    """Mail ``<template>_subject.txt`` and ``<template>.txt`` / ``.html`` to one person.

    ``key`` makes the message unique: the same one leaves once. ``language`` is the reader's; empty
    means the group's.
    """
    group = current_group()
    values = {"group": group, "group_name": group.name if group else "Forecourt", **(context or {})}
    with translation.override(language or (group.language if group else settings.LANGUAGE_CODE)):
        mail = {
            "to": to,
            "subject": " ".join(render_to_string(f"{template}_subject.txt", values).split()),
            "text": render_to_string(f"{template}.txt", values).strip() + "\n",
            "html": render_to_string(f"{template}.html", values),
        }
    if in_group():
        outbox.emit(TOPIC, {"sealed": crypto.encrypt(json.dumps(mail))}, key)
    else:
        _deliver(mail, key)


@outbox.handles(TOPIC)
def deliver(payload: dict[str, Any], key: str) -> None:
    _deliver(json.loads(crypto.decrypt(payload["sealed"])), key)


def _deliver(mail: dict[str, str], key: str) -> None:
    message = EmailMultiAlternatives(
        mail["subject"],
        mail["text"],
        settings.DEFAULT_FROM_EMAIL,
        [mail["to"]],
        headers={"X-Forecourt-Key": key},
    )
    message.attach_alternative(mail["html"], "text/html")
    message.send()
