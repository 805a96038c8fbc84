"""The way to Stripe: one client, for Stripe itself and for the stand-in on one's own machine.

Only the setting ``STRIPE_API_BASE`` tells the two apart.
"""

from functools import cache

import stripe
from django.conf import settings
from stripe import InvalidRequestError, StripeError

from forecourt.kernel.errors import DomainError

SECONDS = 15.0
RETRIES = 2
"""Each call that writes carries an idempotency key, so that a repeated one is done once."""

__all__ = ["InvalidRequestError", "StripeError", "StripeUnreachable", "client", "is_configured"]


class StripeUnreachable(DomainError):
    """Stripe did not answer, or not as it should; nothing was changed here."""

    code = "payment_service_unreachable"
    status = 503


def is_configured() -> bool:
    """Whether this installation takes payments; without keys every group is on a lasting trial."""
    return bool(settings.STRIPE_SECRET_KEY)


def client() -> stripe.StripeClient:
    """Raises LookupError where no key is set."""
    if not is_configured():
        raise LookupError("STRIPE_SECRET_KEY is not set.")
    return _client(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE)


@cache
def _client(key: str, base: str) -> stripe.StripeClient:
    return stripe.StripeClient(
        key,
        base_addresses={"api": base} if base else None,
        max_network_retries=RETRIES,
        http_client=stripe.RequestsClient(timeout=SECONDS),
    )
