"""How long documents are kept, and why one may not go."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils.translation import gettext as _

MISTAKE = dt.timedelta(days=1)
"""So long what was added by mistake may be taken away again, whatever its kind's time."""


@dataclass(frozen=True, slots=True)
class Keeping:
    """What is known of one document's keeping. ``added_at`` is when it came into the house."""

    added_at: dt.datetime
    added_on: dt.date
    years_kept: int | None
    kept_by_law: bool
    hold_reason: str

    @property
    def kept_until(self) -> dt.date | None:
        """The first day on which it may go; none where its kind says nothing."""
        if self.years_kept is None:
            return None
        return years_after(self.added_on, self.years_kept)

    def is_over(self, today: dt.date) -> bool:
        """Whether its kind says how long, and that time has passed."""
        return self.kept_until is not None and today >= self.kept_until

    def is_in_time(self, today: dt.date) -> bool:
        """Whether its kind's time still runs."""
        return self.kept_until is not None and today < self.kept_until


def years_after(day: dt.date, years: int) -> dt.date:
    """The same day so many years later; the 29th of February becomes the 1st of March."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return dt.date(day.year + years, 3, 1)


def why_not_removed(keeping: Keeping, *, moment: dt.datetime, today: dt.date) -> str:
    """Why somebody may not remove it; empty when she may."""
    if keeping.hold_reason:
        return _("A legal hold is on it: %(reason)s") % {"reason": keeping.hold_reason}
    if keeping.is_in_time(today) and moment - keeping.added_at > MISTAKE:
        return _("It is kept until %(day)s.") % {"day": keeping.kept_until}
    return ""


def why_not_erased(keeping: Keeping, *, today: dt.date) -> str:
    """Why it stays although the person wants her papers erased; empty when it goes.

    A time that the house chose gives way to the person's wish, the law's does not.
    """
    if keeping.hold_reason:
        return _("A legal hold is on it: %(reason)s") % {"reason": keeping.hold_reason}
    if keeping.kept_by_law and keeping.is_in_time(today):
        return _("The law has it kept until %(day)s.") % {"day": keeping.kept_until}
    return ""
