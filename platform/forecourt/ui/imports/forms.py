"""What a person types on the way of an import."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms as django_forms
from django.utils.translation import gettext_lazy as _

from forecourt.kernel.access import Actor
from forecourt.kernel.imports import FieldKind, Importer
from forecourt.kernel.imports.engine import ALL_OR_NOTHING, GOOD_ROWS
from forecourt.kernel.models import ImportRun
from forecourt.kernel.tabular import ENCODINGS, Limits
from forecourt.ui import forms

REGIONS = (
    ("CN", _("China")),
    ("HK", _("Hong Kong")),
    ("MO", _("Macao")),
    ("TW", _("Taiwan")),
    ("SG", _("Singapore")),
    ("JP", _("Japan")),
    ("DE", _("Germany")),
    ("GB", _("United Kingdom")),
    ("US", _("United States")),
)
_DELIMITERS = ((",", _("Comma")), (";", _("Semicolon")), ("\t", _("Tab")), ("|", _("Bar")))
_ENCODING_NAMES = {
    "utf-8": "UTF-8",
    "gb18030": _("GB18030 (GBK, GB2312)"),
    "utf-16": "UTF-16",
    "cp1252": _("Windows-1252 (Western)"),
    "big5": _("Big5 (traditional Chinese)"),
    "shift_jis": _("Shift JIS (Japanese)"),
}


class UploadForm(forms.Form):
    """A file, and the store that its rows belong to where the importer asks for one."""

    file = forms.FileField(
        label=_("File"), kinds=("csv", "txt", "tsv", "xlsx", "xls"), limit=Limits().file_bytes
    )
    store = django_forms.TypedChoiceField(label=_("Store"), coerce=int, required=False)
    wide = ("file",)

    def __init__(self, *args: Any, importer: Importer, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, actor=actor, **kwargs)
        stores = list(importer.stores(actor))
        if stores:
            self.fields["store"].required = importer.needs_store
            _offer(self.fields["store"], [("", "–"), *stores])
        else:
            del self.fields["store"]


class ReadingForm(forms.Form):
    """How the file is read, where it was not found out right."""

    sheet = django_forms.ChoiceField(label=_("Sheet"))
    encoding = django_forms.ChoiceField(label=_("Encoding"))
    delimiter = django_forms.ChoiceField(label=_("Delimiter"), choices=_DELIMITERS)
    header_row = django_forms.IntegerField(
        label=_("Header row"),
        min_value=0,
        max_value=60,
        help_text=_("The row that names the columns; 0 if there is none."),
    )
    region = django_forms.ChoiceField(label=_("Phone numbers of"), choices=REGIONS)

    def __init__(self, *args: Any, run: ImportRun, importer: Importer, **kwargs: Any) -> None:
        shape = run.shape
        kwargs.setdefault(
            "initial",
            {
                "sheet": shape["sheet"],
                "encoding": shape["encoding"].removesuffix("-sig"),
                "delimiter": shape["delimiter"],
                "header_row": shape["header_row"],
                "region": run.options.get("region", "CN"),
            },
        )
        super().__init__(*args, **kwargs)
        if shape["kind"] == "xlsx":
            del self.fields["encoding"], self.fields["delimiter"]
            _offer(self.fields["sheet"], [(name, name) for name in shape["sheets"]])
        else:
            del self.fields["sheet"]
            found = shape["encoding"].removesuffix("-sig")
            names = dict.fromkeys((found, *ENCODINGS))
            _offer(
                self.fields["encoding"],
                [(name, _ENCODING_NAMES.get(name, name.upper())) for name in names],
            )
        if not any(field.kind is FieldKind.PHONE for field in importer.fields):
            del self.fields["region"]


class RunForm(forms.Form):
    """How to run what was checked."""

    mode = django_forms.ChoiceField(
        label=_("If some rows are not good"),
        widget=django_forms.RadioSelect,
        choices=[
            (GOOD_ROWS, _("Import the good rows; the others come back as a file")),
            (ALL_OR_NOTHING, _("Import all rows or none")),
        ],
        initial=GOOD_ROWS,
    )
    accept_warnings = django_forms.BooleanField(
        label=_("Import the rows with warnings too"), required=False
    )
    wide = ("mode", "accept_warnings")

    def __init__(self, *args: Any, run: ImportRun, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not run.warning_count:
            del self.fields["accept_warnings"]


def _offer(field: django_forms.Field, choices: Sequence[tuple[Any, Any]]) -> None:
    if isinstance(field, django_forms.ChoiceField):
        field.choices = choices
