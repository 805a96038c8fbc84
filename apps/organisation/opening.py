"""When a store is open: its hours, in its time zone, without the days on which it is closed."""

from zoneinfo import ZoneInfo

from apps.organisation.group_settings import CLOSED_DAYS
from apps.organisation.models import Store
from forecourt.kernel.group_settings import value_of
from forecourt.kernel.hours import OpeningHours


def opening_hours(store: Store) -> OpeningHours:
    """What limits told in business hours are reckoned by."""
    return OpeningHours(
        store.opens_at,
        store.closes_at,
        ZoneInfo(store.time_zone),
        frozenset(value_of(CLOSED_DAYS, store_id=store.pk)),
    )
