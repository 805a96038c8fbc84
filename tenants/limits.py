"""How often something may be asked for: counted in the shared cache, by windows of time."""

import hashlib
import time

from django.core.cache import cache
from django.utils.translation import gettext as _

from forecourt.kernel.errors import DomainError


class TooOften(DomainError):
    code = "too_often"
    status = 429


def count(what: str, who: str, *, times: int, seconds: int) -> None:
    """Count one more; raises TooOften after ``times`` in the same window of ``seconds``."""
    window = int(time.time()) // seconds
    key = f"limit:{what}:{hashlib.sha256(who.encode()).hexdigest()[:32]}:{window}"
    cache.add(key, 0, seconds + 60)
    try:
        used = cache.incr(key)
    except ValueError:  # the entry was pushed out between the two
        return
    if used > times:
        raise TooOften(_("Too many attempts. Please wait a few minutes and try again."))
