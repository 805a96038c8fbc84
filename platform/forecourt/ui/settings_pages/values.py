"""Every declared setting with its value, where that comes from, and what was decided when."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from forecourt.kernel import group_settings
from forecourt.kernel.errors import NotFound
from forecourt.kernel.group_settings import Level, Setting, SettingState, Viewpoint
from forecourt.kernel.models import AuditEntry
from forecourt.ui.access import requires
from forecourt.ui.details import Change, TimelineEntry, verb_of
from forecourt.ui.responses import done_in_dialog, render_page
from forecourt.ui.settings_pages.fields import SettingForm

VIEW = "settings.view_setting"
CHANGED = "setting-changed"
LONGEST_SEARCH = 100
HISTORY_AT_MOST = 100


@require_GET
@requires(VIEW)
def setting_list(request: HttpRequest) -> HttpResponse:
    """All settings that may be decided at the chosen place, by module."""
    viewpoint = _viewpoint(request)
    wanted = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST_SEARCH]
    modules: dict[str, list[SettingState]] = {}
    for state in group_settings.list_settings(request.actor, viewpoint, wanted):
        title = group_settings.module_title(state.setting.module)
        modules.setdefault(title, []).append(state)
    context = {
        "wanted": wanted,
        "viewpoint": viewpoint,
        "at": at_of(viewpoint),
        "viewpoints": [
            (at_of(place), place) for place in group_settings.viewpoints_of(request.actor)
        ],
        "modules": list(modules.items()),
    }
    return render_page(request, "settings/values.html", "settings/_values.html", context)


@requires(VIEW)
def setting_edit(request: HttpRequest, key: str) -> HttpResponse:
    """Decide one setting at the chosen place, in a dialog."""
    viewpoint = _viewpoint(request)
    state = group_settings.state_of(key, request.actor, viewpoint)
    is_group = viewpoint.level == Level.GROUP
    has_rule = is_group and bool(state.setting.levels)
    form = SettingForm(request.POST or None, state=state, has_rule=has_rule)
    preview = None
    if form.is_valid() and "try" in request.POST:
        preview = form.attempt(
            group_settings.preview_setting, key=key, actor=request.actor, value=form.values["value"]
        )
    elif form.is_valid():
        saved = form.attempt(
            group_settings.change_setting,
            key=key,
            actor=request.actor,
            **place_of(viewpoint),
            **form.values,
        )
        if saved is not None:
            return done_in_dialog(request, message=_("Saved."), event=CHANGED)
    context = {
        "form": form,
        "state": state,
        "viewpoint": viewpoint,
        "action": request.get_full_path(),
        "can_try": is_group and state.setting.preview is not None,
        "preview": preview,
        "differences": group_settings.differences_of(key, request.actor) if is_group else [],
    }
    status = 422 if form.errors else 200
    return render(request, "settings/_value_form.html", context, status=status)


@require_POST
@requires(VIEW)
def setting_reset(request: HttpRequest, key: str) -> HttpResponse:
    group_settings.reset_setting(
        key=key, actor=request.actor, **place_of(_viewpoint(request, request.POST))
    )
    return done_in_dialog(request, message=_("Set back."), event=CHANGED)


@require_GET
@requires(VIEW)
def setting_history(request: HttpRequest, key: str) -> HttpResponse:
    """Who decided what, the newest first, in the drawer."""
    setting = group_settings.get_setting(key)
    entries = group_settings.history_of(key, request.actor)[:HISTORY_AT_MOST]
    context = {"setting": setting, "history": [_told(entry, setting) for entry in entries]}
    return render(request, "settings/_value_history.html", context)


def at_of(viewpoint: Viewpoint) -> str:
    """The place as it stands in an address: empty, ``brand:3`` or ``store:7``."""
    return f"{viewpoint.level.lower()}:{viewpoint.subject}" if viewpoint.subject else ""


def place_of(viewpoint: Viewpoint) -> dict[str, int | None]:
    """The place as actions take it."""
    return {
        "store_id": int(viewpoint.store) if viewpoint.store else None,
        "brand_id": int(viewpoint.brand) if viewpoint.brand else None,
    }


def _viewpoint(request: HttpRequest, data: Any = None) -> Viewpoint:
    """Raises NotFound for a place that does not exist or is not hers."""
    level, _colon, subject = (request.GET if data is None else data).get("at", "").partition(":")
    if not level:
        return group_settings.viewpoint_of(request.actor)
    if level not in {"brand", "store"} or not subject.isascii() or not subject.isdigit():
        raise NotFound(_("No such record, or not yours to see."))
    return group_settings.viewpoint_of(request.actor, **{f"{level}_id": int(subject)})


def _told(entry: AuditEntry, setting: Setting) -> TimelineEntry:
    title, icon, tone = verb_of(entry)
    place = entry.subject_label.partition(" · ")[2]
    return TimelineEntry(
        when=entry.happened_at,
        title=title,
        who=entry.actor_name,
        text=place,
        icon=icon,
        tone=tone,
        changes=[
            Change(label, _text(name, pair[0], setting), _text(name, pair[1], setting))
            for name, label in (("value", _("Value")), ("rule", _("Rule")))
            if isinstance(pair := entry.changes.get(name), list)
        ],
    )


def _text(name: str, plain: Any, setting: Setting) -> str:
    if plain is None or plain == "":
        return ""
    if name == "rule":
        return str(dict(group_settings.Rule.choices).get(plain, plain))
    try:
        return setting.kind.shown(setting.kind.read(plain))
    except (TypeError, ValueError, ArithmeticError, AttributeError):
        # Decided when the setting was of another kind.
        return str(plain)
