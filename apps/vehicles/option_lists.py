"""Colours: proposals for free texts, since every brand has names of its own for them."""

from django.utils.translation import gettext_lazy as _

from forecourt.kernel.option_lists import Option, OptionList, register

EXTERIOR_COLOURS = "exterior_colours"
INTERIOR_COLOURS = "interior_colours"

register(
    OptionList(
        EXTERIOR_COLOURS,
        _("Exterior colours"),
        help=_("Proposed where a car's colour is entered; anything else may be typed."),
        used_by=("vehicles.Vehicle.exterior_colour",),
        holds_names=True,
        values=(
            Option("WHITE", "珍珠白", "Pearl white"),
            Option("BLACK", "曜石黑", "Obsidian black"),
            Option("GREY", "星空灰", "Starry grey"),
            Option("SILVER", "流光银", "Silver"),
            Option("BLUE", "极光蓝", "Aurora blue"),
            Option("RED", "赤霞红", "Crimson"),
            Option("GOLD", "流沙金", "Sand gold"),
            Option("GREEN", "墨绿", "Dark green"),
        ),
    ),
    OptionList(
        INTERIOR_COLOURS,
        _("Interior colours"),
        help=_("Proposed where a car's colour is entered; anything else may be typed."),
        used_by=("vehicles.Vehicle.interior_colour",),
        holds_names=True,
        values=(
            Option("BLACK", "黑色", "Black"),
            Option("BEIGE", "米色", "Beige"),
            Option("BROWN", "棕色", "Brown"),
            Option("RED", "红色", "Red"),
            Option("WHITE", "白色", "White"),
        ),
    ),
)
