"""How much a group keeps, and how much it may."""

from collections.abc import Callable
from contextlib import suppress

from django.conf import settings
from django.core.cache import cache
from django.db.models import Sum
from django.utils.translation import gettext as _

from forecourt.kernel.files.errors import OverQuota
from forecourt.kernel.models import StoredFile

GIGABYTE = 10**9
"""As plans count it, and as the page of the subscription shows it."""
_KNOWN = "files:used_bytes"
_KNOWN_SECONDS = 60
_source: list[Callable[[], int | None]] = []


def quota_source(function: Callable[[], int | None]) -> Callable[[], int | None]:
    """Decorator: the function says how many bytes the plan of the group entered allows.

    None leaves it to the setting ``FILES_QUOTA_GIGABYTES``, 0 is without bound.
    """
    _source[:] = [function]
    return function


def quota_bytes() -> int:
    """How many bytes the group may keep; 0 is without bound."""
    for source in _source:
        if (allowed := source()) is not None:
            return allowed
    return settings.FILES_QUOTA_GIGABYTES * GIGABYTE


def used_bytes() -> int:
    """How many bytes the group's files have, those under way included."""
    kept = StoredFile.objects.exclude(state=StoredFile.State.REFUSED)
    return kept.aggregate(total=Sum("size"))["total"] or 0


def require_room(size: int) -> None:
    """Raises OverQuota when ``size`` bytes more would be too many; nothing is ever removed.

    The sum is up to a minute old, but for what came by this way since: several who send their last
    bytes at the same moment may be over by that.
    """
    quota = quota_bytes()
    if not quota:
        return
    used = cache.get(_KNOWN)
    if used is None or used + size > quota:
        used = used_bytes()
        cache.set(_KNOWN, used, _KNOWN_SECONDS)
    if used + size > quota:
        raise OverQuota(
            _(
                "The group's space for files is used up: %(used)s of %(quota)s GB. Remove what is "
                "no longer needed, or ask for more space."
            )
            % {"used": f"{used / GIGABYTE:,.1f}", "quota": f"{quota / GIGABYTE:,.1f}"},
            field="file",
        )
    with suppress(ValueError):  # the minute is over
        cache.incr(_KNOWN, size)
