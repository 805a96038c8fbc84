"""How often one may call: per minute, for each token and for the whole group."""

import time
from dataclasses import dataclass

from django.conf import settings
from django.core.cache import cache
from rest_framework.exceptions import Throttled
from rest_framework.request import Request

from billing.entitlements import api_calls_a_minute

WINDOW_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of the limit that will be reached first."""

    limit: int
    remaining: int
    reset_seconds: int

    @property
    def headers(self) -> dict[str, str]:
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(max(0, self.remaining)),
            "RateLimit-Reset": str(self.reset_seconds),
            "RateLimit-Policy": f"{self.limit};w={WINDOW_SECONDS}",
        }


def spend(request: Request) -> Allowance:
    """Count the request; the keys carry the group, as all keys of the shared cache do.

    A limit of 0 is none. The answer may be overspent: :func:`require_left` refuses then.
    """
    now = time.time()
    window = int(now // WINDOW_SECONDS)
    reset = WINDOW_SECONDS - int(now % WINDOW_SECONDS)
    caller = (
        f"token:{request.auth.token_id}" if request.auth is not None else f"user:{request.user.pk}"
    )
    allowances = [
        Allowance(limit, limit - _count(f"api-rate:{whose}:{window}"), reset)
        for whose, limit in (
            (caller, settings.API_RATE_PER_TOKEN),
            ("group", _limit_of_group(request)),
        )
        if limit
    ]
    return min(allowances, key=lambda allowance: allowance.remaining, default=Allowance(0, 1, 0))


def _limit_of_group(request: Request) -> int:
    """The installation's limit or the plan's, whichever is reached first."""
    limits = (settings.API_RATE_PER_GROUP, api_calls_a_minute(request.tenant))
    return min((limit for limit in limits if limit), default=0)


def require_left(allowance: Allowance) -> None:
    """Raises Throttled when more was spent than there was."""
    if allowance.remaining < 0:
        raise Throttled(wait=allowance.reset_seconds)


def _count(key: str) -> int:
    try:
        return cache.incr(key)
    except ValueError:
        # Two first requests at once: the second finds the first one's counter.
        if cache.add(key, 1, WINDOW_SECONDS * 2):
            return 1
        return cache.incr(key)
