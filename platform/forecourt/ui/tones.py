"""Which colour a status has, declared once for pages, lists and boards."""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import Model

TONES = ("neutral", "info", "success", "warning", "danger", "accent", "brand")

_declared: dict[tuple[str, str], dict[str, str]] = {}


def declare(model: type[Model], tones: Mapping[str, str], *, field: str = "status") -> None:
    """Give each value of a model's status field its tone; values not named are neutral."""
    unknown = set(tones.values()) - set(TONES)
    if unknown:
        raise ValueError(f"Unknown tones: {', '.join(sorted(unknown))}.")
    _declared[(model._meta.label_lower, field)] = {str(key): tone for key, tone in tones.items()}


def of(model: type, field: str = "status") -> dict[str, str]:
    meta = getattr(model, "_meta", None)
    return _declared.get((meta.label_lower, field), {}) if meta else {}
