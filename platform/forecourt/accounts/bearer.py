"""API tokens as they are presented: found by their text, and when each was last used."""

from datetime import timedelta

from forecourt.accounts.models import ApiToken
from forecourt.kernel.clock import now

PREFIX = "fct_"
NOTE_EVERY = timedelta(minutes=1)
"""How exact the time of last use is; a row written for each call would cost more than it tells."""


def find_token(text: str) -> ApiToken | None:
    """The usable token with this text in the group that is entered, its account with it."""
    if not text.startswith(PREFIX):
        return None
    digest = ApiToken.digest_of(text)
    return ApiToken.objects.usable().filter(digest=digest).select_related("user").first()


def note_use(token: ApiToken) -> None:
    """Remember that the token is in use; at most one write a minute."""
    moment = now()
    if token.last_used_at is None or moment - token.last_used_at >= NOTE_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=moment)
