"""What `manage.py verify` looks at of the kernel's own tables."""

from collections.abc import Iterator
from typing import Any

from forecourt.kernel import crypto, feed, seals
from forecourt.kernel.errors import DomainError
from forecourt.kernel.group_settings import all_settings
from forecourt.kernel.models import SettingValue, Webhook
from forecourt.kernel.verify import Problem, check


@check("the audit log is as it was sealed")
def log_is_intact() -> Iterator[Problem]:
    for fault in seals.examine().faults:
        yield Problem(fault.subject, fault.message)


@check("every decided setting is of its kind and of a level that may decide it")
def decisions_are_valid() -> Iterator[Problem]:
    declared = {setting.key: setting for setting in all_settings()}
    for row in SettingValue.objects.filter(key__in=declared).order_by("id"):
        setting = declared[row.key]
        if row.subject and row.level not in setting.levels:
            yield Problem(str(row), "is decided for the whole group alone")
        if row.value is not None:
            try:
                setting.kind.clean(setting.kind.plain(setting.kind.read(row.value)))
            except (DomainError, TypeError, ValueError, ArithmeticError) as fault:
                yield Problem(str(row), str(fault))


@check("webhooks are within the stream of events and can sign")
def webhooks_fit() -> Iterator[Problem]:
    end, known = feed.end(), feed.all_events()
    for webhook in Webhook.objects.order_by("id"):
        if feed.Cursor(webhook.cursor_seal, webhook.cursor_entry) > end:
            yield Problem(f"Webhook {webhook.pk}", "is behind the end of the stream")
        unknown = sorted(set(webhook.types) - set(known))
        if unknown:
            yield Problem(f"Webhook {webhook.pk}", f"waits for unknown events: {unknown}")
        try:
            secret: Any = webhook.secret
            secret.reveal()
        except crypto.Undecipherable:
            yield Problem(f"Webhook {webhook.pk}", "has a secret that cannot be read")
