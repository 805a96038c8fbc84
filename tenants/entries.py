"""The way from the public site into a group: a link that signs one person in, once.

What the link holds is random; whose it is lies in the cache under the group's own keys, for two
minutes. It means nothing at another group's address. If it is lost, the password still works.
"""

import hashlib
import secrets

from django.core.cache import cache

from forecourt.accounts.models import User
from forecourt.kernel.groups import account_url, inside
from tenants.models import DealerGroup

GOOD_FOR_SECONDS = 120
PATH = "/start/enter/"


def issue(group: DealerGroup, email: str) -> str:
    """The full address that signs the person with this e-mail in to the group, once."""
    secret = secrets.token_urlsafe(32)
    with inside(group.identity):
        user = User.objects.get(email__iexact=email)
        cache.set(_key(secret), user.pk, GOOD_FOR_SECONDS)
        return account_url(f"{PATH}?key={secret}")


def redeem(secret: str) -> User | None:
    """The person whom the link signs in to the group that is entered; None the second time."""
    key = _key(secret)
    user_id = cache.get(key)
    # Of two requests with the same link only one finds something to delete.
    if user_id is None or not cache.delete(key):
        return None
    return User.objects.filter(pk=user_id, is_active=True).first()


def _key(secret: str) -> str:
    return f"entry:{hashlib.sha256(secret.encode()).hexdigest()}"
