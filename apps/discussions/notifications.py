"""What people are told of discussions."""

from django.utils.translation import gettext_lazy as _

from apps.notifications.registry import Event, declare

MENTIONED = declare(
    Event(
        code="discussions.mentioned",
        label=_("Somebody mentions me"),
        receivers=_("Who is mentioned in a discussion"),
        title=_("{author} mentions you: {record}"),
        body=_("{text}"),
        placeholders={
            "author": _("Who wrote it"),
            "record": _("The record that is discussed"),
            "text": _("What was written"),
        },
        link="discussions:post",
        icon="message-circle",
    )
)
ANSWERED = declare(
    Event(
        code="discussions.answered",
        label=_("Somebody writes in a discussion in which I took part"),
        receivers=_("Who wrote in it before or was mentioned"),
        title=_("{author} writes about {record}"),
        body=_("{text}"),
        placeholders={
            "author": _("Who wrote it"),
            "record": _("The record that is discussed"),
            "text": _("What was written"),
        },
        link="discussions:post",
        icon="message-circle",
    )
)
