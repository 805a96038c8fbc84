"""The audit log: who did what to which record, when and from where, before and after.

Written in the transaction of the change, through here only. The table takes INSERT and SELECT from
the application's role and nothing else.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import Model, QuerySet

from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now
from forecourt.kernel.db import rows
from forecourt.kernel.models.audit import AuditEntry

Changes = Mapping[str, tuple[Any, Any]]
_listeners: list[Callable[[], None]] = []


def on_writing(listener: Callable[[], None]) -> None:
    """Call the function, in the transaction, whenever entries are written: it must cost nothing."""
    _listeners.append(listener)


def changes_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """``{field: [before, after]}`` of what differs, in values that JSON can hold."""
    return {
        name: [_plain(before.get(name)), _plain(value)]
        for name, value in after.items()
        if before.get(name) != value
    }


def record(
    actor: Actor,
    action: str,
    subject: Model,
    changes: Mapping[str, Any] | None = None,
    *,
    store_id: int | None = None,
    label: str = "",
) -> None:
    """Append one entry. ``action`` is a past participle (``created``, ``approved``)."""
    append([entry(actor, action, subject, changes, store_id, label)])


def record_many(actor: Actor, action: str, subjects: list[Model]) -> None:
    """One entry for each subject in a single statement, for bulk work."""
    append([entry(actor, action, subject) for subject in subjects])


def append(entries: list[dict[str, Any]]) -> None:
    """Several entries, made by :func:`entry`, in a single statement."""
    if entries:
        rows.append([AuditEntry(**values) for values in entries])
        _tell()


def entry(
    actor: Actor,
    action: str,
    subject: Model,
    changes: Mapping[str, Any] | None = None,
    store_id: int | None = None,
    label: str = "",
) -> dict[str, Any]:
    return {
        "happened_at": now(),
        "actor_id": actor.staff_id,
        "actor_name": actor.name,
        "address": actor.address,
        "device": actor.device[:200],
        "channel": actor.channel,
        "store_id": store_id if store_id is not None else getattr(subject, "store_id", None),
        "action": action,
        "subject_kind": subject._meta.label_lower,
        "subject_id": str(subject.pk),
        "subject_label": (label or str(subject))[:200],
        "changes": {name: _plain(value) for name, value in (changes or {}).items()},
    }


def history(subject: Model) -> "QuerySet[AuditEntry]":
    """All entries about one record, the newest first."""
    return AuditEntry.objects.filter(
        subject_kind=subject._meta.label_lower, subject_id=str(subject.pk)
    ).order_by("-id")


def _tell() -> None:
    for listener in _listeners:
        listener()


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, Model):
        return str(value)
    return str(value)
