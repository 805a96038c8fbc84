"""The page of one record: head with status and actions, tabs, timeline, history.

A view reads::

    TABS = (Tab("facts", _("Facts"), "crm/_lead_facts.html"), HISTORY)

    @signed_in
    def lead_detail(request, lead_id):
        lead = get_lead(lead_id=lead_id, actor=request.actor)
        return detail_page(request, lead, "crm/lead_detail.html", TABS, {"lead": lead})

The page's template extends ui/detail.html; each tab's template gets the same context.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Field, Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from forecourt.kernel import audit
from forecourt.kernel.access import Actor
from forecourt.kernel.custom_fields.definition import PREFIX
from forecourt.kernel.custom_fields.values import shown_changes
from forecourt.kernel.models import AuditEntry
from forecourt.ui.recent import remember
from forecourt.ui.responses import wants_partial

HISTORY_AT_MOST = 200
TAB = "tab"


@dataclass(frozen=True)
class Tab:
    """A part of a record's page with an address of its own (`?tab=key`)."""

    key: str
    label: Any
    template: str
    count: int | None = None
    permission: str | None = None


HISTORY = Tab("history", gettext_lazy("History"), "ui/_history.html")
"""Every audit entry of the record; loaded only when it is opened."""


_added_tabs: dict[type[Model], list[Tab]] = {}


def register_tab(model: type[Model], tab: Tab) -> None:
    """Add a part to the pages of a model's records, from a module above; its template gets their
    context and ``subject``."""
    _added_tabs.setdefault(model, []).append(tab)


def _with_added(model: type[Model], tabs: Iterable[Tab]) -> list[Tab]:
    """The page's own tabs and the added ones, the history last."""
    own = list(tabs)
    added = _added_tabs.get(model, [])
    place = next((at for at, tab in enumerate(own) if tab.key == HISTORY.key), len(own))
    return [*own[:place], *added, *own[place:]]


@dataclass(frozen=True)
class Change:
    label: Any
    before: Any
    after: Any


@dataclass(frozen=True)
class TimelineEntry:
    """Something that happened, for `<c-timeline :entries="entries" />`. `tone` as of a badge."""

    when: dt.datetime
    title: Any
    who: str = ""
    text: str = ""
    icon: str = "point"
    tone: str = "neutral"
    url: str = ""
    changes: Sequence[Change] = field(default_factory=tuple)


Verb = tuple[Any, str, str]
"""An action of the audit log as people read it: text, icon, tone."""

# What the verbs of the audit log look like; any other verb is shown as it is written.
VERBS: dict[str, Verb] = {
    "created": (gettext_lazy("Created"), "plus", "success"),
    "changed": (gettext_lazy("Changed"), "edit", "info"),
    "reset": (gettext_lazy("Set back"), "arrow-back-up", "warning"),
    "deleted": (gettext_lazy("Deleted"), "trash", "danger"),
    "imported": (gettext_lazy("Imported"), "file-import", "info"),
    "exported": (gettext_lazy("Exported"), "file-export", "accent"),
    "downloaded": (gettext_lazy("Downloaded"), "download", "accent"),
    "assigned": (gettext_lazy("Assigned"), "user-check", "info"),
    "requested": (gettext_lazy("Requested"), "send", "info"),
    "approved": (gettext_lazy("Approved"), "circle-check", "success"),
    "refused": (gettext_lazy("Refused"), "circle-x", "danger"),
    "dispatched": (gettext_lazy("Dispatched"), "truck-delivery", "info"),
    "received": (gettext_lazy("Received"), "checks", "success"),
    "cancelled": (gettext_lazy("Cancelled"), "x", "danger"),
    "reserved": (gettext_lazy("Reserved"), "lock", "warning"),
    "released": (gettext_lazy("Released"), "lock-open", "info"),
    "revealed": (gettext_lazy("Revealed"), "eye", "accent"),
    "invited": (pgettext_lazy("history", "Invited"), "mail", "info"),
    "sold": (gettext_lazy("Sold"), "key", "success"),
    "lost": (gettext_lazy("Lost"), "x", "danger"),
    "closed": (gettext_lazy("Closed"), "archive", "neutral"),
    "retired": (gettext_lazy("Retired"), "archive", "neutral"),
    "restored": (gettext_lazy("Brought back"), "arrow-back-up", "success"),
    "removed": (gettext_lazy("Removed"), "trash", "danger"),
    "ordered": (gettext_lazy("Order changed"), "arrows-sort", "info"),
    "saved": (gettext_lazy("Saved"), "circle-check", "info"),
    "uploaded": (gettext_lazy("Uploaded"), "upload", "info"),
    "discarded": (gettext_lazy("Discarded"), "trash", "warning"),
}


OWN_VERBS: dict[tuple[str, str], Verb] = {}
"""What a verb means with the records of one app alone."""


def register_verbs(verbs: Mapping[str, Verb], *, of: str = "") -> None:
    """Give a module's own audit verbs their text, icon and tone.

    A verb that means something else with other modules is registered ``of`` the app whose records
    it is said of. Raises ValueError for one that would take another's meaning away.
    """
    if of:
        OWN_VERBS.update({(of, name): verb for name, verb in verbs.items()})
        return
    if taken := VERBS.keys() & verbs.keys():
        raise ValueError(f"These verbs mean something else already: {', '.join(sorted(taken))}")
    VERBS.update(verbs)


LINKS: dict[str, Callable[[AuditEntry, Actor], str]] = {}


def register_link(verb: str, url_of: Callable[[AuditEntry, Actor], str]) -> None:
    """Where an entry with this verb leads; empty for whoever may not go there."""
    LINKS[verb] = url_of


def verb_of(entry: AuditEntry) -> Verb:
    """How an entry's action reads."""
    app = entry.subject_kind.partition(".")[0]
    own = OWN_VERBS.get((app, entry.action))
    return own or VERBS.get(entry.action) or (entry.action, "point", "neutral")


WORDS: dict[str, Any] = {
    "count": pgettext_lazy("history", "Count"),
    "event": gettext_lazy("Event"),
    "events": gettext_lazy("Events"),
    "files": gettext_lazy("Files"),
    "job": gettext_lazy("Job"),
    "kind": pgettext_lazy("history", "Kind"),
    "list": gettext_lazy("List"),
    "numbers": gettext_lazy("Data keys"),
    "order": gettext_lazy("Order"),
    "page": pgettext_lazy("history", "Page"),
    "query": gettext_lazy("Filters"),
    "reason": gettext_lazy("Reason"),
    "record": gettext_lazy("Record"),
    "rows": gettext_lazy("Rows"),
    "scopes": gettext_lazy("Permissions"),
    "since": gettext_lazy("Since"),
    "tables": gettext_lazy("Tables"),
    "version": gettext_lazy("Version"),
}
"""What the log tells and what is no field of the record."""


def register_words(words: Mapping[str, Any]) -> None:
    """Name what a module tells in the log beside fields. Raises ValueError for what has a name."""
    if taken := WORDS.keys() & words.keys():
        raise ValueError(f"These facts have names already: {', '.join(sorted(taken))}")
    WORDS.update(words)


READINGS: dict[tuple[type[Model], str], tuple[Any, Callable[[Any], str]]] = {}


def register_reading(
    model: type[Model], name: str, label: Any, words: Callable[[Any], str]
) -> None:
    """How the history tells a change of ``name`` that is no plain field; it asks no table."""
    READINGS[model, name] = (label, words)


def shown_tab(request: HttpRequest, model: type[Model], tabs: Iterable[Tab]) -> Tab | None:
    """The tab that :func:`detail_page` shows, for a view that reads something for it alone."""
    return _chosen(request, _allowed(request, model, tabs))


def _allowed(request: HttpRequest, model: type[Model], tabs: Iterable[Tab]) -> list[Tab]:
    return [
        tab
        for tab in _with_added(model, tabs)
        if tab.permission is None or request.actor.can(tab.permission)
    ]


def _chosen(request: HttpRequest, allowed: list[Tab]) -> Tab | None:
    wanted = request.GET.get(TAB)
    return next((tab for tab in allowed if tab.key == wanted), allowed[0] if allowed else None)


def detail_page(
    request: HttpRequest,
    subject: Model,
    template: str,
    tabs: Iterable[Tab] = (),
    context: Mapping[str, Any] | None = None,
    *,
    counts: Mapping[str, int] | None = None,
) -> HttpResponse:
    """Render a record's page, or for htmx the tab that is asked for.

    `counts` shows a number beside a tab, by key. The history is read only for its own tab.
    """
    counts = counts or {}
    allowed = [
        replace(tab, count=counts.get(tab.key, tab.count))
        for tab in _allowed(request, type(subject), tabs)
    ]
    current = _chosen(request, allowed)
    values: dict[str, Any] = {
        "subject": subject,
        "tabs": allowed,
        "current_tab": current,
        **(context or {}),
    }
    if current is not None and current.key == HISTORY.key:
        values["history"] = history(subject, request.actor)
    if current is not None and wants_partial(request) and request.htmx.target == "tab-panel":
        return render(request, "ui/_tab_panel.html", values)
    if request.method == "GET" and not wants_partial(request):
        remember(request.actor, subject, request.path)
    return render(request, template, values)


def history(subject: Model, actor: Actor) -> list[TimelineEntry]:
    """The audit entries about a record, the newest first, with the fields' own labels."""
    return told(type(subject), audit.history(subject), actor)


def told(
    model: type[Model],
    entries: QuerySet[AuditEntry],
    actor: Actor,
    *,
    names_record: bool = False,
) -> list[TimelineEntry]:
    """Audit entries of records of one kind; with ``names_record`` each says which."""
    read = list(entries[:HISTORY_AT_MOST])
    found = [_entry(model, entry, actor) for entry in read]
    if not names_record:
        return found
    return [replace(one, text=entry.subject_label) for one, entry in zip(found, read, strict=True)]


def changes_of(model: type[Model], entry: AuditEntry, actor: Actor) -> list[Change]:
    """What an entry changed, without the custom fields that the reader does not see."""
    custom = shown_changes(entry.subject_kind, entry.changes, actor)
    changes = [
        change_of(model, name, value)
        for name, value in entry.changes.items()
        if not name.startswith(("_", PREFIX))
    ]
    return changes + [Change(label, *pair) for label, pair in custom.values()]


def _entry(model: type[Model], entry: AuditEntry, actor: Actor) -> TimelineEntry:
    title, icon, tone = verb_of(entry)
    return TimelineEntry(
        when=entry.happened_at,
        title=title,
        who=entry.actor_name,
        icon=icon,
        tone=tone,
        url=LINKS[entry.action](entry, actor) if entry.action in LINKS else "",
        changes=changes_of(model, entry, actor),
    )


def change_of(model: type[Model] | None, name: str, value: Any) -> Change:
    """One fact of an entry about a record of a kind that may be gone, in words."""
    before, after = value if isinstance(value, list) and len(value) == 2 else (None, value)
    if model is not None and (model, name) in READINGS:
        label, words = READINGS[model, name]
        return Change(label, *("" if part is None else words(part) for part in (before, after)))
    try:
        found = model._meta.get_field(name) if model is not None else None
    except FieldDoesNotExist:
        found = None
    label = getattr(found, "verbose_name", None) or WORDS.get(name, name.replace("_", " "))
    return Change(label, _shown(before, found), _shown(after, found))


def _shown(value: Any, found: Any) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, list):
        return ", ".join(_shown(item, found) for item in value)
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_shown(item, None)}" for name, item in value.items())
    choices = dict(found.flatchoices) if isinstance(found, Field) and found.choices else {}
    return str(choices.get(value, value))
