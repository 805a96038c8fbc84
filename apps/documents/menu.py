"""Where the module stands in the navigation, its part of records' pages, and how it looks."""

from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.db.models import TextChoices
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.documents import subjects
from apps.documents.models import Document, DocumentTemplate
from apps.documents.queries.kinds import kind_name
from apps.documents.rules.papers import SigningWay
from apps.documents.rules.verbs import ERASED
from apps.notifications.channels import channel
from forecourt.kernel.access import Actor
from forecourt.kernel.menu import MenuEntry, register
from forecourt.kernel.models import AuditEntry, StoredFile
from forecourt.ui import details, tones

SECTION = _("Collaboration")

register(
    MenuEntry(
        label=_("Documents"),
        url_name="documents:document_list",
        icon="file",
        section=SECTION,
        permission="documents.view_document",
        order=20,
    ),
    MenuEntry(
        label=_("Kinds of documents"),
        url_name="documents:kind_list",
        icon="folder",
        section=SECTION,
        permission="documents.view_kind",
        order=345,
        on_settings_page=True,
        description=_("What each kind takes, who sees it, and how long it is kept"),
    ),
)
register(
    MenuEntry(
        label=_("Templates"),
        url_name="documents:template_list",
        icon="template",
        section=SECTION,
        permission="documents.view_template",
        order=346,
        on_settings_page=True,
        description=_("What contracts, slips and letters say, and the group's seal"),
    )
)


def _proof(entry: AuditEntry, actor: Actor) -> str:
    may_see = actor.can("documents.erase_papers")
    return reverse("documents:erasure_proof", args=[entry.pk]) if may_see else ""


tones.declare(
    DocumentTemplate,
    {"DRAFT": "warning", "PUBLISHED": "success", "RETIRED": "neutral"},
    field="state",
)
tones.declare(
    Document,
    {"CHECKING": "info", "READY": "success", "REFUSED": "danger"},
    field="state",
)
for subject in subjects.declared():
    details.register_tab(
        apps.get_model(subject.model),
        details.Tab(
            "documents", _("Documents"), "documents/_tab.html", permission=subject.permission
        ),
    )
details.register_verbs(
    {
        "ready": (_("Accepted"), "circle-check", "success"),
        "erased": (_("Erased on request"), "shield-lock", "danger"),
        "added": (_("Added"), "plus", "success"),
        "version added": (_("Version added"), "upload", "info"),
        "version restored": (_("Version shown again"), "arrow-back-up", "info"),
        "version removed": (_("Version removed"), "trash", "warning"),
        "upload abandoned": (_("Upload given up"), "x", "neutral"),
        "linked": (_("Linked to a record"), "link", "info"),
        "unlinked": (_("Taken from a record"), "x", "warning"),
        "removal announced": (_("Removal announced"), "clock", "warning"),
        "hold set": (_("Legal hold set"), "lock", "warning"),
        "hold released": (_("Legal hold released"), "lock-open", "info"),
        "looked at": (_("Looked at"), "eye", "accent"),
        "signed": (_("Signed"), "signature", "success"),
        "signature asked": (_("Link to sign made"), "qrcode", "info"),
        "signature no longer asked": (_("Link to sign taken back"), "x", "neutral"),
        "template written": (_("Draft written"), "edit", "info"),
        "template published": (_("Published"), "circle-check", "success"),
        "template discarded": (_("Draft discarded"), "trash", "warning"),
        "template retired": (_("Withdrawn"), "arrow-back-up", "warning"),
        "certificate made": (_("Seal made"), "certificate", "info"),
        "papers erased": (_("Papers erased on request"), "shield-lock", "danger"),
    }
)
details.register_words(
    {
        "erased": _("Documents erased"),
        "kept": _("Documents kept"),
        "removed_on": _("Removed on"),
        "sha256": "SHA-256",
        "time_over": _("Kept until"),
    }
)
details.register_link(ERASED, _proof)


def _channel_label(code: str) -> str:
    return str(channel(code).label) if code else ""


def _in_words(choices: type[TextChoices]) -> Callable[[Any], str]:
    return lambda value: str(dict(choices.choices).get(value, value))


for name, label, words in (
    ("kind", _("Kind of document"), kind_name),
    ("name", _("Signer"), str),
    ("field", _("To be signed by"), str),
    ("way", pgettext_lazy("signing", "How"), _in_words(SigningWay)),
    ("channel", _("Sent by"), _channel_label),
    ("shown", _("SHA-256 of what was shown"), str),
    ("why", _("Reason"), _in_words(StoredFile.Refusal)),
):
    details.register_reading(Document, name, label, words)
