"""The bell in the frame."""

from typing import Any

from django import template

from apps.notifications import queries

register = template.Library()


@register.inclusion_tag("notifications/_bell_frame.html", takes_context=True)
def bell(context: template.Context) -> dict[str, Any]:
    """The bell of the person whose page it is. Asks the cache alone: a page never waits for it."""
    return {**_state(context), "request": context["request"]}


@register.inclusion_tag("notifications/_bell_count.html", takes_context=True)
def bell_count(context: template.Context) -> dict[str, Any]:
    return _state(context)


def _state(context: template.Context) -> dict[str, Any]:
    stamp, count = queries.unread_count.peek(context["request"].actor.staff_id)
    return {
        "is_known": count is not None,
        "stamp": stamp if count is not None else "",
        "count": count or 0,
        "is_more": (count or 0) >= queries.COUNT_AT_MOST,
        "shown_most": queries.COUNT_AT_MOST - 1,
    }
