"""What people and customers are told of papers."""

from django.utils.translation import gettext_lazy as _

from apps.documents.rules.signing_links import signing_address
from apps.notifications.registry import CUSTOMERS, Event, declare

PAPER = {"paper": _("Paper"), "name": _("Who signs")}
PAPER_SIGNED = declare(
    Event(
        code="documents.paper_signed",
        label=_("A paper that I made was signed"),
        receivers=_("Who made the paper"),
        title=_("{name} has signed {paper}"),
        placeholders=PAPER,
        link="documents:document_detail",
        icon="signature",
    )
)
LINK_TO_SIGN = declare(
    Event(
        code="documents.link_to_sign",
        label=_("A paper is to be signed"),
        receivers=_("The customer whom the paper concerns"),
        title=_("Please sign: {paper}"),
        body=_("Dear {name}, please read and sign “{paper}” here: {address}"),
        placeholders={**PAPER, "address": _("Address of the link")},
        to=CUSTOMERS,
        short=_("{name}, please sign “{paper}” here: {address}"),
        said_at_sending={"address": lambda values: signing_address(values["request"])},
        opens="address",
    )
)
TIME_IS_OVER = declare(
    Event(
        code="documents.time_is_over",
        label=_("A document will be removed, for its time is over"),
        receivers=_("Who added it; where nobody did, who may remove documents of the store"),
        title=_("{document} will be removed on {day}"),
        body=_("Its time is over. Set a legal hold, or give it another kind, if it must be kept."),
        placeholders={"document": _("Document"), "day": _("Day")},
        link="documents:document_detail",
        icon="trash",
    )
)
