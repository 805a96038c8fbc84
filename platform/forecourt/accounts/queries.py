"""Reads of accounts: a person's own devices and tokens."""

from dataclasses import dataclass
from datetime import datetime

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db.models import QuerySet

from forecourt.accounts.models import ApiToken, User
from forecourt.accounts.rules import Browser, read_user_agent
from forecourt.kernel.access import Actor


@dataclass(frozen=True)
class Device:
    """One place where an account is signed in."""

    id: int
    browser: Browser
    address: str
    signed_in_at: datetime
    last_seen_at: datetime
    is_current: bool


def list_devices(*, user_id: int, session_key: str | None) -> list[Device]:
    """Where the account is signed in, this device first; sessions that ended are dropped."""
    sessions = UserSession.objects.purge_and_list(User(pk=user_id))
    devices = [
        Device(
            id=session.pk,
            browser=read_user_agent(session.user_agent),
            address=session.ip,
            signed_in_at=session.created_at,
            last_seen_at=session.last_seen_at,
            is_current=session.session_key == session_key,
        )
        for session in sessions
    ]
    return sorted(
        devices, key=lambda device: (not device.is_current, -device.last_seen_at.timestamp())
    )


def list_api_tokens(actor: Actor) -> "QuerySet[ApiToken]":
    """The person's own tokens that are not revoked, the newest first."""
    return ApiToken.objects.filter(user_id=actor.user_id, revoked_at__isnull=True).order_by("-id")


def second_factor_kinds(user_ids: list[int]) -> dict[int, set[str]]:
    """``{user id: kinds of second factor}`` of several accounts in one query."""
    kinds: dict[int, set[str]] = {}
    for user_id, kind in Authenticator.objects.filter(user_id__in=user_ids).values_list(
        "user_id", "type"
    ):
        kinds.setdefault(user_id, set()).add(kind)
    return kinds
