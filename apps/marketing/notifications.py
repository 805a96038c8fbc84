"""What customers are written, and what people here are told of."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.marketing.rules.texts import PLACEHOLDERS
from apps.notifications.registry import CUSTOMERS, Event, declare

MESSAGE = declare(
    Event(
        code="marketing.message",
        label=_("A message of a campaign or an automation"),
        receivers=_("The customers whom it is meant for"),
        title="{title}",
        body="{text}",
        placeholders={
            "title": pgettext_lazy("message", "Subject"),
            "text": _("Text"),
            **PLACEHOLDERS,
        },
        channels=(),
        to=CUSTOMERS,
        has_own_words=True,
    )
)
