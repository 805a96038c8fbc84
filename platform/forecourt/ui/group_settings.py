"""What a group decides about its look."""

from django.utils.translation import gettext_lazy as _

from forecourt.kernel.group_settings import Setting, Text, declare, declare_title
from forecourt.ui import branding

PERMISSION = branding.PERMISSION

declare_title("branding", _("Name and look"))
declare(
    Setting(
        branding.NAME_EN,
        label=_("English name"),
        help=_("What the group is called on pages in English."),
        kind=Text(longest=100, may_be_empty=True),
        default="",
        permission=PERMISSION,
    ),
    Setting(
        branding.COLOUR,
        label=_("Colour"),
        help=_("Of buttons, links and marks, such as #0b6270; white text must be readable on it."),
        kind=Text(
            longest=7,
            may_be_empty=True,
            pattern=r"#[0-9a-f]{6}",
            hint=_("Write the colour as # and six digits or letters a to f, in small letters."),
        ),
        default="",
        permission=PERMISSION,
        check=branding.require_readable,
    ),
    Setting(
        branding.LOGO,
        label=_("Logo"),
        help=_("The stored picture; put up and taken down on the page of the group's look."),
        kind=Text(
            longest=40,
            may_be_empty=True,
            pattern=r"[0-9a-f]{24}\.(png|jpg|webp)",
            hint=_("Put up a logo on the page of the group's look."),
        ),
        default="",
        permission=PERMISSION,
        is_listed=False,
    ),
)
