"""States of a document."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class DocumentState(models.TextChoices):
    """``CHECKING`` until its first version has arrived and been looked through."""

    CHECKING = "CHECKING", _("Being checked")
    READY = "READY", _("Ready")
    REFUSED = "REFUSED", _("Not accepted")
