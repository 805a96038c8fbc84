"""The time. Rules take it as an argument; actions and views ask here."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.utils import timezone


def now() -> datetime:
    """This moment, aware, in UTC."""
    return timezone.now()


def today(tz: str | ZoneInfo | None = None) -> date:
    """The calendar day now in ``tz`` (an IANA name), else in the active time zone."""
    zone = ZoneInfo(tz) if isinstance(tz, str) else tz
    return timezone.localdate(timezone=zone)
