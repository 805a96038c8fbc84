"""What the numbers of documents look like: a pattern for each kind, with a preview."""

from dataclasses import dataclass
from typing import Any

from django import forms as django_forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from forecourt.kernel import clock, group_settings, numbering
from forecourt.kernel.access import Actor
from forecourt.kernel.errors import DomainError, NotFound
from forecourt.kernel.group_settings import Level, SettingState
from forecourt.ui import forms
from forecourt.ui.access import requires
from forecourt.ui.responses import done_in_dialog, render_page

VIEW = "settings.view_setting"
CHANGED = "setting-changed"
SAMPLE_CODE = "SH01"


class PatternForm(forms.Form):
    value = django_forms.CharField(
        label=_("Pattern"),
        max_length=60,
        help_text=_(
            "{store} is the store's code, {yyyy} or {yy} the year, {mm} the month, {dd} the day; "
            "{seq:05} at the end counts within the store and the period, here in five digits."
        ),
        widget=django_forms.TextInput(
            attrs={"class": "fc-mono", "autocomplete": "off", "spellcheck": "false"}
        ),
    )


@dataclass(frozen=True, slots=True)
class Line:
    """A kind of document with its pattern and a number as it would be given today."""

    kind: str
    label: Any
    state: SettingState
    example: str


def may_number(actor: Actor) -> bool:
    """Numbers are headquarters' to decide: one pattern for the whole group."""
    return actor.grant(VIEW).everything


@require_GET
@requires(VIEW)
def numbering_list(request: HttpRequest) -> HttpResponse:
    place = group_settings.viewpoint_of(request.actor)
    code, today = _sample_code(), clock.today()
    lines = [
        Line(kind, label, state, numbering.example(state.value, code, today))
        for kind, label in numbering.kinds().items()
        for state in [group_settings.state_of(numbering.key_of(kind), request.actor, place)]
    ]
    return render_page(
        request, "settings/numbering.html", "settings/_numbering.html", {"lines": lines}
    )


@requires(VIEW)
def numbering_edit(request: HttpRequest, kind: str) -> HttpResponse:
    """Decide a kind's pattern, in a dialog with a preview."""
    if kind not in numbering.kinds():
        raise NotFound(_t("There is no such setting."))
    place = group_settings.viewpoint_of(request.actor)
    state = group_settings.state_of(numbering.key_of(kind), request.actor, place)
    form = PatternForm(request.POST or None, initial={"value": state.value})
    if form.is_valid():
        saved = form.attempt(
            group_settings.change_setting,
            key=numbering.key_of(kind),
            value=form.cleaned_data["value"],
            actor=request.actor,
        )
        if saved is not None:
            return done_in_dialog(request, message=_t("Saved."), event=CHANGED)
    context = {
        "form": form,
        "label": numbering.kinds()[kind],
        "kind": kind,
        "preview": _preview(kind, form["value"].value() or ""),
    }
    status = 422 if form.errors else 200
    return render(request, "settings/_numbering_form.html", context, status=status)


@require_GET
@requires(VIEW)
def numbering_preview(request: HttpRequest, kind: str) -> HttpResponse:
    """The next numbers that a pattern would give, or what is wrong with it."""
    if kind not in numbering.kinds():
        raise NotFound(_t("There is no such setting."))
    context = {"preview": _preview(kind, request.GET.get("value", "")[:60])}
    return render(request, "settings/_numbering_preview.html", context)


def _preview(kind: str, typed: str) -> dict[str, Any]:
    setting = group_settings.get_setting(numbering.key_of(kind))
    code, today = _sample_code(), clock.today()
    try:
        pattern = setting.clean(typed)
    except DomainError as refusal:
        return {"refusal": refusal.message}
    return {"numbers": [numbering.example(pattern, code, today, count) for count in (1, 2, 3)]}


def _sample_code() -> str:
    """A store of the group to show numbers with."""
    stores = group_settings.subjects_for(Level.STORE)
    return stores[0].code if stores else SAMPLE_CODE
