"""What a group decides about its leads and about how closely customers are followed up."""

from django.utils.translation import gettext_lazy as _

from apps.crm.rules.contacts import DAYS_UNTIL_NEXT
from apps.crm.rules.opportunities import LEVEL_DAYS, IntentLevel
from forecourt.kernel import numbering
from forecourt.kernel.group_settings import (
    Level,
    NumberPerOption,
    Setting,
    WholeNumber,
    YesNo,
    declare,
)

MANAGE = "crm.manage_assignment"
BELOW = (Level.BRAND, Level.STORE)

declare(
    Setting(
        "crm.response_minutes",
        label=_("First answer within"),
        help=_("Minutes of business hours until somebody must have answered a new lead."),
        kind=WholeNumber(1, 1440, unit=_("minutes")),
        default=30,
        levels=BELOW,
        permission=MANAGE,
    ),
    Setting(
        "crm.protection_days",
        label=_("Owner's protection"),
        help=_("For so long after the last contact a customer who comes again goes to her owner."),
        kind=WholeNumber(0, 3650, unit=_("days")),
        default=90,
        levels=BELOW,
        permission=MANAGE,
    ),
    Setting(
        "crm.repeat_days",
        label=_("Repeats join within"),
        help=_("Who asks again so soon is added to the lead or opportunity that there is."),
        kind=WholeNumber(0, 3650, unit=_("days")),
        default=90,
        permission=MANAGE,
    ),
    Setting(
        "crm.open_lead_cap",
        label=_("Most open leads per person"),
        help=_("Whoever has so many gets no more, and can claim none. A rule may say less."),
        kind=WholeNumber(1, 10_000, unit=_("leads")),
        default=60,
        permission=MANAGE,
    ),
    Setting(
        "crm.level_days",
        label=_("Intent level by the day of purchase"),
        help=_("Whoever means to buy within so many days has the level; later is the last one."),
        kind=NumberPerOption(tuple(IntentLevel.choices), 1, 730, unit=_("days")),
        default=dict(LEVEL_DAYS),
        levels=BELOW,
        permission=MANAGE,
    ),
    Setting(
        "crm.follow_up_days",
        label=_("Next contact by intent level"),
        help=_("So many days after a contact the next one is proposed."),
        kind=NumberPerOption(tuple(IntentLevel.choices), 1, 365, unit=_("days")),
        default=dict(DAYS_UNTIL_NEXT),
        levels=BELOW,
        permission=MANAGE,
    ),
    Setting(
        "crm.test_drive_follow_up_days",
        label=_("Contact after a test drive"),
        help=_("So many days after a test drive the customer is to be contacted."),
        kind=WholeNumber(1, 30, unit=_("days")),
        default=3,
        levels=BELOW,
        permission=MANAGE,
    ),
    Setting(
        "crm.overdue_days",
        label=_("Overdue contacts go up to the manager after"),
        help=_("The manager is told each morning of contacts overdue for this many days."),
        kind=WholeNumber(0, 60, unit=_("days")),
        default=1,
        permission=MANAGE,
    ),
    Setting(
        "crm.feed_payload_days",
        label=_("What feeds sent is kept for"),
        help=_(
            "So many days after its lead was made a message of a feed is emptied; what is to be "
            "mended stays."
        ),
        kind=WholeNumber(1, 3650, unit=_("days")),
        default=180,
        permission="crm.manage_feed",
    ),
    Setting(
        "crm.returns_unanswered",
        label=_("Unanswered leads go back"),
        help=_(
            "A lead that stays unanswered for as long again after the manager was told waits for "
            "everybody."
        ),
        kind=YesNo(),
        default=True,
        levels=BELOW,
        permission=MANAGE,
    ),
    Setting(
        "crm.lost_sleep_days",
        label=_("Lost deals wake after"),
        help=_("So many days later the owner is asked to try the customer once more; 0 is never."),
        kind=WholeNumber(0, 3650, unit=_("days")),
        default=90,
        levels=BELOW,
        permission=MANAGE,
    ),
    Setting(
        "crm.pool_is_open",
        label=_("Neglected customers go to the shared pool"),
        help=_("Whoever is not contacted for too long has no owner any more; others may claim."),
        kind=YesNo(),
        default=True,
        levels=(Level.STORE,),
        permission=MANAGE,
    ),
    Setting(
        "crm.pool_days",
        label=_("Neglected after"),
        help=_("So many days without a contact, by the level of the open opportunity."),
        kind=NumberPerOption(tuple(IntentLevel.choices), 1, 3650, unit=_("days")),
        default={"H": 7, "A": 14, "B": 30, "C": 60},
        levels=(Level.STORE,),
        permission=MANAGE,
    ),
    Setting(
        "crm.pool_days_without_level",
        label=_("Neglected after, without an opportunity"),
        help=_("So many days without a contact, while nothing is open and nothing was bought."),
        kind=WholeNumber(1, 3650, unit=_("days")),
        default=180,
        levels=(Level.STORE,),
        permission=MANAGE,
    ),
    Setting(
        "crm.pool_warning_days",
        label=_("Warning before the shared pool"),
        help=_(
            "So many days before she would lose a customer the owner is told, once; 0 is never."
        ),
        kind=WholeNumber(0, 60, unit=_("days")),
        default=3,
        levels=(Level.STORE,),
        permission=MANAGE,
    ),
    Setting(
        "crm.pool_claims_a_day",
        label=_("Claims from the shared pool"),
        help=_("So many customers one person may claim in a day."),
        kind=WholeNumber(0, 1000, unit=_("customers a day")),
        default=10,
        levels=(Level.STORE,),
        permission=MANAGE,
    ),
)

numbering.declare("LD", _("Leads"))
numbering.declare("TD", _("Test drives"))
