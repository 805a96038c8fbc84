"""A stand-in of Stripe on loopback, and the product pointed at it."""

from collections.abc import Iterator

import pytest

from billing import catalogue
from infra.stripe.server import SECRET_KEY, WEBHOOK_SECRET, StandIn, running


@pytest.fixture
def stand_in(settings) -> Iterator[StandIn]:
    """Its events are held until a test lets them go."""
    with running(webhook_url="http://127.0.0.1:9/") as found:
        settings.STRIPE_API_BASE = found.api.base
        settings.STRIPE_SECRET_KEY = SECRET_KEY
        settings.STRIPE_WEBHOOK_SECRET = WEBHOOK_SECRET
        found.delivery.is_held = True
        yield found


@pytest.fixture
def shop(stand_in: StandIn) -> StandIn:
    """The stand-in with our plans in it."""
    catalogue.sync()
    return stand_in
