"""What a customer wants, chosen from the catalogue that another module keeps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from apps.crm import hooks
from apps.crm.rules import interests as rules
from apps.crm.rules.interests import Interest
from forecourt.kernel.errors import Invalid


def checked_interests(
    wanted: Iterable[Mapping[str, Any]],
) -> tuple[list[Interest], dict[str, str]]:
    """The interests under their present names; and brand and series of the first, by which a deal
    is counted and its rules are found.

    ``wanted`` says ``series_id``, and perhaps ``model_id`` and ``colour``. Raises Invalid for what
    the catalogue does not have or that is said twice, and for more than :data:`rules.MOST`.
    """
    told = list(wanted)
    asked = {
        (one["series_id"], one.get("model_id")): (one.get("colour") or "").strip() for one in told
    }
    if len(asked) < len(told):
        raise Invalid(_("Say each model once."), field="interests")
    if len(asked) > rules.MOST:
        raise Invalid(_("At most %(count)s models.") % {"count": rules.MOST}, field="interests")
    if any(len(colour) > rules.LONGEST_COLOUR for colour in asked.values()):
        raise Invalid(
            _("At most %(length)s characters.") % {"length": rules.LONGEST_COLOUR},
            field="interests",
        )
    cars = hooks.catalogue_cars(asked) if asked else {}
    if set(cars) != set(asked):
        raise Invalid(_("The catalogue has no such model."), field="interests")
    chosen = [
        Interest(
            series_id=key[0],
            model_id=key[1],
            name_zh=cars[key].name_zh,
            name_en=cars[key].name_en,
            colour=colour,
        )
        for key, colour in asked.items()
    ]
    if not chosen:
        return [], {}
    first = cars[next(iter(asked))]
    return chosen, {"brand": first.brand, "series": first.series}
