from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from forecourt.kernel.access import RowAccess, ScopedModel
from forecourt.kernel.crypto.fields import EncryptedTextField


class Webhook(ScopedModel):
    """An address that is told of events, with the rights of the person who chose it.

    ``cursor_seal`` and ``cursor_entry`` are the place in the stream of events up to which
    deliveries have been made. ``busy_until`` is the lease of the worker that serves it: one at a
    time, so events arrive in order and a slow receiver has one request at once.
    """

    access: ClassVar[RowAccess] = RowAccess(view="platform.manage_webhooks")

    class Off(models.TextChoices):
        """Why it is switched off."""

        BY_HAND = "BY_HAND", _("Switched off by hand")
        FAILING = "FAILING", _("Switched off: nothing arrived for days")
        NO_RIGHTS = "NO_RIGHTS", _("Switched off: the person whose rights it had has left")

    name = models.CharField(pgettext_lazy("thing", "Name"), max_length=60)
    url = models.CharField(pgettext_lazy("webhook", "Address"), max_length=500)
    types = models.JSONField(_("Events"), default=list)
    secret = EncryptedTextField()
    previous_secret = EncryptedTextField()
    previous_until = models.DateTimeField(null=True)
    user_id = models.BigIntegerField()
    staff_id = models.BigIntegerField()
    staff_name = models.CharField(_("With the rights of"), max_length=150)
    is_active = models.BooleanField(_("Switched on"), default=True)
    off_reason = models.CharField(max_length=9, choices=Off, blank=True)
    cursor_seal = models.BigIntegerField()
    cursor_entry = models.BigIntegerField()
    busy_until = models.DateTimeField(null=True)
    failing_since = models.DateTimeField(_("Failing since"), null=True)
    last_delivered_at = models.DateTimeField(_("Last delivered"), null=True)
    created_at = models.DateTimeField(_("Made"))

    class Meta:
        verbose_name = _("Webhook")
        constraints = [
            models.UniqueConstraint(fields=["name"], name="webhook_name_uq"),
            models.CheckConstraint(
                condition=models.Q(is_active=True, off_reason="")
                | models.Q(is_active=False, off_reason__in=["BY_HAND", "FAILING", "NO_RIGHTS"]),
                name="webhook_off_ck",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class WebhookDelivery(ScopedModel):
    """One event for one webhook, until it has arrived or is given up.

    ``entry_id`` is the entry of the audit log that the event is made of; null is a test. It is no
    foreign key: entries of sample data leave the log, and an event must then only not be sent.
    """

    access: ClassVar[RowAccess] = RowAccess(view="platform.manage_webhooks")

    class State(models.TextChoices):
        PENDING = "PENDING", pgettext_lazy("delivery", "Waiting")
        DELIVERED = "DELIVERED", pgettext_lazy("delivery", "Delivered")
        GIVEN_UP = "GIVEN_UP", _("Given up")
        SKIPPED = "SKIPPED", _("Not sent")

    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="deliveries", db_index=False)
    entry_id = models.BigIntegerField(null=True)
    type = models.CharField(_("Event"), max_length=60)
    state = models.CharField(_("State"), max_length=9, choices=State, default=State.PENDING)
    attempts = models.PositiveIntegerField(_("Attempts"), default=0)
    queued_at = models.DateTimeField(_("Queued"))
    next_at = models.DateTimeField(_("Next attempt"))
    status = models.PositiveSmallIntegerField(_("Answer"), null=True)
    excerpt = models.CharField(max_length=500, blank=True)
    delivered_at = models.DateTimeField(pgettext_lazy("delivery", "Delivered"), null=True)

    class Meta:
        verbose_name = _("Delivery of an event")
        constraints = [
            models.UniqueConstraint(fields=["webhook", "entry_id"], name="webhook_delivery_uq"),
            models.CheckConstraint(
                condition=models.Q(state="DELIVERED", delivered_at__isnull=False)
                | models.Q(state__in=["PENDING", "GIVEN_UP", "SKIPPED"], delivered_at__isnull=True),
                name="webhook_delivery_state_ck",
            ),
        ]
        indexes = [
            models.Index(
                fields=["webhook", "next_at", "id"],
                condition=models.Q(state="PENDING"),
                name="webhook_delivery_due_idx",
            ),
            models.Index(fields=["webhook", "-id"], name="webhook_delivery_list_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.entry_id or ''}".strip()
