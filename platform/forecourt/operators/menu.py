"""Colours of the states that the console shows."""

from billing.models import StripeEvent
from forecourt.ui import tones
from tenants.models import DealerGroup, GroupMigration, PlatformJob, Space

tones.declare(
    DealerGroup,
    {
        "PREPARING": "neutral",
        "TRIALING": "info",
        "ACTIVE": "success",
        "PAST_DUE": "warning",
        "RESTRICTED": "warning",
        "SUSPENDED": "danger",
        "CLOSED": "neutral",
    },
    field="state",
)
tones.declare(
    PlatformJob, {"RUNNING": "info", "DONE": "success", "FAILED": "danger"}, field="state"
)
tones.declare(StripeEvent, {"RECEIVED": "info", "HANDLED": "success"}, field="state")
tones.declare(Space, {"BUILDING": "info", "READY": "success", "FAILED": "danger"}, field="state")
tones.declare(GroupMigration, {"DONE": "success", "FAILED": "danger"}, field="state")
