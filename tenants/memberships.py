"""Which groups an e-mail address can sign in to, known without opening any group's schema.

A group tells the platform by its outbox whenever an account changes; once a day it compares all of
them, for accounts that were made in other ways. What is kept is a keyed digest of the address.
"""

from collections.abc import Iterable
from datetime import time
from typing import Any

from django.db import transaction
from django.utils.crypto import salted_hmac

from forecourt.accounts.models import User
from forecourt.kernel import outbox, schedule
from forecourt.kernel.clock import now
from forecourt.kernel.groups import current_schema
from forecourt.kernel.tasks import group_task
from tenants.keys import platform_key
from tenants.models import DealerGroup, Membership

TOPIC = "tenants.membership"


def announce(*, user_id: int) -> None:
    """Have the platform learn how an account signs in now; belongs in the change's transaction."""
    outbox.emit(TOPIC, {"user_id": user_id}, key=f"{user_id}:{now().isoformat()}")


@outbox.handles(TOPIC)
def follow(payload: dict[str, Any], key: str) -> None:
    """Reads the account as it is now, so late and repeated messages do no harm."""
    user_id = payload["user_id"]
    user = User.objects.filter(pk=user_id, is_active=True).first()
    mine = Membership.objects.filter(schema_name=current_schema(), user_id=user_id)
    if user is None:
        mine.delete()
    else:
        Membership.objects.update_or_create(
            schema_name=current_schema(),
            user_id=user_id,
            defaults={"digest": digest_of(user.email)},
        )


@schedule.daily(at=time(4, 0))
@group_task(always=True)
def compare_memberships() -> None:
    reconcile()


def reconcile() -> int:
    """Make the platform's list equal to the accounts of the group that is entered.

    Returns how many entries were wrong.
    """
    schema_name = current_schema()
    wanted = {
        user_id: digest_of(email)
        for user_id, email in User.objects.filter(is_active=True).values_list("pk", "email")
    }
    known = dict(
        Membership.objects.filter(schema_name=schema_name).values_list("user_id", "digest")
    )
    gone = known.keys() - wanted.keys()
    changed = {
        user_id: digest for user_id, digest in wanted.items() if known.get(user_id) != digest
    }
    with transaction.atomic(using="control"):
        mine = Membership.objects.filter(schema_name=schema_name)
        mine.filter(user_id__in=[*gone, *changed]).delete()
        Membership.objects.bulk_create(_entries(schema_name, changed.items()), batch_size=1000)
    return len(gone) + len(changed)


def groups_of(email: str) -> list[DealerGroup]:
    """The groups that the address can sign in to, by name."""
    schemas = Membership.objects.filter(digest=digest_of(email)).values("schema_name")
    return list(
        DealerGroup.objects.filter(
            schema_name__in=schemas, state__in=DealerGroup.READABLE_STATES
        ).order_by("name", "id")
    )


def digest_of(email: str) -> str:
    """Keyed, so that the table alone does not tell who is in it."""
    return salted_hmac(
        "tenants.membership", email.strip().lower(), secret=platform_key(), algorithm="sha256"
    ).hexdigest()


def _entries(schema_name: str, digests: Iterable[tuple[int, str]]) -> list[Membership]:
    return [
        Membership(schema_name=schema_name, user_id=user_id, digest=digest)
        for user_id, digest in digests
    ]
