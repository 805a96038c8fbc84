from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WebhookSwitchedOff:
    """A webhook was switched off by the platform; whoever made it should know."""

    webhook_id: int
    name: str
    staff_id: int
    user_id: int
    reason: str
