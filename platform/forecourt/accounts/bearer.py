"""API tokens as they are presented: found by their text, and when each was last used."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils.functional import SimpleLazyObject

from forecourt.accounts.models import ApiToken, User
from forecourt.kernel.clock import now

NOTE_EVERY = timedelta(minutes=1)
"""How exact the time of last use is; a row written for each call would cost more than it tells."""

# `ApiTokenQuerySet.usable`, by hand like the actor's query: every call of the API asks it.
COLUMNS = "t.id, t.user_id, t.scopes, t.last_used_at"
USABLE = """
    accounts_apitoken t JOIN accounts_user u ON u.id = t.user_id AND u.is_active
        AND t.digest = %s AND t.revoked_at IS NULL
        AND (t.expires_at IS NULL OR t.expires_at > %s)
"""
"""What stands behind FROM; its values are :func:`sought`."""


@dataclass(frozen=True, slots=True)
class Bearer:
    """A usable token: whose it is, and to which permissions it is narrowed (none: not at all)."""

    token_id: int
    user_id: int
    scopes: frozenset[str]
    last_used_at: datetime | None

    @property
    def user(self) -> SimpleLazyObject:
        """The account, read only if somebody asks for more than who it is."""
        return SimpleLazyObject(lambda: User.objects.get(pk=self.user_id))


def find_token(text: str) -> Bearer | None:
    """The usable token with this text in the group that is entered."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {COLUMNS} FROM {USABLE}", sought(text))  # noqa: S608
        found = cursor.fetchone()
    return None if found is None else bearer_of(found)


def sought(text: str) -> list[Any]:
    return [ApiToken.digest_of(text), now()]


def bearer_of(columns: Sequence[Any]) -> Bearer:
    """From what COLUMNS names."""
    token_id, user_id, scopes, last_used_at = columns
    return Bearer(token_id, user_id, frozenset(json.loads(scopes)), last_used_at)


def note_use(token: Bearer) -> None:
    """Remember that the token is in use; at most one write a minute."""
    moment = now()
    if token.last_used_at is None or moment - token.last_used_at >= NOTE_EVERY:
        ApiToken.objects.filter(pk=token.token_id).update(last_used_at=moment)
