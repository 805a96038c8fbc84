"""Pages of option lists: what there is, and one list with its values."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django import forms as django_forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from forecourt.kernel.access import Actor
from forecourt.kernel.models import OptionValue
from forecourt.kernel.option_lists import OptionList, actions, all_lists, option_list
from forecourt.kernel.option_lists.values import values
from forecourt.ui import forms
from forecourt.ui.access import requires
from forecourt.ui.details import told
from forecourt.ui.responses import render_page
from forecourt.ui.settings_pages.dialogs import ask_in_dialog

MANAGE = actions.MANAGE


class ValueForm(forms.Form):
    """Either name is enough; the report of missing translations tells what lacks the other."""

    name_zh = django_forms.CharField(
        label=gettext_lazy("Chinese name"), max_length=actions.LONGEST_NAME, required=False
    )
    name_en = django_forms.CharField(
        label=gettext_lazy("English name"), max_length=actions.LONGEST_NAME, required=False
    )


class NewValueForm(ValueForm):
    code = django_forms.CharField(
        label=gettext_lazy("Code"),
        max_length=actions.LONGEST_CODE,
        required=False,
        help_text=gettext_lazy(
            "For files and the interface; it never changes. Empty: made from the name."
        ),
        widget=django_forms.TextInput(attrs={"autocapitalize": "characters"}),
    )


@require_GET
@requires(MANAGE)
def option_list_list(request: HttpRequest) -> HttpResponse:
    lists = []
    for declared in all_lists():
        present = values(declared.code).values()
        active = [value for value in present if value.is_active]
        lists.append(
            {
                "list": declared,
                "active_count": len(active),
                "retired_count": len(present) - len(active),
                "examples": [value.label for value in active[:6]],
            }
        )
    return render(request, "settings/option_lists.html", {"lists": lists})


@require_GET
@requires(MANAGE)
def option_list_detail(request: HttpRequest, list_code: str) -> HttpResponse:
    return _shown(request, option_list(list_code))


@require_GET
@requires(MANAGE)
def option_list_history(request: HttpRequest, list_code: str) -> HttpResponse:
    """Who changed which value of the list."""
    entries = actions.history_of(list_code=list_code, actor=request.actor)
    found = told(OptionValue, entries, request.actor, names_record=True)
    context = {
        "list": option_list(list_code),
        "tab": "history",
        "history": [
            replace(entry, changes=[one for one in entry.changes if one.label != "list"])
            for entry in found
        ],
    }
    return render(request, "settings/option_list.html", context)


@requires(MANAGE)
def option_value_add(request: HttpRequest, list_code: str) -> HttpResponse:
    option_list(list_code)
    form = NewValueForm(request.POST or None, actor=request.actor)
    return ask_in_dialog(
        request,
        form,
        lambda: actions.add_value(list_code=list_code, actor=request.actor, **form.cleaned_data),
        title=_("Add a value"),
        done=_("Value added."),
    )


@requires(MANAGE)
def option_value_edit(request: HttpRequest, list_code: str, value_id: int) -> HttpResponse:
    value = actions.get_value(list_code=list_code, value_id=value_id, actor=request.actor)
    form = ValueForm(
        request.POST or None,
        actor=request.actor,
        initial={"name_zh": value.name_zh, "name_en": value.name_en},
    )
    return ask_in_dialog(
        request,
        form,
        lambda: actions.change_value(
            list_code=list_code, value_id=value_id, actor=request.actor, **form.cleaned_data
        ),
        title=_("Rename “%(name)s”") % {"name": value.name},
        done=_("Saved."),
    )


@require_POST
@requires(MANAGE)
def option_value_move(request: HttpRequest, list_code: str, value_id: int) -> HttpResponse:
    actions.move_value(
        list_code=list_code,
        value_id=value_id,
        up=request.POST.get("direction") == "up",
        actor=request.actor,
    )
    return _shown(request, option_list(list_code))


@require_POST
@requires(MANAGE)
def option_value_switch(request: HttpRequest, list_code: str, value_id: int) -> HttpResponse:
    """Retire a value, or take it into use again."""
    value = actions.change_value(
        list_code=list_code,
        value_id=value_id,
        is_active=request.POST.get("on") == "yes",
        actor=request.actor,
    )
    told = _("“%(name)s” is offered again.") if value.is_active else _("“%(name)s” is retired.")
    messages.success(request, told % {"name": value.name})
    return _shown(request, option_list(list_code))


@require_POST
@requires(MANAGE)
def option_value_remove(request: HttpRequest, list_code: str, value_id: int) -> HttpResponse:
    value = actions.get_value(list_code=list_code, value_id=value_id, actor=request.actor)
    actions.remove_value(list_code=list_code, value_id=value_id, actor=request.actor)
    messages.success(request, _("“%(name)s” is removed.") % {"name": value.name})
    return _shown(request, option_list(list_code))


def _shown(request: HttpRequest, declared: OptionList) -> HttpResponse:
    context = {"list": declared, "rows": _rows(declared, request.actor)}
    return render_page(
        request, "settings/option_list.html", "settings/_option_values.html", context
    )


def _rows(declared: OptionList, actor: Actor) -> list[dict[str, Any]]:
    used = actions.usage(declared)
    rows = []
    for value in actions.list_values(declared.code, actor):
        count = _count_of(declared, value, used)
        built_in = declared.built_in(value.code)
        rows.append(
            {
                "value": value,
                "count": count,
                "is_fixed": built_in is not None and built_in.fixed,
                "may_remove": not value.is_built_in and not count,
            }
        )
    return rows


def _count_of(declared: OptionList, value: OptionValue, used: dict[str, int]) -> int:
    held = {value.name_zh, value.name_en} - {""} if declared.holds_names else {value.code}
    return sum(used.get(text, 0) for text in held)
