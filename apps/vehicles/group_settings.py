"""What a group decides about its stock, and the brands that may decide for themselves."""

from django.utils.translation import gettext_lazy as _

from apps.vehicles.actions.age_preview import preview_age_limits, preview_aged_from
from apps.vehicles.queries import list_brands
from apps.vehicles.rules.ageing import AGED_FROM, DEFAULT_LIMITS
from forecourt.kernel import numbering
from forecourt.kernel.group_settings import (
    Level,
    Numbers,
    Setting,
    Subject,
    WholeNumber,
    declare,
    subjects_of,
)

LONGEST = 3650

declare(
    Setting(
        "vehicles.age_limits",
        label=_("Age bands of stock"),
        help=_(
            "The days in stock at which a vehicle enters the next band and takes its colour; one "
            "set for the whole group, so that stores can be compared."
        ),
        kind=Numbers(1, LONGEST, count=len(DEFAULT_LIMITS), unit=_("days")),
        default=DEFAULT_LIMITS,
        preview=preview_age_limits,
    ),
    Setting(
        "vehicles.aged_from",
        label=_("Aged stock begins at"),
        help=_(
            "Vehicles that stand so long count as aged in headquarters' figures; one limit for the "
            "whole group, so that its sum means one thing."
        ),
        kind=WholeNumber(1, LONGEST, unit=_("days")),
        default=AGED_FROM,
        preview=preview_aged_from,
    ),
    Setting(
        "vehicles.reservation_days",
        label=_("A reservation holds for"),
        help=_(
            "Where nobody says until when: after so many days those who reserved the vehicle are "
            "reminded to sell or release it. 0 is until it is released."
        ),
        kind=WholeNumber(0, 365, unit=_("days")),
        default=7,
        levels=(Level.STORE,),
    ),
)

numbering.declare("ST", _("Vehicle stock"))
numbering.declare("TR", _("Transfers"))


@subjects_of(Level.BRAND)
def brands() -> list[Subject]:
    """The brands that the group sells, by either of their names."""
    return [
        Subject(
            str(brand.pk),
            brand.name_zh or brand.name_en,
            brand.name,
            (brand.name_zh, brand.name_en),
        )
        for brand in list_brands().filter(is_hidden=False)
    ]
