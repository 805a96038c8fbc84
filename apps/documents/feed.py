"""What other systems may hear of documents."""

from django.utils.translation import gettext_lazy as _

from forecourt.kernel.feed import FeedEvent, declare

DOCUMENT = {
    "subject": "documents.document",
    "permission": "documents.view_document",
    "address": "api:document",
}

declare(
    FeedEvent("document.added", actions=("added",), label=_("Document added"), **DOCUMENT),
    FeedEvent("document.signed", actions=("signed",), label=_("Paper signed"), **DOCUMENT),
    FeedEvent("document.ready", actions=("ready",), label=_("Document accepted"), **DOCUMENT),
    FeedEvent("document.refused", actions=("refused",), label=_("Document refused"), **DOCUMENT),
    FeedEvent(
        "document.changed",
        actions=("changed", "linked", "unlinked"),
        label=_("Document changed, moved or linked"),
        **DOCUMENT,
    ),
    FeedEvent(
        "document.version_added",
        actions=("version added", "version restored", "version removed"),
        label=_("Versions of a document changed"),
        **DOCUMENT,
    ),
    FeedEvent(
        "document.held",
        actions=("hold set", "hold released"),
        label=_("Legal hold set or released"),
        **DOCUMENT,
    ),
    FeedEvent(
        "document.removed",
        actions=("removed", "erased"),
        label=_("Document removed"),
        **DOCUMENT,
    ),
)
