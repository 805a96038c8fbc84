"""States of templates and signing, and what both languages are called."""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

NOTE_MOST = 200
NAME_MOST = 60
"""Characters of a version's note, and of a signer's name."""
LINK_LIVES = dt.timedelta(days=3)


class Language(models.TextChoices):
    CHINESE = "zh-hans", _("Chinese")
    ENGLISH = "en", _("English")


class TemplateState(models.TextChoices):
    DRAFT = "DRAFT", _("Draft")
    PUBLISHED = "PUBLISHED", pgettext_lazy("template", "Published")
    RETIRED = "RETIRED", pgettext_lazy("template", "Replaced")


class SigningState(models.TextChoices):
    WAITING = "WAITING", _("Waits for the signature")
    SIGNED = "SIGNED", _("Signed")
    CANCELLED = "CANCELLED", pgettext_lazy("signing", "Taken back")


class SigningWay(models.TextChoices):
    SCREEN = "SCREEN", _("On the screen in the store")
    LINK = "LINK", _("By a link on her own device")
