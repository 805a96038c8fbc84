"""The link in a message: a signed address that shows who opened it and leads on.

The signature's salt names the group's schema, so an address of one group is worth nothing at
another's.
"""

from __future__ import annotations

from django.core import signing
from django.urls import reverse

from forecourt.kernel.groups import current_schema, site_url

EXAMPLE = "https://…/marketing/l/…/"
"""How a link looks in a preview."""


def address_for(reach_id: int) -> str:
    token = signing.Signer(salt=_salt()).sign(str(reach_id))
    return site_url(reverse("marketing:follow_link", args=[token]))


def read(token: str) -> int | None:
    """Whose link it is; None for one that was altered or is another group's."""
    try:
        return int(signing.Signer(salt=_salt()).unsign(token))
    except (signing.BadSignature, ValueError):
        return None


def _salt() -> str:
    return f"marketing.link:{current_schema()}"
