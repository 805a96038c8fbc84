"""What people were told, by which way it went out, and what a group says of ways and words."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from forecourt.kernel.access import RowAccess, ScopedModel
from forecourt.kernel.crypto.fields import EncryptedTextField

TO_STAFF, TO_CHAT = "staff", "chat"
"""What a delivery's recipient is, if not a customer of some module's."""


class Notification(models.Model):
    """One notification in one person's bell.

    It keeps what the event said (``values``), not the words: those are made for the reader, in the
    language that she reads. ``recipient_id`` and ``store_id`` are plain numbers, as in the audit
    log: a notification outlives nobody's record and guards none.
    """

    recipient_id = models.BigIntegerField()
    event = models.CharField(_("Kind"), max_length=60)
    key = models.CharField(max_length=100)
    subject_id = models.CharField(max_length=40, blank=True)
    store_id = models.BigIntegerField(null=True)
    values = models.JSONField(default=dict)
    created_at = models.DateTimeField(_("When"))
    read_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("Notification")
        constraints: ClassVar[list] = [
            models.UniqueConstraint(
                fields=["recipient_id", "event", "key"], name="notification_once_uq"
            ),
        ]
        indexes: ClassVar[list] = [
            models.Index(fields=["recipient_id", "-id"], name="notification_recipient_idx"),
            models.Index(
                fields=["recipient_id"],
                condition=models.Q(read_at__isnull=True),
                name="notification_unread_idx",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.key}"

    @property
    def is_read(self) -> bool:
        return self.read_at is not None


class Delivery(ScopedModel):
    """One message that leaves by one channel to one recipient, and what became of it.

    The row is written with the change; the outbox wakes whoever sends it. ``SENDING`` is written
    just before a message leaves, so a worker that dies there leaves a trace: it becomes
    ``UNKNOWN`` and is never sent again by itself. ``recipient_kind`` is ``staff``, ``chat`` (then
    ``mentions`` are the people concerned), or a module's kind of customer (``crm.customer``).
    ``claimed_at`` is when it last began to leave; for customers that is what their contact budget
    counts.
    """

    class State(models.TextChoices):
        WAITING = "WAITING", _("Waiting to be sent")
        SENDING = "SENDING", _("Being sent")
        SENT = "SENT", _("Sent")
        REFUSED = "REFUSED", _("Refused")
        UNKNOWN = "UNKNOWN", _("Fate unknown")
        HELD = "HELD", _("Held back")

    class Reason(models.TextChoices):
        """Why it waits, was refused or held back."""

        QUIET = "QUIET", _("Quiet hours")
        BUSY = "BUSY", _("The provider asked to wait, or cannot be reached")
        REFUSED = "REFUSED", _("The provider refused it")
        GAVE_UP = "GAVE_UP", _("Tried too often")
        INTERRUPTED = "INTERRUPTED", _("Interrupted while it was being sent")
        CHANNEL_OFF = "CHANNEL_OFF", _("The channel is off")
        NO_ADDRESS = "NO_ADDRESS", _("No address for this channel")
        GONE = "GONE", _("The recipient is no longer there")
        NO_CONSENT = "NO_CONSENT", _("The customer has not agreed to this channel")
        CAP = "CAP", _("The customer had as many messages as are allowed in 7 days")
        LATE = "LATE", _("It could not leave in time")

    access: ClassVar[RowAccess] = RowAccess(view="notifications.view_delivery", store=("store_id",))

    event = models.CharField(_("Kind"), max_length=60)
    key = models.CharField(max_length=100)
    channel = models.CharField(_("Channel"), max_length=12)
    recipient_kind = models.CharField(max_length=30)
    recipient_id = models.BigIntegerField(default=0)
    recipient_name = models.CharField(_("Recipient"), max_length=100, blank=True)
    mentions = ArrayField(models.BigIntegerField(), default=list)
    subject_id = models.CharField(max_length=40, blank=True)
    store_id = models.BigIntegerField(null=True)
    values = models.JSONField(default=dict)
    state = models.CharField(_("State"), max_length=8, choices=State, default=State.WAITING)
    reason = models.CharField(_("Reason"), max_length=11, choices=Reason, blank=True)
    error = models.CharField(_("What the provider said"), max_length=300, blank=True)
    attempts = models.PositiveSmallIntegerField(_("Attempts"), default=0)
    reference = models.CharField(_("Reference of the provider"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("When"))
    claimed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(_("Sent at"), null=True)
    expires_at = models.DateTimeField(null=True)
    """When it is too late for the message to be of use; null: never."""

    class Meta:
        verbose_name = _("Delivery")
        constraints: ClassVar[list] = [
            models.UniqueConstraint(
                fields=["event", "key", "channel", "recipient_kind", "recipient_id"],
                name="delivery_once_uq",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    state__in=["WAITING", "SENDING", "SENT", "REFUSED", "UNKNOWN", "HELD"]
                ),
                name="delivery_state_ck",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=["SENDING", "SENT", "UNKNOWN"])
                | models.Q(claimed_at__isnull=False),
                name="delivery_claimed_ck",
            ),
        ]
        indexes: ClassVar[list] = [
            models.Index(
                fields=["recipient_kind", "recipient_id", "claimed_at"],
                condition=~models.Q(recipient_kind__in=["staff", "chat"]),
                name="delivery_budget_idx",
            ),
            # What waits for the same person and kind goes out together.
            models.Index(
                fields=["recipient_kind", "recipient_id", "channel", "event"],
                condition=models.Q(state="WAITING"),
                name="delivery_waiting_idx",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.channel} {self.recipient_kind}:{self.recipient_id}"

    @property
    def is_to_customer(self) -> bool:
        return self.recipient_kind not in (TO_STAFF, TO_CHAT)

    @property
    def identity(self) -> str:
        """What makes the message one and the same, however often it is tried."""
        return f"{self.event}/{self.key}/{self.channel}/{self.recipient_kind}/{self.recipient_id}"


class ChannelSettings(models.Model):
    """What a group says of one channel: on or off, how to reach the provider, its credentials.

    ``sealed`` holds the secrets, encrypted with the group's key. ``events`` are those that a chat
    gets. ``last_test`` is what came of the last try: ``{"at", "ok", "said"}``.
    """

    code = models.CharField(max_length=12)
    is_on = models.BooleanField(_("Switched on"), default=True)
    options = models.JSONField(default=dict)
    sealed = EncryptedTextField()
    events = ArrayField(models.CharField(max_length=60), default=list)
    last_test = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("Channel")
        constraints: ClassVar[list] = [
            models.UniqueConstraint(fields=["code"], name="channel_settings_code_uq"),
        ]

    def __str__(self) -> str:
        return self.code


class TemplateText(models.Model):
    """A group's own words for an event, by way and language; what has no row is as delivered.

    ``way`` is a channel, or ``chat`` for all chats. ``provider_template`` is the number under which
    a text message's provider has approved the text.
    """

    event = models.CharField(max_length=60)
    way = models.CharField(max_length=12)
    language = models.CharField(max_length=10)
    title = models.CharField(_("Title"), max_length=200)
    body = models.TextField(_("Text"), max_length=2000, blank=True)
    provider_template = models.CharField(_("Template of the provider"), max_length=60, blank=True)

    class Meta:
        verbose_name = _("Text of a notification")
        constraints: ClassVar[list] = [
            models.UniqueConstraint(
                fields=["event", "way", "language"], name="template_text_once_uq"
            ),
            models.CheckConstraint(
                condition=models.Q(language__in=["zh-hans", "en"]),
                name="template_text_language_ck",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.way} {self.language}"
