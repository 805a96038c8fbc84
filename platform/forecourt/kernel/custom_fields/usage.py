"""Which values of option lists stand in custom fields: they count as used."""

from __future__ import annotations

from django.db.models import Count, Expression, Func, TextField
from django.db.models.fields.json import KeyTextTransform, KeyTransform

from forecourt.kernel.custom_fields.definition import Definition, Kind
from forecourt.kernel.custom_fields.indexing import rows_with_value
from forecourt.kernel.custom_fields.registry import read
from forecourt.kernel.option_lists.declaration import counts_codes


@counts_codes
def held_by_custom_fields(list_code: str) -> dict[str, int]:
    """How many rows hold each code in a field of the list, retired fields included."""
    counts: dict[str, int] = {}
    for fields in read().values():
        for field in fields:
            if field.options.get("option_list") == list_code:
                for code, count in _held(field):
                    counts[code] = counts.get(code, 0) + count
    return counts


def _held(field: Definition) -> list[tuple[str, int]]:
    rows = rows_with_value(field).exclude(**{f"custom__{field.code}": None}).order_by()
    held: Expression = KeyTextTransform(field.code, "custom")
    if field.kind == Kind.CHOICES:
        held = Func(
            KeyTransform(field.code, "custom"),
            function="jsonb_array_elements_text",
            output_field=TextField(),
            set_returning=True,
        )
    counted = rows.annotate(held=held).values("held").annotate(count=Count("pk"))
    return list(counted.values_list("held", "count"))
