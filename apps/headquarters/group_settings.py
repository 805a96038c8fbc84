"""When a group's year of business begins."""

from django.utils.dates import MONTHS
from django.utils.translation import gettext_lazy as _

from forecourt.kernel.group_settings import Choice, Setting, declare

declare(
    Setting(
        "headquarters.fiscal_year_starts",
        label=_("The fiscal year begins in"),
        help=_("Figures by year count twelve months from here; it is named after where it begins."),
        kind=Choice(tuple((str(number), name) for number, name in MONTHS.items())),
        default="1",
    ),
)
