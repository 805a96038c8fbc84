"""What a tag may be called and look like."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext as _t
from django.utils.translation import pgettext_lazy

from forecourt.kernel.errors import Invalid

LONGEST = 30


class Tone(TextChoices):
    NEUTRAL = "neutral", pgettext_lazy("colour", "Grey")
    INFO = "info", pgettext_lazy("colour", "Blue")
    SUCCESS = "success", pgettext_lazy("colour", "Green")
    WARNING = "warning", pgettext_lazy("colour", "Yellow")
    DANGER = "danger", pgettext_lazy("colour", "Red")
    ACCENT = "accent", pgettext_lazy("colour", "Violet")


def checked_name(name: str) -> str:
    """The name with single spaces. Raises Invalid for none, a long one, or one with a separator:
    lists of tags in files part them by commas."""
    name = " ".join(name.split())
    if not name:
        raise Invalid(_t("Give the tag a name."), field="name")
    if len(name) > LONGEST:
        raise Invalid(_t("At most %(length)s characters.") % {"length": LONGEST}, field="name")
    if set(name) & set(",，;；、|"):
        raise Invalid(_t("Write one tag without commas."), field="name")
    return name
