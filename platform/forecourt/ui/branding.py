"""A group's own look: name in English, logo, colour. What it lacks is the product's."""

import hashlib
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.translation import gettext as _

from forecourt.kernel import colours, images
from forecourt.kernel.access import Actor
from forecourt.kernel.errors import Invalid
from forecourt.kernel.group_settings import change_setting, reset_setting, value_of
from forecourt.kernel.groups import GroupIdentity, in_group
from forecourt.kernel.language import is_chinese
from forecourt.kernel.storage import group_storage

COLOUR, LOGO, NAME_EN = "branding.colour", "branding.logo", "branding.name_en"
LARGEST_LOGO = 2**20
PERMISSION = "settings.change_branding"
LONGEST_SIDE = 2000
FOLDER = "branding"
LIGHT_GROUNDS = ("#e6ebec", "#ffffff")
DARK_GROUNDS = ("#1d2a2f", "#172226")
"""The grounds that brand-coloured text stands on (frame and surfaces in forecourt.css)."""


def title_of(group: GroupIdentity) -> str:
    """What the group is called in the reader's language."""
    if not is_chinese():
        return str(value_of(NAME_EN)) or group.name
    return group.name


def require_readable(colour: str) -> None:
    """White text must be readable on it, in light and dark. Raises Invalid."""
    if colour and colours.contrast(colour, colours.WHITE) < colours.ENOUGH:
        raise Invalid(
            _(
                "White text could not be read on this colour (contrast %(found).1f to 1, at least "
                "4.5 is needed). Choose a darker one."
            )
            % {"found": colours.contrast(colour, colours.WHITE)},
            field="value",
        )


def stylesheet(colour: str) -> str:
    """The tokens of forecourt.css in a group's colour, readable wherever they stand."""
    light = colours.readable_on(colour, LIGHT_GROUNDS[0], colours.BLACK)
    dark = colours.readable_on(colour, DARK_GROUNDS[0], colours.WHITE)
    soft = colours.mixed(colour, colours.WHITE, 0.88)
    soft_dark = colours.mixed(colour, DARK_GROUNDS[1], 0.75)
    tokens = {
        "brand": (colours.readable_on(light, soft, colours.BLACK), dark),
        "brand-fill": (colour, colour),
        "brand-fill-hover": (colours.mixed(colour, colours.BLACK, 0.2),) * 2,
        "brand-soft": (soft, soft_dark),
        "focus": (light, dark),
    }
    tokens["brand"] = (
        tokens["brand"][0],
        colours.readable_on(dark, soft_dark, colours.WHITE),
    )
    lines = [f"  --fc-{name}: light-dark({day}, {night});" for name, (day, night) in tokens.items()]
    return ":root {\n" + "\n".join(lines) + "\n}\n"


def change_logo(*, content: bytes, actor: Actor) -> str:
    """Put up a logo; answers the name under which it is stored. Raises NotPermitted or Invalid.

    The name is made of what the picture holds: another picture has another address.
    """
    actor.require(PERMISSION)
    if len(content) > LARGEST_LOGO:
        raise Invalid(
            _("The file is larger than %(size)s MB.") % {"size": LARGEST_LOGO // 2**20},
            field="logo",
        )
    picture = images.read_picture(content, largest=LONGEST_SIDE, field="logo")
    name = f"{hashlib.sha256(picture.content).hexdigest()[:24]}.{picture.kind}"
    # Whole or not at all, and the same bytes under the same name however many come at once.
    group_storage().put(f"{FOLDER}/{name}", ContentFile(picture.content))
    change_setting(key=LOGO, value=name, actor=actor)
    return name


def remove_logo(*, actor: Actor) -> None:
    """Show the product's mark again. Raises NotPermitted, or Conflict when there is no logo.

    The file stays: the history names it.
    """
    reset_setting(key=LOGO, actor=actor)


def change_colour(*, colour: str, actor: Actor) -> None:
    """Raises NotPermitted or Invalid; an empty colour is the product's."""
    change_setting(key=COLOUR, value=colour, actor=actor)


def open_logo(name: str) -> Any:
    """The stored picture, or None for one that is not the group's present logo."""
    if not in_group() or value_of(LOGO) != name or not default_storage.exists(f"{FOLDER}/{name}"):
        return None
    return default_storage.open(f"{FOLDER}/{name}")
