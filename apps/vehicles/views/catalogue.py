"""Adding and changing brands, series and models, in dialogs above their lists."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from apps.vehicles import actions, forms
from apps.vehicles.queries import get_brand, get_model, get_series
from apps.vehicles.views.dialogs import ask_in_dialog, posted
from forecourt.ui.access import requires
from forecourt.ui.forms import Form

MANAGE = "vehicles.manage_catalogue"


def _save(
    request: HttpRequest,
    form: Form,
    action: Callable[..., Any],
    title: object,
    **ids: int | None,
) -> HttpResponse:
    def act(bound: Form, values: dict[str, Any]) -> Any:
        renamed = {RENAMED.get(name, name): value for name, value in values.items()}
        return bound.attempt(action, actor=request.actor, **renamed, **ids)

    return ask_in_dialog(request, form, title, _("Save"), act, _("Saved."))


RENAMED = {"brand": "brand_id", "series": "series_id"}


@requires(MANAGE)
def brand_create(request: HttpRequest) -> HttpResponse:
    form = forms.BrandForm(posted(request), actor=request.actor)
    return _save(request, form, actions.save_brand, _("Add a brand"))


@requires(MANAGE)
def brand_edit(request: HttpRequest, brand_id: int) -> HttpResponse:
    brand = get_brand(brand_id=brand_id)
    form = forms.BrandForm(
        posted(request),
        actor=request.actor,
        initial={
            "name_zh": brand.name_zh,
            "name_en": brand.name_en,
            "is_hidden": brand.is_hidden,
        },
    )
    return _save(request, form, actions.save_brand, _("Change the brand"), brand_id=brand.pk)


@requires(MANAGE)
def series_create(request: HttpRequest) -> HttpResponse:
    form = forms.SeriesForm(posted(request), actor=request.actor)
    return _save(request, form, actions.save_series, _("Add a series"))


@requires(MANAGE)
def series_edit(request: HttpRequest, series_id: int) -> HttpResponse:
    series = get_series(series_id=series_id)
    form = forms.SeriesForm(
        posted(request),
        actor=request.actor,
        initial={
            "brand": series.brand_id,
            "name_zh": series.name_zh,
            "name_en": series.name_en,
            "is_hidden": series.is_hidden,
        },
    )
    return _save(request, form, actions.save_series, _("Change the series"), series_id=series.pk)


@requires(MANAGE)
def model_create(request: HttpRequest) -> HttpResponse:
    form = forms.ModelForm(posted(request), actor=request.actor)
    return _save(request, form, actions.save_model, _("Add a model"))


@requires(MANAGE)
def model_edit(request: HttpRequest, model_id: int) -> HttpResponse:
    model = get_model(model_id=model_id)
    form = forms.ModelForm(
        posted(request),
        actor=request.actor,
        initial={
            "series": model.series_id,
            "name_zh": model.name_zh,
            "name_en": model.name_en,
            "model_year": model.model_year,
            "energy": model.energy,
            "guide_price": model.guide_price,
            "is_hidden": model.is_hidden,
        },
    )
    return _save(request, form, actions.save_model, _("Change the model"), model_id=model.pk)
