"""Papers of customers: a letter, and the contract that an opportunity ends in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from apps.crm.models import Customer, Opportunity, TestDrive
from apps.crm.rules.customers import CustomerKind, Gender
from apps.documents.papers import PaperKind, Signatory, register_paper
from apps.documents.rules.wording import written_moment, written_number
from forecourt.kernel.access import Actor, shown
from forecourt.kernel.papers.vocabulary import Facts, Placeholder, Signer, Vocabulary

TEXTS = Path(__file__).parent / "papers"
CUSTOMER = (
    Placeholder("customer.name", _("Customer"), _("Zhang San")),
    Placeholder("customer.salutation", _("Salutation"), _("Mr")),
    Placeholder("customer.phone", _("Phone"), "+86 139 0000 0001"),
    Placeholder("customer.national_id", _("National ID"), "310101199003070000"),
    Placeholder("customer.address", _("Address"), _("66 Century Avenue, Shanghai")),
)
ADVISOR = Placeholder("advisor.name", _("Sales advisor"), _("Wang Fang"))


def customer_facts(customer: Customer, actor: Actor) -> dict[str, Any]:
    """What papers say of a customer; what the maker does not see in full is masked there too."""
    return {
        "customer.name": customer.name,
        "customer.salutation": _salutation(customer),
        "customer.phone": shown(actor, customer, "primary_phone"),
        "customer.national_id": shown(actor, customer, "national_id"),
        "customer.address": shown(actor, customer, "address"),
    }


def customer_signs(customer: Customer) -> Signatory:
    return Signatory("crm.customer", customer.pk, customer.name)


def _salutation(customer: Customer) -> str:
    """Nothing for a company, and where the name is written with it, as of whoever told no other."""
    if customer.kind != CustomerKind.PERSON or customer.name.endswith(("先生", "女士", "小姐")):
        return ""
    if customer.gender == Gender.FEMALE:
        return pgettext("salutation", "Ms")
    if customer.gender == Gender.MALE:
        return pgettext("salutation", "Mr")
    return pgettext("salutation", "Mr or Ms")


def _letter_facts(customer: Customer, actor: Actor) -> Facts:
    owner = customer.owner
    return {**customer_facts(customer, actor), "advisor.name": owner.name if owner else ""}


def _contract_facts(opportunity: Opportunity, actor: Actor) -> Facts:
    return {
        **customer_facts(opportunity.customer, actor),
        "advisor.name": opportunity.owner.name,
        "deal.brand": opportunity.brand,
        "deal.series": opportunity.series,
        "deal.wishes": opportunity.wishes,
        "deal.payment": str(opportunity.get_payment_way_display()),
        "deal.trade_in": "1" if opportunity.has_trade_in else "",
    }


def _drive_facts(drive: TestDrive, actor: Actor) -> Facts:
    return {
        **customer_facts(drive.customer, actor),
        "drive.number": drive.number,
        "drive.vehicle": drive.vehicle_name,
        "drive.route": str(drive.get_route_display()),
        "drive.from": written_moment(drive.starts_at),
        "drive.to": written_moment(drive.ends_at),
        "drive.mileage": written_number(drive.mileage_before, " km"),
        "drive.advisor": drive.advisor.name,
        "driver.name": drive.driver_name or drive.customer.name,
        "driver.licence": shown(actor, drive, "licence_number"),
    }


register_paper(
    PaperKind(
        code="crm.letter",
        label=_("Letter to a customer"),
        subject="crm.customer",
        kind="other",
        vocabulary=Vocabulary(placeholders=(*CUSTOMER, ADVISOR)),
        facts=_letter_facts,
        title=lambda customer: _("Letter to %(name)s") % {"name": customer},
        texts=TEXTS,
        signatory=customer_signs,
    ),
    PaperKind(
        code="crm.purchase_contract",
        label=_("Vehicle purchase contract"),
        subject="crm.opportunity",
        kind="contract",
        vocabulary=Vocabulary(
            placeholders=(
                *CUSTOMER,
                ADVISOR,
                Placeholder("deal.brand", _("Brand"), _("BYD")),
                Placeholder("deal.series", _("Series"), _("Han")),
                Placeholder("deal.wishes", _("Wishes"), _("White, with tow bar")),
                Placeholder("deal.payment", _("Payment"), _("Loan")),
                Placeholder("deal.trade_in", _("Trades in a car"), "1"),
            ),
            signers=(
                Signer("store", _("Seller (signature)")),
                Signer("customer", _("Buyer (signature)")),
            ),
        ),
        facts=_contract_facts,
        title=lambda opportunity: (
            _("Vehicle purchase contract of %(name)s") % {"name": opportunity.customer}
        ),
        texts=TEXTS,
        brand_of=lambda opportunity: opportunity.brand,
        signatory=lambda opportunity: customer_signs(opportunity.customer),
        is_sealed=True,
    ),
    PaperKind(
        code="crm.test_drive_agreement",
        label=_("Test drive agreement"),
        subject="crm.test_drive",
        kind="contract",
        vocabulary=Vocabulary(
            placeholders=(
                *CUSTOMER,
                Placeholder("drive.number", _("Test drive no."), "SJ-SHPD-202605-0003"),
                Placeholder("drive.vehicle", _("Demo car"), _("BYD Han EV, demo car")),
                Placeholder("drive.route", _("Route"), _("City, 8 km")),
                Placeholder("drive.from", _("Begins"), "2026-05-04 09:30"),
                Placeholder("drive.to", _("Ends"), "2026-05-04 10:15"),
                Placeholder("drive.mileage", _("Mileage before (km)"), "1,204"),
                Placeholder("drive.advisor", _("Accompanied by"), _("Wang Fang")),
                Placeholder("driver.name", _("Driver"), _("Zhang San")),
                Placeholder("driver.licence", _("Driving licence number"), "310101199003070000"),
            ),
            signers=(
                Signer("customer", _("Driver (signature)")),
                Signer("advisor", _("For the store (signature)")),
            ),
        ),
        facts=_drive_facts,
        title=lambda drive: _("Test drive agreement %(number)s") % {"number": drive.number},
        texts=TEXTS,
        signatory=lambda drive: customer_signs(drive.customer),
        is_sealed=True,
    ),
)
