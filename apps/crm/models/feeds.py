"""Feeds: where other systems push enquiries in, and what they pushed."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.crm.models.leads import Lead
from apps.crm.rules.feeds import MessageState, masked_payload
from apps.crm.rules.leads import LEAD_SOURCES
from forecourt.kernel.access import Masked, RowAccess, ScopedModel
from forecourt.kernel.crypto.fields import EncryptedTextField
from forecourt.kernel.option_lists.fields import OptionField

MANAGE = "crm.manage_feed"


class LeadFeed(ScopedModel):
    """One system that pushes enquiries: its address, its token, and how its fields become ours.

    ``mapping`` holds, by the lead's field, what :mod:`apps.crm.rules.feeds` reads. Of the token
    only the digest is kept; it is empty while the feed has none.
    """

    access: ClassVar[RowAccess] = RowAccess(view=MANAGE)

    code = models.CharField(_("Code in the address"), max_length=40)
    name = models.CharField(pgettext_lazy("thing", "Name"), max_length=60)
    source = OptionField(LEAD_SOURCES, _("Source"))
    campaign_code = models.CharField(_("Campaign"), max_length=40, blank=True)
    is_active = models.BooleanField(_("Switched on"), default=True)
    mapping = models.JSONField(default=dict)
    token_digest = models.CharField(max_length=64, blank=True)
    token_hint = models.CharField(max_length=12, blank=True)
    token_made_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(_("Made"))

    class Meta:
        verbose_name = _("Feed of leads")
        constraints = [
            models.UniqueConstraint(fields=["code"], name="lead_feed_code_uq"),
            models.CheckConstraint(
                condition=Q(code__regex=r"^[a-z0-9][a-z0-9-]{1,39}$"), name="lead_feed_code_ck"
            ),
            models.CheckConstraint(
                condition=Q(token_digest="", token_made_at__isnull=True)
                | (~Q(token_digest="") & Q(token_made_at__isnull=False)),
                name="lead_feed_token_ck",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class FeedMessage(ScopedModel):
    """What a feed pushed, as it came, and what became of it.

    ``payload`` is written once; it holds people's data, so it is encrypted, shown with its numbers
    hidden, and emptied after ``crm.feed_payload_days`` when the lead has long been made. ``key``
    tells the same message that comes again. ``problems`` names the fields for which no lead could
    be made; why, is said by reading it again.
    """

    access: ClassVar[RowAccess] = RowAccess(view=MANAGE)
    masked_fields: ClassVar[dict[str, Masked]] = {
        "payload": Masked("crm.see_phone", masked_payload),
    }

    feed = models.ForeignKey(
        LeadFeed,
        models.PROTECT,
        related_name="messages",
        db_index=False,
        verbose_name=pgettext_lazy("leads", "Feed"),
    )
    key = models.CharField(max_length=64)
    content_type = models.CharField(max_length=60)
    payload = EncryptedTextField()
    received_at = models.DateTimeField(_("Received on"))
    state = models.CharField(
        _("State"), max_length=9, choices=MessageState, default=MessageState.RECEIVED
    )
    lead = models.ForeignKey(
        Lead,
        models.PROTECT,
        null=True,
        related_name="feed_messages",
        db_index=False,
        verbose_name=_("Lead"),
    )
    problems = models.JSONField(default=list)
    settled_at = models.DateTimeField(null=True)
    dismiss_reason = models.CharField(_("Reason"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("Message of a feed")
        constraints = [
            models.UniqueConstraint(fields=["feed", "key"], name="feed_message_key_uq"),
            models.CheckConstraint(
                condition=(
                    Q(state=MessageState.RECEIVED, lead__isnull=True, settled_at__isnull=True)
                    | Q(state=MessageState.STUCK, lead__isnull=True, settled_at__isnull=True)
                    | Q(state=MessageState.TAKEN, lead__isnull=False, settled_at__isnull=False)
                    | (
                        Q(state=MessageState.DISMISSED, settled_at__isnull=False)
                        & ~Q(dismiss_reason="")
                    )
                ),
                name="feed_message_state_ck",
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"],
                condition=Q(state__in=[MessageState.RECEIVED, MessageState.STUCK]),
                name="feed_message_open_idx",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"
