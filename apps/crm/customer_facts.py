"""What this module knows of customers, to ask for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import (
    BooleanField,
    DateField,
    DateTimeField,
    DecimalField,
    Exists,
    ExpressionWrapper,
    F,
    Func,
    IntegerField,
    OuterRef,
    Q,
    Subquery,
)
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Substr, TruncDate
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.crm import queries
from apps.crm.facts import Among, Fact, Kind, declare, declare_more, register_subject
from apps.crm.models import (
    CustomerTag,
    Interaction,
    Lead,
    Opportunity,
    TestDrive,
    Visit,
)
from apps.crm.rules.contacts import InteractionResult
from apps.crm.rules.customers import CustomerKind, Gender, Lifecycle
from apps.crm.rules.leads import LEAD_SOURCES, OPEN_STATES
from apps.crm.rules.opportunities import (
    BETWEEN_KEPT,
    COMPETITORS,
    LOST_REASONS,
    OPEN_STAGES,
    IntentLevel,
    PaymentWay,
    Stage,
)
from apps.crm.rules.test_drives import TestDriveState
from apps.crm.rules.visits import VisitState
from apps.organisation import queries as organisation
from forecourt.kernel import regions
from forecourt.kernel.access import Actor
from forecourt.kernel.custom_fields.definition import Definition
from forecourt.kernel.custom_fields.definition import Kind as FieldKind
from forecourt.kernel.custom_fields.registry import active
from forecourt.kernel.option_lists.values import all_choices, kept_name

WHO = _("Who the customer is")
REACH = _("How the customer may be reached")
CONTACTS = _("Contacts and visits")
DEALS = _("Wishes and deals")
OWN = _("Your own fields")
DAYS_PER_YEAR = "date_part('year', age(%(expressions)s))::int"


def _years_since(column: str) -> Func:
    return Func(F(column), template=DAYS_PER_YEAR, output_field=IntegerField())


def _is(condition: Any) -> ExpressionWrapper:
    return ExpressionWrapper(condition, output_field=BooleanField())


def _stores(actor: Actor) -> list[tuple[int, str]]:
    return [(store.pk, store.name) for store in organisation.list_stores(actor).order_by("code")]


def _owners(actor: Actor) -> list[tuple[int, str]]:
    people = organisation.list_staff(actor).order_by("name_pinyin", "id")
    return list(people.values_list("pk", "name"))


def _provinces(_actor: Actor) -> list[tuple[str, str]]:
    return [(province.code[:2], province.name) for province in regions.provinces()]


def _cities(_actor: Actor) -> list[tuple[str, str]]:
    return [
        (city.code[:4], city.full_name)
        for province in regions.provinces()
        for city in regions.children(province.code)
        if city.level == regions.Level.CITY
    ]


def _last_contact() -> TruncDate:
    """The last time that somebody really spoke or wrote with the customer."""
    contacts = Interaction.objects.filter(
        customer=OuterRef("pk"), result=InteractionResult.REACHED
    ).order_by("-happened_at")
    return TruncDate(Subquery(contacts.values("happened_at")[:1], output_field=DateTimeField()))


def _last_visit() -> Subquery:
    visits = Visit.objects.filter(customer=OuterRef("pk")).exclude(state=VisitState.VOID)
    return Subquery(visits.order_by("-arrived_at").values("arrived_date")[:1])


def _open_deals() -> Any:
    return Opportunity.objects.filter(stage__in=OPEN_STAGES)


declare(
    Fact("crm.name", _("Name"), Kind.TEXT, WHO, value=lambda: F("name")),
    Fact(
        "crm.kind",
        _("Kind"),
        Kind.CHOICE,
        WHO,
        value=lambda: F("kind"),
        choices=lambda _actor: CustomerKind.choices,
    ),
    Fact(
        "crm.lifecycle",
        _("Lifecycle"),
        Kind.CHOICE,
        WHO,
        value=lambda: F("lifecycle"),
        choices=lambda _actor: Lifecycle.choices,
    ),
    Fact(
        "crm.tag",
        _("Tag"),
        Kind.CHOICE,
        WHO,
        among=lambda: Among(CustomerTag.objects.all(), "customer_id", "tag_id"),
        choices=queries.tag_choices,
        is_row=True,
    ),
    Fact(
        "crm.gender",
        _("Gender"),
        Kind.CHOICE,
        WHO,
        value=lambda: F("gender"),
        choices=lambda _actor: [choice for choice in Gender.choices if choice[0]],
    ),
    Fact("crm.birthday", _("Birthday"), Kind.BIRTHDAY, WHO, value=lambda: F("birth_date")),
    Fact(
        "crm.age",
        _("Age"),
        Kind.NUMBER,
        WHO,
        value=lambda: _years_since("birth_date"),
        unit=_("years"),
    ),
    Fact(
        "crm.source",
        _("Source"),
        Kind.CHOICE,
        WHO,
        value=lambda: F("source"),
        choices=lambda _actor: all_choices(LEAD_SOURCES),
    ),
    Fact(
        "crm.store",
        _("Home store"),
        Kind.CHOICE,
        WHO,
        value=lambda: F("home_store_id"),
        choices=_stores,
        is_row=True,
    ),
    Fact(
        "crm.owner",
        _("Owner"),
        Kind.CHOICE,
        WHO,
        value=lambda: F("owner_id"),
        choices=_owners,
        is_row=True,
    ),
    Fact(
        "crm.province",
        _("Province"),
        Kind.CHOICE,
        WHO,
        value=lambda: Substr("division_code", 1, 2),
        choices=_provinces,
    ),
    Fact(
        "crm.city",
        _("City"),
        Kind.CHOICE,
        WHO,
        value=lambda: Substr("division_code", 1, 4),
        choices=_cities,
    ),
    Fact("crm.address", _("Address"), Kind.TEXT, WHO, value=lambda: F("address")),
    Fact("crm.occupation", _("Occupation"), Kind.TEXT, WHO, value=lambda: F("occupation")),
    Fact("crm.family", _("Family"), Kind.TEXT, WHO, value=lambda: F("family")),
    Fact("crm.note", _("Note"), Kind.TEXT, WHO, value=lambda: F("note")),
    Fact(
        "crm.created",
        _("Customer since"),
        Kind.DATE,
        WHO,
        value=lambda: TruncDate("created_at"),
    ),
    Fact(
        "crm.has_phone",
        _("Has a phone number"),
        Kind.YES_NO,
        REACH,
        value=lambda: _is(~Q(primary_phone="")),
    ),
    Fact(
        "crm.has_email",
        _("Has an e-mail address"),
        Kind.YES_NO,
        REACH,
        value=lambda: _is(~Q(email="")),
    ),
    Fact(
        "crm.has_wechat",
        _("Has a WeChat"),
        Kind.YES_NO,
        REACH,
        value=lambda: _is(~Q(wechat="")),
    ),
    Fact(
        "crm.contact_time",
        _("Best time to call"),
        Kind.TEXT,
        REACH,
        value=lambda: F("contact_time"),
    ),
    Fact(
        "crm.pooled",
        _("In the shared pool since"),
        Kind.DATE,
        REACH,
        value=lambda: TruncDate("pooled_at"),
    ),
    *(
        Fact(
            f"crm.consent_{channel}",
            label,
            Kind.YES_NO,
            REACH,
            value=lambda channel=channel: _is(Q(consents__contains={channel: True})),
        )
        for channel, label in (
            ("sms", _("Agrees to text messages")),
            ("email", _("Agrees to e-mail")),
            ("phone", _("Agrees to calls")),
            ("wechat", _("Agrees to WeChat")),
        )
    ),
    Fact("crm.last_contact", _("Last contact"), Kind.DATE, CONTACTS, value=_last_contact),
    Fact("crm.last_visit", _("Last visit to a showroom"), Kind.DATE, CONTACTS, value=_last_visit),
    Fact(
        "crm.test_drive",
        _("Test drive"),
        Kind.DATE,
        CONTACTS,
        among=lambda: Among(
            TestDrive.objects.filter(state=TestDriveState.RETURNED),
            "customer_id",
            "starts_at__date",
        ),
    ),
    Fact(
        "crm.planned",
        _("Next contact planned"),
        Kind.YES_NO,
        CONTACTS,
        value=lambda: _is(queries.is_planned()),
    ),
    Fact(
        "crm.open_lead",
        _("Has an open lead"),
        Kind.YES_NO,
        DEALS,
        value=lambda: Exists(Lead.objects.filter(customer=OuterRef("pk"), state__in=OPEN_STATES)),
    ),
    Fact(
        "crm.lead_source",
        _("Source of an enquiry"),
        Kind.CHOICE,
        DEALS,
        among=lambda: Among(Lead.objects.all(), "customer_id", "source"),
        choices=lambda _actor: all_choices(LEAD_SOURCES),
    ),
    Fact(
        "crm.lead_received",
        _("Enquiry received on"),
        Kind.DATE,
        DEALS,
        among=lambda: Among(Lead.objects.all(), "customer_id", "received_date"),
    ),
    Fact(
        "crm.lead_campaign",
        _("Campaign of an enquiry"),
        Kind.TEXT,
        DEALS,
        among=lambda: Among(Lead.objects.exclude(campaign_code=""), "customer_id", "campaign_code"),
    ),
    Fact(
        "crm.open_opportunity",
        _("Has an open opportunity"),
        Kind.YES_NO,
        DEALS,
        value=lambda: Exists(_open_deals().filter(customer=OuterRef("pk"))),
    ),
    Fact(
        "crm.stage",
        _("Stage of an open opportunity"),
        Kind.CHOICE,
        DEALS,
        among=lambda: Among(_open_deals(), "customer_id", "stage"),
        choices=lambda _actor: [each for each in Stage.choices if each[0] in OPEN_STAGES],
    ),
    Fact(
        "crm.level",
        _("Intent level"),
        Kind.CHOICE,
        DEALS,
        among=lambda: Among(_open_deals(), "customer_id", "level"),
        choices=lambda _actor: IntentLevel.choices,
    ),
    Fact(
        "crm.wish_brand",
        _("Brand asked for"),
        Kind.TEXT,
        DEALS,
        among=lambda: Among(Opportunity.objects.all(), "customer_id", "brand"),
    ),
    Fact(
        "crm.wish_series",
        _("Series asked for"),
        Kind.TEXT,
        DEALS,
        among=lambda: Among(Opportunity.objects.all(), "customer_id", "series"),
    ),
    Fact(
        "crm.colour",
        _("Colour asked for"),
        Kind.TEXT,
        DEALS,
        among=lambda: Among(_open_deals().exclude(colour=""), "customer_id", "colour"),
    ),
    Fact(
        "crm.buys_by",
        _("Means to buy by"),
        Kind.DATE,
        DEALS,
        among=lambda: Among(_open_deals().exclude(buys_by=None), "customer_id", "buys_by"),
    ),
    Fact(
        "crm.competitor",
        _("Compares with"),
        Kind.TEXT,
        DEALS,
        among=lambda: Among(
            Opportunity.objects.exclude(competitor=""), "customer_id", "competitor"
        ),
        spelt=lambda text: kept_name(COMPETITORS, text),
        between=BETWEEN_KEPT,
    ),
    Fact(
        "crm.decision_maker",
        _("Who decides"),
        Kind.TEXT,
        DEALS,
        among=lambda: Among(
            _open_deals().exclude(decision_maker=""), "customer_id", "decision_maker"
        ),
    ),
    Fact(
        "crm.budget",
        _("Budget"),
        Kind.NUMBER,
        DEALS,
        among=lambda: Among(Opportunity.objects.all(), "customer_id", "budget_amount"),
    ),
    Fact(
        "crm.payment",
        _("Payment"),
        Kind.CHOICE,
        DEALS,
        among=lambda: Among(Opportunity.objects.all(), "customer_id", "payment_way"),
        choices=lambda _actor: PaymentWay.choices,
    ),
    Fact(
        "crm.trade_in",
        _("Trades in a car"),
        Kind.YES_NO,
        DEALS,
        value=lambda: Exists(
            Opportunity.objects.filter(customer=OuterRef("pk"), has_trade_in=True)
        ),
    ),
    Fact(
        "crm.lost_reason",
        _("Lost reason"),
        Kind.CHOICE,
        DEALS,
        among=lambda: Among(
            Opportunity.objects.filter(stage=Stage.LOST), "customer_id", "lost_reason"
        ),
        choices=lambda _actor: all_choices(LOST_REASONS),
    ),
    Fact(
        "crm.lost",
        pgettext_lazy("opportunity", "Lost on"),
        Kind.DATE,
        DEALS,
        among=lambda: Among(
            Opportunity.objects.filter(stage=Stage.LOST), "customer_id", "lost_at__date"
        ),
    ),
    Fact(
        "crm.last_purchase",
        _("Last purchase"),
        Kind.DATE,
        DEALS,
        value=lambda: F("last_purchase_date"),
    ),
)


# --- The group's own fields -----------------------------------------------------------------------

KINDS = {
    FieldKind.TEXT: Kind.TEXT,
    FieldKind.LONG_TEXT: Kind.TEXT,
    FieldKind.INTEGER: Kind.NUMBER,
    FieldKind.DECIMAL: Kind.NUMBER,
    FieldKind.MONEY: Kind.NUMBER,
    FieldKind.DATE: Kind.DATE,
    FieldKind.MOMENT: Kind.DATE,
    FieldKind.BOOLEAN: Kind.YES_NO,
    FieldKind.CHOICE: Kind.CHOICE,
    FieldKind.CHOICES: Kind.CHOICE,
}


@declare_more
def custom_facts() -> Iterator[Fact]:
    """The custom fields of customers, by the rights of their own."""
    for field in active("customer"):
        kind = KINDS.get(FieldKind(field.kind))
        if kind is not None:
            yield Fact(
                field.name,
                field.label,
                kind,
                OWN,
                value=lambda field=field: _custom_value(field),
                choices=lambda _actor, field=field: [
                    (choice.value, choice.label) for choice in field.choices
                ],
                may_ask=field.is_visible_to,
                listed=field.code if field.kind == FieldKind.CHOICES else "",
            )


def _custom_value(field: Definition) -> Any:
    text = KeyTextTransform(field.code, "custom")
    if field.kind in (FieldKind.INTEGER, FieldKind.DECIMAL, FieldKind.MONEY):
        return Cast(text, DecimalField(max_digits=24, decimal_places=6))
    if field.kind == FieldKind.DATE:
        return Cast(text, DateField())
    if field.kind == FieldKind.MOMENT:
        return TruncDate(Cast(text, DateTimeField()))
    if field.kind == FieldKind.BOOLEAN:
        return _is(Q(custom__contains={field.code: True}))
    return text


# --- Whom events are about ------------------------------------------------------------------------


def _numbers(ids: Iterable[str]) -> list[int]:
    return [int(each) for each in ids if each.isdigit()]


def _through(model: Any) -> Any:
    """Whose rows of a model are, where they have a customer."""

    def customers_of(ids: Iterable[str]) -> dict[str, int]:
        rows = model.objects.filter(pk__in=_numbers(ids), customer__isnull=False)
        return {str(pk): customer_id for pk, customer_id in rows.values_list("pk", "customer_id")}

    return customers_of


register_subject("crm.customer", lambda ids: {str(pk): pk for pk in _numbers(ids)})
register_subject("crm.lead", _through(Lead))
register_subject("crm.opportunity", _through(Opportunity))
register_subject("crm.visit", _through(Visit))
register_subject("crm.testdrive", _through(TestDrive))
