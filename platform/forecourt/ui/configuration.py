"""The group's logo in the configuration file: the picture itself, as lines of base64."""

from __future__ import annotations

import base64
import binascii
from textwrap import wrap
from typing import Any

from django.core.files.storage import default_storage
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from forecourt.kernel import images
from forecourt.kernel.access import Actor
from forecourt.kernel.configuration import ListOf, Part, Report, Text, register
from forecourt.kernel.errors import Invalid
from forecourt.kernel.models import SettingValue
from forecourt.ui import branding

LINE = 76
MOST_LINES = branding.LARGEST_LOGO * 4 // 3 // LINE + 2


class Logo(Part):
    """Empty where the group shows the product's mark."""

    name = "logo"
    label = _("Logo")
    shape = ListOf(Text(LINE, pattern=r"[A-Za-z0-9+/]+={0,2}"), most=MOST_LINES)

    def export(self) -> Any:
        row = SettingValue.objects.filter(key=branding.LOGO, level="GROUP").first()
        path = f"{branding.FOLDER}/{row.value}" if row is not None and row.value else ""
        if not path or not default_storage.exists(path):
            return []
        with default_storage.open(path) as file:
            return _lines(file.read())

    def read(self, raw: Any, report: Report) -> Any:
        """The picture as it would be kept: without what does not draw it."""
        lines = super().read(raw, report)
        if not lines or not all(isinstance(line, str) for line in lines):
            return lines
        try:
            content = base64.b64decode("".join(lines), validate=True)
            picture = images.read_picture(content, largest=branding.LONGEST_SIDE, field="logo")
        except binascii.Error:
            report.problem((self.name,), _t("This is not written as expected."))
        except Invalid as refusal:
            report.problem((self.name,), refusal.message)
        else:
            return _lines(picture.content)
        return lines

    def apply(self, data: Any, actor: Actor) -> None:
        if data:
            branding.change_logo(content=_content(data), actor=actor)
        else:
            branding.remove_logo(actor=actor)


def _lines(content: bytes) -> list[str]:
    return wrap(base64.b64encode(content).decode(), LINE)


def _content(lines: list[str]) -> bytes:
    return base64.b64decode("".join(lines))


register(Logo())
