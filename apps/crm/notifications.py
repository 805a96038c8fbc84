"""What people are told of leads and planned contacts."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.notifications.registry import IN_APP, Event, declare

LEAD = {
    "lead": _("Lead no."),
    "customer": _("Customer"),
    "source": _("Source"),
    "wish": _("What the customer asked for"),
    "due": _("Answer due"),
}
PAGE = "crm:lead_detail"

LEAD_ASSIGNED = declare(
    Event(
        code="crm.lead_assigned",
        label=_("A lead is assigned to me"),
        receivers=_("The lead's owner"),
        title=_("New lead: {customer}"),
        title_many=_("{count} new leads for you"),
        body=_("{wish} {source}, answer due {due}"),
        placeholders=LEAD,
        link=PAGE,
        icon="user-plus",
        is_groupable=True,
    )
)
LEADS_ASSIGNED = declare(
    Event(
        code="crm.leads_assigned",
        label=_("Several leads are given to me at once"),
        receivers=_("Their new owner"),
        title=_("{count} leads were given to you"),
        body=_("By {actor}"),
        placeholders={"count": _("How many")},
        link="crm:lead_list",
        icon="user-plus",
    )
)
CUSTOMER_GIVEN = declare(
    Event(
        code="crm.customer_given",
        label=_("A customer is given to me"),
        receivers=_("The customer's new owner"),
        title=_("Customer for you: {customer}"),
        title_many=_("{count} customers were given to you"),
        body=_("By {actor}"),
        placeholders={"customer": _("Customer")},
        link="crm:customer_detail",
        icon="user-plus",
        is_groupable=True,
    )
)
LEAD_REPEATED = declare(
    Event(
        code="crm.lead_repeated",
        label=_("A customer of mine asked again"),
        receivers=_("The lead's owner"),
        title=_("{customer} asked again"),
        title_many=_("{count} customers asked again"),
        body=_("{lead}, {source}"),
        placeholders=LEAD,
        link=PAGE,
        icon="message-circle",
        is_groupable=True,
    )
)
LEAD_WAITING = declare(
    Event(
        code="crm.lead_waiting",
        label=_("A lead waits with no owner"),
        receivers=_("Those who give out leads in the store"),
        title=_("Nobody has this lead yet: {customer}"),
        title_many=_("{count} leads wait for an owner"),
        body=_("{wish} {source}"),
        placeholders=LEAD,
        link=PAGE,
        icon="alert-circle",
        is_groupable=True,
    )
)
OWNERS_CLASH = declare(
    Event(
        code="crm.owners_clash",
        label=_("A customer with an owner was brought in by somebody else"),
        receivers=_("Those who give out leads in the owner's store"),
        title=_("Two want {customer}: {owner} and {other}"),
        title_many=_("{count} customers with an owner were brought in by others"),
        body=_("{lead}, {source}. The owner keeps the customer until you decide otherwise."),
        placeholders={**LEAD, "owner": _("Owner"), "other": _("Who else")},
        link=PAGE,
        icon="users",
        is_groupable=True,
    )
)
OWNED_ELSEWHERE = declare(
    Event(
        code="crm.owned_elsewhere",
        label=_("A customer whom we brought in belongs to another store"),
        receivers=_("Those who give out leads in the store that brought the customer in"),
        title=_("{customer} has an owner in another store"),
        title_many=_("{count} customers have owners in other stores"),
        body=_("{other}, {source}. Those in charge there know of it, and decide who goes on."),
        placeholders={
            "customer": LEAD["customer"],
            "source": LEAD["source"],
            "other": _("Who else"),
        },
        icon="users",
        is_groupable=True,
    )
)
OF_FILE = {"count": _("How many"), "file": _("File")}
OWNERS_CLASH_IN_FILE = declare(
    Event(
        code="crm.owners_clash_in_file",
        label=_("An imported file named others for customers with an owner"),
        receivers=_("Those who give out leads in the owners' stores, once for a file"),
        title=_("{count} customers of {file} have an owner already"),
        body=_("The owners keep them until you decide otherwise."),
        placeholders=OF_FILE,
        link="crm:lead_list",
        query="clash=yes",
        icon="users",
    )
)
OWNED_ELSEWHERE_IN_FILE = declare(
    Event(
        code="crm.owned_elsewhere_in_file",
        label=_("Customers of an imported file belong to other stores"),
        receivers=_("Those who give out leads in the store named in the file, once for a file"),
        title=_("{count} customers of {file} have owners in other stores"),
        body=_("Those in charge there know of it, and decide who goes on."),
        placeholders=OF_FILE,
        icon="users",
    )
)
FEED_MESSAGE_STUCK = declare(
    Event(
        code="crm.feed_message_stuck",
        label=_("A feed sent what makes no lead"),
        receivers=_("Those who set up feeds"),
        title=_("{feed} sent what makes no lead"),
        title_many=_("{count} messages of feeds are to be mended"),
        body=_("Look at what is wrong, mend the mapping, and take it in."),
        placeholders={"feed": pgettext_lazy("leads", "Feed")},
        link="crm:feed_message_detail",
        icon="alert-triangle",
        is_urgent=True,
        is_groupable=True,
    )
)
ANSWER_OVERDUE = declare(
    Event(
        code="crm.answer_overdue",
        label=_("My first answer to a lead is overdue"),
        receivers=_("The lead's owner"),
        title=_("Answer overdue: {customer}"),
        title_many=_("{count} leads wait for your first answer"),
        body=_("{lead} {wish}, due {due}"),
        placeholders=LEAD,
        channels=(IN_APP, "email"),
        link=PAGE,
        icon="alert-triangle",
        is_urgent=True,
        is_groupable=True,
    )
)
ANSWER_OVERDUE_OF_OTHERS = declare(
    Event(
        code="crm.answer_overdue_of_others",
        label=_("A first answer of my people is long overdue"),
        receivers=_("The owner's manager, else those who give out leads in the store"),
        title=_("{owner} has not answered {customer}"),
        title_many=_("{count} leads of your people are unanswered"),
        body=_("{lead} {wish}, due {due}"),
        placeholders={**LEAD, "owner": _("Owner")},
        link=PAGE,
        icon="alert-triangle",
        is_groupable=True,
    )
)
CONTACT_OVERDUE = declare(
    Event(
        code="crm.contact_overdue",
        label=_("A planned contact of mine is overdue"),
        receivers=_("Who planned it, or took it over"),
        title=_("Contact overdue: {customer}"),
        title_many=_("{count} planned contacts are overdue"),
        body=_("{purpose} due {due}"),
        placeholders={
            "customer": _("Customer"),
            "purpose": _("Purpose"),
            "due": _("Due"),
        },
        link="crm:customer_detail",
        icon="clock",
        is_groupable=True,
    )
)
POOL_WARNING = declare(
    Event(
        code="crm.pool_warning",
        label=_("A customer of mine is about to go to the shared pool"),
        receivers=_("The customer's owner, once"),
        title=_("{customer} goes to the shared pool on {day}"),
        title_many=_("{count} customers of yours are about to go to the shared pool"),
        body=_("Contact the customer, or plan a contact, and she stays yours."),
        placeholders={"customer": _("Customer"), "day": _("Day")},
        link="crm:customer_detail",
        icon="alert-triangle",
        is_groupable=True,
    )
)
CONTACTS_OVERDUE_OF_OTHERS = declare(
    Event(
        code="crm.contacts_overdue_of_others",
        label=_("Planned contacts of my people are overdue"),
        receivers=_("The manager, else those who give out leads in the store, each morning"),
        title=_("{count} planned contacts of your people are overdue"),
        body=_("{names}"),
        placeholders={"count": _("How many"), "names": _("Whose")},
        link="crm:follow_up_list",
        query="gone_up=yes",
        icon="clock",
    )
)
DEAL_WOKEN = declare(
    Event(
        code="crm.deal_woken",
        label=_("A lost deal of mine wakes"),
        receivers=_("The customer's owner"),
        title=_("Try once more: {customer}"),
        title_many=_("{count} lost deals wake"),
        body=_("{wish} {reason}"),
        placeholders={
            "customer": _("Customer"),
            "wish": _("What the customer asked for"),
            "reason": _("Lost reason"),
        },
        link="crm:opportunity_detail",
        icon="refresh",
        is_groupable=True,
    )
)
VISITOR = declare(
    Event(
        code="crm.visitor",
        label=_("A visitor in the showroom is for me"),
        receivers=_("The advisor whose turn it is, or whom the customer knows"),
        title=_("Visitor for you: {customer}"),
        body=_("{people} {reason} {note}"),
        placeholders={
            "customer": _("Customer"),
            "people": _("How many people"),
            "reason": _("Reason of the visit"),
            "note": _("Note"),
        },
        link="crm:visit_detail",
        icon="building-store",
        is_urgent=True,
    )
)
DRIVE = {
    "customer": _("Customer"),
    "car": _("Demo car"),
    "time": _("Time"),
}
TEST_DRIVE_BOOKED = declare(
    Event(
        code="crm.test_drive_booked",
        label=_("Somebody booked a test drive for me"),
        receivers=_("Who accompanies the customer"),
        title=_("Test drive with {customer}"),
        body=_("{car}, {time}"),
        placeholders=DRIVE,
        link="crm:test_drive_detail",
        icon="steering-wheel",
    )
)
TEST_DRIVE_NOT_FOLLOWED_UP = declare(
    Event(
        code="crm.test_drive_not_followed_up",
        label=_("Nobody called a customer after a test drive"),
        receivers=_("The advisor's manager, else those who give out leads in the store"),
        title=_("{owner} has not called {customer} after the test drive"),
        title_many=_("{count} customers were not called after their test drives"),
        body=_("{car}, {time}"),
        placeholders={**DRIVE, "owner": _("Owner")},
        link="crm:test_drive_detail",
        icon="alert-triangle",
        is_groupable=True,
    )
)
