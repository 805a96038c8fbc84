"""What an upload component says of what it takes."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from forecourt.kernel.files import Limits, purpose_of
from forecourt.kernel.files.purposes import MEGABYTE, allowed


def upload_hints(purpose: str, limits: Limits | None = None) -> dict[str, Any]:
    """``accept``, ``limit`` (bytes) and ``help`` for ``<c-upload>``."""
    what = allowed(purpose_of(purpose), limits)
    said = {"size": max(1, what.largest_bytes // MEGABYTE), "kinds": what.labels}
    return {
        "accept": what.accept,
        "limit": what.largest_bytes,
        "help": _("At most %(size)s MB each: %(kinds)s") % said,
    }
