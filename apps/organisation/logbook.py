"""How entries of the audit log read: words for actions and records, names for fields."""

from typing import Any

from django.apps import apps
from django.db.models import Model
from django.urls import reverse
from django.utils.translation import gettext_lazy

from forecourt.kernel.access import Actor, all_permissions
from forecourt.kernel.custom_fields.definition import PREFIX
from forecourt.kernel.custom_fields.values import shown_changes
from forecourt.kernel.models import AuditEntry
from forecourt.ui.details import OWN_VERBS, VERBS, Change, change_of, register_verbs, verb_of

register_verbs(
    {
        "state_changed": (gettext_lazy("State changed"), "switch-horizontal", "info"),
        "roles_changed": (gettext_lazy("Roles changed"), "shield-check", "warning"),
        "joined": (gettext_lazy("Joined"), "user-check", "success"),
        "suspended": (gettext_lazy("Suspended"), "user-x", "warning"),
        "resumed": (gettext_lazy("Back at work"), "user-check", "success"),
        "left": (gettext_lazy("Left"), "user-x", "danger"),
        "invited_again": (gettext_lazy("Invited again"), "mail", "info"),
        "invitation_revoked": (gettext_lazy("Invitation revoked"), "x", "warning"),
        "second_factors_removed": (gettext_lazy("Second factor removed"), "shield", "danger"),
        "signed_in": (gettext_lazy("Signed in"), "login", "success"),
        "signed_out": (gettext_lazy("Signed out"), "logout", "neutral"),
        "sign_in_failed": (gettext_lazy("Failed to sign in"), "alert-triangle", "danger"),
        "password_changed": (gettext_lazy("Password changed"), "password", "warning"),
        "password_reset": (gettext_lazy("Password set anew"), "password", "warning"),
        "second_factor_added": (gettext_lazy("Second factor added"), "shield-lock", "success"),
        "second_factor_removed": (gettext_lazy("Second factor removed"), "shield", "danger"),
        "second_factor_renewed": (gettext_lazy("New recovery codes made"), "note", "info"),
        "second_factor_failed": (gettext_lazy("Wrong code"), "alert-triangle", "danger"),
        "device_signed_out": (gettext_lazy("Device signed out"), "device-laptop", "info"),
        "devices_signed_out": (gettext_lazy("Devices signed out"), "device-laptop", "info"),
        "token_made": (gettext_lazy("API token made"), "key", "warning"),
        "token_revoked": (gettext_lazy("API token revoked"), "key", "info"),
        "bank_account_revealed": (gettext_lazy("Bank account uncovered"), "eye", "accent"),
        "driving_licence_revealed": (
            gettext_lazy("Driving licence uncovered"),
            "eye",
            "accent",
        ),
        "key_made": (gettext_lazy("Data key made"), "key", "info"),
        "keys_destroyed": (gettext_lazy("Old data keys destroyed"), "key", "warning"),
        "domain_added": (gettext_lazy("Domain added"), "world", "info"),
        "domain_proven": (gettext_lazy("Domain proven"), "world", "success"),
        "domain_missing": (gettext_lazy("Domain's record gone"), "world", "warning"),
        "domain_lost": (gettext_lazy("Domain switched off"), "world", "danger"),
        "domain_chosen": (gettext_lazy("Links lead to another address"), "world", "info"),
        "domain_removed": (gettext_lazy("Domain removed"), "world", "warning"),
        "archive_ordered": (gettext_lazy("Archive ordered"), "archive", "warning"),
        "archived": (gettext_lazy("Everything written to an archive"), "archive", "warning"),
        "archive_fetched": (gettext_lazy("Archive fetched"), "download", "warning"),
        "sample_loaded": (gettext_lazy("Sample data put in"), "file-import", "info"),
        "sample_removed": (gettext_lazy("Sample data taken out"), "trash", "warning"),
    }
)

NOTHING = "–"
PAGES = {
    "organisation.store": "organisation:store_detail",
    "organisation.staffmember": "organisation:staff_detail",
    "organisation.role": "organisation:role_detail",
    "organisation.department": "organisation:department_detail",
    "organisation.position": "organisation:position_detail",
}
"""Kinds of record that have a page; modules above add theirs by :func:`register_kind`."""
_labels: dict[str, Any] = {
    "kernel.settingvalue": gettext_lazy("Setting"),
    "tenants.owndomain": gettext_lazy("Domain"),
    "tenants.dealergroup": gettext_lazy("Dealer group"),
}


def register_kind(kind: str, label: Any, *, page: str = "") -> None:
    """Say how the audit log calls records of a kind (``crm.lead``), and where they are shown.

    ``page`` names the URL that takes their primary key; without it they are not linked.
    """
    _labels[kind] = label
    if page:
        PAGES[kind] = page


def action_label(entry: AuditEntry) -> str:
    return str(verb_of(entry)[0])


def kind_label(kind: str) -> str:
    if kind in _labels:
        return str(_labels[kind])
    model = _model(kind)
    return str(model._meta.verbose_name) if model else kind


def subject_label(entry: AuditEntry) -> str:
    return f"{kind_label(entry.subject_kind)} · {entry.subject_label}"


def subject_url(entry: AuditEntry) -> str | None:
    page = PAGES.get(entry.subject_kind)
    return reverse(page, args=[entry.subject_id]) if page and entry.subject_id.isdigit() else None


def kinds(_actor: Actor) -> list[tuple[str, str]]:
    """The kinds of record that people know, of all modules, by name."""
    own = {
        model._meta.label_lower
        for model in apps.get_models()
        if model.__module__.startswith(("apps.organisation.", "forecourt.accounts."))
    }
    found = [(kind, kind_label(kind)) for kind in own | _labels.keys()]
    return sorted(found, key=lambda pair: pair[1])


def actions(_actor: Actor) -> list[tuple[str, str]]:
    """Each action with what it is called; some are called otherwise by module."""
    names: dict[str, list[str]] = {}
    own = ((name, verb) for (_app, name), verb in OWN_VERBS.items())
    for name, verb in (*VERBS.items(), *own):
        names.setdefault(name, []).append(str(verb[0]))
    return [(name, " / ".join(dict.fromkeys(texts))) for name, texts in names.items()]


def changes_of(entry: AuditEntry, actor: Actor) -> list[tuple[str, str, str]]:
    """(label, before, after) of each field; ``before`` is empty where there was none.

    What was empty and stayed so is left out, what is there for programs alone, and custom fields
    that the reader does not see.
    """
    model = _model(entry.subject_kind)
    rights = all_permissions()
    own = [
        _told(change_of(model, name, value), value, rights.get(name))
        for name, value in entry.changes.items()
        if value not in ([None, None], ["", ""], [None, ""]) and not name.startswith(("_", PREFIX))
    ]
    custom = shown_changes(entry.subject_kind, entry.changes, actor)
    return own + [_told(Change(label, *pair), pair) for label, pair in custom.values()]


def _model(kind: str) -> type[Model] | None:
    try:
        return apps.get_model(kind)
    except (LookupError, ValueError):
        return None


def _told(change: Change, value: Any, right: Any = None) -> tuple[str, str, str]:
    """The change's label is a right's name where one was given or taken."""
    is_pair = isinstance(value, list | tuple) and len(value) == 2
    before = (change.before or NOTHING) if is_pair else ""
    return str(right or change.label), str(before), str(change.after or NOTHING)
