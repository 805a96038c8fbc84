"""What a group decides about its marketing."""

from django.utils.translation import gettext_lazy as _

from forecourt.kernel.group_settings import Setting, WholeNumber, declare

declare(
    Setting(
        "marketing.messages_per_minute",
        label=_("Messages of campaigns and automations a minute"),
        help=_("So that many do not leave at once, and those who call back find somebody there."),
        kind=WholeNumber(1, 6000, unit=_("messages")),
        default=200,
        permission="marketing.manage_campaign",
    ),
)
