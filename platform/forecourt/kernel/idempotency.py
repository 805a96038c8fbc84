"""The same request twice has one effect: its key is a row, written with what the request wrote.

The row is inserted before the work and in the same transaction. A second request with the key
therefore waits in the database until the first has ended, and then finds either its answer or, when
it was refused and rolled back, a free key.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _

from forecourt.kernel.clock import now
from forecourt.kernel.errors import Conflict, Invalid
from forecourt.kernel.models import IdempotencyKey
from forecourt.kernel.tasks import group_task

KEEP_FOR = timedelta(hours=48)
WAIT_SECONDS = 10
"""How long a repeat waits for the first request before it is told to come again."""


class KeyReused(Invalid):
    """The key was used for another request before."""

    code = "idempotency_key_reused"

    def __init__(self) -> None:
        super().__init__(_("This idempotency key was used for another request."))


class KeyInUse(Conflict):
    """The first request with the key is still running."""

    code = "idempotency_key_in_use"

    def __init__(self) -> None:
        super().__init__(_("The first request with this idempotency key is still running."))


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: Any


CLAIM = """
    INSERT INTO kernel_idempotencykey (actor_id, key, fingerprint, created_at)
    VALUES (%s, %s, %s, %s) ON CONFLICT (actor_id, key) DO NOTHING
"""


def claim(*, actor_id: int, key: str, fingerprint: str) -> Answer | None:
    """Take the key for the running transaction, or give the answer that it has already.

    Raises KeyReused when it belongs to a request with another fingerprint. A first request that
    runs longer than WAIT_SECONDS lets the statement fail (LockNotAvailable).
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{WAIT_SECONDS}s'")
        cursor.execute(CLAIM, [actor_id, key, fingerprint, now()])
        if cursor.rowcount:
            return None
    known = IdempotencyKey.objects.get(actor_id=actor_id, key=key)
    if known.fingerprint != fingerprint:
        raise KeyReused
    if known.status is None:
        raise KeyInUse
    return Answer(known.status, known.body)


def remember(*, actor_id: int, key: str, answer: Answer) -> None:
    IdempotencyKey.objects.filter(actor_id=actor_id, key=key).update(
        status=answer.status, body=answer.body
    )


@group_task(always=True)
def forget_idempotency_keys() -> None:
    IdempotencyKey.objects.filter(created_at__lt=now() - KEEP_FOR).delete()
