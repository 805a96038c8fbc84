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
    )
)
