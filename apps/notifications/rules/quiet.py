"""Quiet hours: from one time of day to another, which may lie after midnight."""

from datetime import datetime, time, timedelta


def end_of_quiet(local: datetime, *, begins: time, ends: time) -> datetime | None:
    """When the quiet hours that ``local`` lies in are over; None outside of them.

    Equal times are no quiet hours at all. The answer is in the time zone of ``local``.
    """
    if begins == ends:
        return None
    moment = local.time()
    over_midnight = begins > ends
    is_quiet = (moment >= begins or moment < ends) if over_midnight else begins <= moment < ends
    if not is_quiet:
        return None
    day = local.date()
    if over_midnight and moment >= begins:
        day += timedelta(days=1)
    return datetime.combine(day, ends, local.tzinfo)
