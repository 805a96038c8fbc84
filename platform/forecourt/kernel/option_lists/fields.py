"""A model's column that holds the code of an option."""

from __future__ import annotations

from functools import partialmethod
from typing import Any

from django.db import models
from django.db.models import Q

from forecourt.kernel.models.options import CODE
from forecourt.kernel.option_lists.values import label

CODE_LENGTH = 30


class OptionField(models.CharField):
    """``source = OptionField("lead_sources", _("Source"))``; ``get_source_display()`` is the name.

    The database holds it to the form of a code (:func:`is_code`); whether the value exists and may
    be chosen is asked by the action (``option_lists.require``).
    """

    def __init__(self, list_code: str = "", *args: Any, **kwargs: Any) -> None:
        self.list_code = list_code
        kwargs.setdefault("max_length", CODE_LENGTH)
        super().__init__(*args, **kwargs)

    def contribute_to_class(self, cls: Any, name: str, *args: Any, **kwargs: Any) -> None:
        super().contribute_to_class(cls, name, *args, **kwargs)
        if f"get_{name}_display" not in cls.__dict__:
            setattr(cls, f"get_{name}_display", partialmethod(_display, field=self))

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """To the database, and so to migrations, it is a text."""
        name, _path, args, kwargs = super().deconstruct()
        return str(name), "django.db.models.CharField", list(args), dict(kwargs)


def is_code(column: str, *, blank: bool = False) -> Q:
    """The condition of a check constraint on the column."""
    condition = Q(**{f"{column}__regex": CODE})
    return condition | Q(**{column: ""}) if blank else condition


def _display(row: models.Model, field: OptionField) -> str:
    return label(field.list_code, getattr(row, field.attname))
