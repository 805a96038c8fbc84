"""What an automation waits for and does, how a campaign goes, and what becomes of one customer."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Trigger(TextChoices):
    EVENT = "EVENT", _("Something happens")
    DATE = "DATE", _("A date comes near, or has passed")


class Deed(TextChoices):
    TASK = "TASK", _("Plan a contact")
    MESSAGE = "MESSAGE", _("Write a message")
    TAG = "TAG", _("Put a tag on")
    REWARD = "REWARD", _("Give a coupon or points")


class CampaignState(TextChoices):
    DRAFT = "DRAFT", pgettext_lazy("campaign", "Draft")
    RUNNING = "RUNNING", pgettext_lazy("campaign", "Running")
    PAUSED = "PAUSED", pgettext_lazy("campaign", "Paused")
    STOPPED = "STOPPED", pgettext_lazy("campaign", "Stopped")
    DONE = "DONE", pgettext_lazy("campaign", "Finished")


class ReachState(TextChoices):
    WAITING = "WAITING", pgettext_lazy("reach", "Waiting")
    QUEUED = "QUEUED", pgettext_lazy("reach", "On its way")
    DONE = "DONE", pgettext_lazy("reach", "Reached")
    HELD = "HELD", pgettext_lazy("reach", "Held back")


class HeldReason(TextChoices):
    """Why somebody was not reached, beside the reasons of messages."""

    STOPPED = "STOPPED", _("Stopped before it came to this customer")
    NO_OWNER = "NO_OWNER", _("The customer has no advisor who could be given a task")
    CAP = "CAP", _("The customer had as many messages as are allowed in 7 days")
    NO_CONSENT = "NO_CONSENT", _("The customer has not agreed to this channel")
    NO_ADDRESS = "NO_ADDRESS", _("No address for this channel")
    GONE = "GONE", _("The recipient is no longer there")
    LATE = "LATE", _("It could not leave in time")
    REFUSED = "REFUSED", _("The provider refused it")
    GAVE_UP = "GAVE_UP", _("Tried too often")
    INTERRUPTED = "INTERRUPTED", _("Interrupted while it was being sent")
    CHANNEL_OFF = "CHANNEL_OFF", _("The channel is off")
    IMPOSSIBLE = "IMPOSSIBLE", _("It could not be done any more")


CHANNELS = ("sms", "email")
"""By which customers can be written to."""
STARTABLE = frozenset({CampaignState.DRAFT, CampaignState.PAUSED})
STOPPABLE = frozenset({CampaignState.RUNNING, CampaignState.PAUSED})
CHANGEABLE = frozenset({CampaignState.DRAFT})
