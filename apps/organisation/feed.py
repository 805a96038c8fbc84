"""What other systems may hear of stores and staff."""

from django.utils.translation import gettext_lazy as _

from forecourt.kernel.feed import FeedEvent, declare

STORE = {
    "subject": "organisation.store",
    "permission": "organisation.view_store",
    "address": "api:store",
}
STAFF = {
    "subject": "organisation.staffmember",
    "permission": "organisation.view_staff",
    "address": "api:staff_member",
}

declare(
    FeedEvent("store.created", actions=("created",), label=_("Store added"), **STORE),
    FeedEvent(
        "store.changed", actions=("changed", "state_changed"), label=_("Store changed"), **STORE
    ),
    FeedEvent(
        "staff.invited", actions=("invited", "created"), label=_("Member of staff added"), **STAFF
    ),
    FeedEvent("staff.joined", actions=("joined",), label=_("Member of staff joined"), **STAFF),
    FeedEvent(
        "staff.changed",
        actions=("changed", "roles_changed"),
        label=_("Member of staff changed"),
        **STAFF,
    ),
    FeedEvent(
        "staff.suspended",
        actions=("suspended",),
        label=_("Member of staff suspended"),
        **STAFF,
    ),
    FeedEvent(
        "staff.resumed", actions=("resumed",), label=_("Member of staff back at work"), **STAFF
    ),
    FeedEvent("staff.left", actions=("left",), label=_("Member of staff left"), **STAFF),
)
