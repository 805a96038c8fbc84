"""What the account's pages must know besides their view's context."""

from django import template

from forecourt.accounts import policy
from forecourt.accounts.actions import USE_API

register = template.Library()


@register.simple_tag
def second_factor_demanded() -> bool:
    """Whether the group asks everybody for a second factor."""
    return policy.requires_second_factor()


@register.simple_tag(takes_context=True)
def may_use_api(context: template.Context) -> bool:
    actor = getattr(context["request"], "actor", None)
    return actor is not None and actor.can(USE_API)
