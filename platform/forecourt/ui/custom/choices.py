"""The input for the choices of a list: a row for each, with both names."""

from __future__ import annotations

from typing import Any

from django import forms as django_forms

SPARE_ROWS = 3


class ChoicesInput(django_forms.Widget):
    """Rows of value (kept, hidden), Chinese name, English name, retired; and some blank ones."""

    template_name = "custom/widgets/choices.html"
    parts = ("value", "label_zh", "label_en", "state")

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        rows = list(value or [])
        spare = [{"value": "", "label_zh": "", "label_en": "", "is_active": True}] * SPARE_ROWS
        return super().get_context(name, value, attrs) | {"rows": rows + spare}

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[dict[str, Any]]:
        if not hasattr(data, "getlist"):
            return data.get(name) or []
        columns = [data.getlist(f"{name}_{part}") for part in self.parts]
        return [
            {
                "value": value,
                "label_zh": zh.strip(),
                "label_en": en.strip(),
                "is_active": state != "retired",
            }
            for value, zh, en, state in zip(*columns, strict=False)
            if zh.strip() or en.strip()
        ]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return f"{name}_label_zh" not in data

    def id_for_label(self, id_: str | None, index: Any = None) -> str | None:
        return f"{id_}_0" if id_ else id_


class ChoicesField(django_forms.Field):
    widget = ChoicesInput

    def has_changed(self, initial: Any, data: Any) -> bool:
        return (initial or []) != (data or [])
