"""The configuration as a file: download, upload with a preview, versions and going back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms as django_forms
from django.core.cache import cache
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from forecourt.kernel.access import Actor
from forecourt.kernel.clock import today
from forecourt.kernel.configuration import Change, actions, document, part
from forecourt.kernel.configuration.actions import Plan
from forecourt.kernel.errors import Conflict
from forecourt.kernel.groups import current_group
from forecourt.kernel.models import ConfigurationVersion
from forecourt.ui import forms, tones
from forecourt.ui.access import requires
from forecourt.ui.lists import ChoiceFilter, Column, DateTimeColumn, Empty, ListPage, StatusColumn
from forecourt.ui.responses import go_to, render_page
from forecourt.ui.settings_pages.dialogs import ask_in_dialog

MANAGE = actions.MANAGE
UPLOAD_KEPT_SECONDS = 3600
MOST_SHOWN = 400
LONGEST_VALUE = 300
Origin = ConfigurationVersion.Origin

tones.declare(
    ConfigurationVersion,
    {"SAVED": "accent", "BEFORE": "neutral", "IMPORTED": "info", "RESTORED": "warning"},
    field="origin",
)


class UploadForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("Configuration file"),
        kinds=("yaml", "yml"),
        limit=document.MOST_BYTES,
    )


class NoteForm(forms.Form):
    note = django_forms.CharField(label=gettext_lazy("Note"), max_length=200, required=False)


@dataclass(frozen=True)
class ShownChange:
    """A difference as the table shows it."""

    kind: str
    where: str
    before: str
    after: str


@dataclass(frozen=True)
class ShownPart:
    label: str
    counts: dict[str, int]
    changes: list[ShownChange]


class VersionList(ListPage):
    """Every version that was kept, the newest first."""

    name = "settings.configuration_versions"
    permission = MANAGE
    title = gettext_lazy("Configuration file")
    template = "settings/configuration.html"
    columns = (
        DateTimeColumn("made_at", gettext_lazy("When"), sort="id", always=True),
        StatusColumn("origin", gettext_lazy("How it came")),
        Column("note", gettext_lazy("Note")),
        Column("actor_name", gettext_lazy("By")),
        Column("sha256", gettext_lazy("Fingerprint"), value=lambda row: row.sha256[:12], mono=True),
    )
    filters = (ChoiceFilter("origin", gettext_lazy("How it came"), Origin),)
    default_sort = "-made_at"
    empty = Empty(
        gettext_lazy("No versions yet"),
        gettext_lazy("Each import keeps what was there before. Save one by hand at any time."),
        icon="history",
    )

    def get_queryset(self, actor: Actor) -> QuerySet[ConfigurationVersion]:
        return actions.list_versions(actor)

    def row_url(self, row: ConfigurationVersion) -> str:
        return reverse("settings:configuration_version", args=[row.pk])


@require_GET
@requires(MANAGE)
def configuration_download(request: HttpRequest) -> HttpResponse:
    """The present configuration as a file."""
    group = current_group()
    slug = group.slug if group else "group"
    return _file(actions.export_config(actor=request.actor), f"{slug}-{today():%Y%m%d}.yaml")


@requires(MANAGE)
def configuration_upload(request: HttpRequest) -> HttpResponse:
    """Take a file, and show what it would change; nothing is changed yet."""
    form = UploadForm(request.POST or None, request.FILES or None, actor=request.actor)
    if request.method == "POST" and form.is_valid():
        raw = form.cleaned_data["file"].read()
        plan = actions.plan_config(raw, actor=request.actor)
        if not plan.problems:
            cache.set(_upload_key(request.actor), raw, UPLOAD_KEPT_SECONDS)
        return _preview(request, plan, apply_url=reverse("settings:configuration_apply"))
    return render_page(
        request,
        "settings/configuration_upload.html",
        "settings/_configuration_upload.html",
        {"form": form},
    )


@require_POST
@requires(MANAGE)
def configuration_apply(request: HttpRequest) -> HttpResponse:
    """Import what was previewed; refused when anything has changed since."""
    raw = cache.get(_upload_key(request.actor))
    if raw is None:
        raise Conflict(_("The upload has been kept for an hour only. Choose the file again."))
    outcome = actions.import_config(
        raw,
        actor=request.actor,
        note=request.POST.get("note", ""),
        base=request.POST.get("base", ""),
    )
    cache.delete(_upload_key(request.actor))
    count = len(outcome.plan.changes)
    return go_to(
        request,
        "settings:configuration",
        message=_("The configuration is imported: %(count)s changes.") % {"count": count},
    )


@requires(MANAGE)
def configuration_save(request: HttpRequest) -> HttpResponse:
    form = NoteForm(request.POST or None, actor=request.actor)
    return ask_in_dialog(
        request,
        form,
        lambda: actions.save_version(actor=request.actor, **form.cleaned_data),
        title=_("Save this version"),
        done=_("Version saved."),
    )


@require_GET
@requires(MANAGE)
def configuration_version(request: HttpRequest, version_id: int) -> HttpResponse:
    """What differs between a version and another one, or the configuration at present."""
    version = actions.get_version(version_id=version_id, actor=request.actor)
    others = actions.list_versions(request.actor).exclude(pk=version.pk)
    other = None
    if (wanted := request.GET.get("with", "")).isdecimal() and len(wanted) < 19:
        other = actions.get_version(version_id=int(wanted), actor=request.actor)
    after = other.content if other else actions.export_config(actor=request.actor)
    changes = actions.compare_versions(before=version.content, after=after)
    context = {
        "version": version,
        "other": other,
        "others": others[:100],
        "parts": _shown(changes),
        "change_count": len(changes),
    }
    return render_page(
        request,
        "settings/configuration_version.html",
        "settings/_configuration_changes.html",
        context,
    )


@require_GET
@requires(MANAGE)
def configuration_version_download(request: HttpRequest, version_id: int) -> HttpResponse:
    version = actions.get_version(version_id=version_id, actor=request.actor)
    return _file(version.content, f"configuration-{version.pk}.yaml")


@requires(MANAGE)
def configuration_restore(request: HttpRequest, version_id: int) -> HttpResponse:
    """Show what going back to a version would change; by POST do it."""
    version = actions.get_version(version_id=version_id, actor=request.actor)
    if request.method == "POST":
        actions.import_config(
            version.content,
            actor=request.actor,
            note=request.POST.get("note", ""),
            base=request.POST.get("base", ""),
            origin=Origin.RESTORED,
        )
        return go_to(
            request, "settings:configuration", message=_("The configuration is rolled back.")
        )
    plan = actions.plan_config(version.content, actor=request.actor)
    apply_url = reverse("settings:configuration_restore", args=[version.pk])
    return _preview(request, plan, apply_url=apply_url, version=version)


def _preview(
    request: HttpRequest,
    plan: Plan,
    *,
    apply_url: str,
    version: ConfigurationVersion | None = None,
) -> HttpResponse:
    context = {
        "plan": plan,
        "parts": _shown(plan.changes),
        "change_count": len(plan.changes),
        "apply_url": apply_url,
        "version": version,
        "form": None,
    }
    return render(
        request,
        "settings/configuration_preview.html",
        context,
        status=422 if plan.problems else 200,
    )


def _shown(changes: Iterable[Change]) -> list[ShownPart]:
    """The changes by part, in words; a long list is cut, its numbers are not."""
    parts: dict[str, ShownPart] = {}
    for change in changes:
        shown = parts.setdefault(change.part, ShownPart(_label(change.part), {}, []))
        shown.counts[change.kind] = shown.counts.get(change.kind, 0) + 1
        if len(shown.changes) < MOST_SHOWN:
            shown.changes.append(
                ShownChange(change.kind, change.where, _words(change.before), _words(change.after))
            )
    return list(parts.values())


def _label(name: str) -> str:
    try:
        return str(part(name).label)
    except LookupError:
        return name


def _words(value: Any) -> str:
    """Plain data in one line that a person can read."""
    if value is None or value in ("", [], {}):
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        text = ", ".join(_words(item) for item in value)
    elif isinstance(value, dict):
        text = "; ".join(f"{key}: {_words(item)}" for key, item in value.items())
    else:
        text = str(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"


def _file(text: str, name: str) -> HttpResponse:
    disposition = content_disposition_header(as_attachment=True, filename=name)
    return HttpResponse(
        text,
        content_type="application/yaml; charset=utf-8",
        headers={"Content-Disposition": disposition, "X-Content-Type-Options": "nosniff"},
    )


def _upload_key(actor: Actor) -> str:
    return f"configuration-upload:{actor.user_id}"
