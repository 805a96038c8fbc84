"""What the banner must know on every page."""

from django import template

from forecourt.support import granting
from forecourt.support.models import SupportGrant

register = template.Library()


@register.simple_tag
def support_grant() -> SupportGrant | None:
    """The grant that is open, from the cache."""
    return granting.present()
