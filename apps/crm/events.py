"""What happened in this module, for modules above it; published inside the transaction."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LeadRegistered:
    lead_id: int
    customer_id: int
    store_id: int | None


@dataclass(frozen=True, slots=True)
class LeadRepeated:
    """The customer asked again and joined a lead that was there."""

    lead_id: int
    customer_id: int
    source: str


@dataclass(frozen=True, slots=True)
class CustomersAsked:
    """They made an enquiry, each a new lead or one more that joined a lead: one event for however
    many came in together, beside those of the single leads."""

    customer_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class LeadAssigned:
    lead_id: int
    customer_id: int
    store_id: int | None
    owner_id: int
    previous_owner_id: int | None = None


@dataclass(frozen=True, slots=True)
class LeadReturned:
    """Nobody answered it in time; it waits for whoever claims it."""

    lead_id: int
    customer_id: int
    store_id: int | None
    previous_owner_id: int


@dataclass(frozen=True, slots=True)
class LeadContacted:
    lead_id: int
    customer_id: int
    owner_id: int | None


@dataclass(frozen=True, slots=True)
class LeadQualified:
    lead_id: int
    opportunity_id: int
    customer_id: int
    store_id: int


@dataclass(frozen=True, slots=True)
class LeadMarkedInvalid:
    lead_id: int
    customer_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class OpportunityMoved:
    opportunity_id: int
    customer_id: int
    store_id: int
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class OpportunityWon:
    opportunity_id: int
    customer_id: int
    store_id: int
    owner_id: int


@dataclass(frozen=True, slots=True)
class OpportunityLost:
    opportunity_id: int
    customer_id: int
    store_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class CustomerChanged:
    customer_id: int


@dataclass(frozen=True, slots=True)
class CustomersMerged:
    """What hung on the merged customer belongs to the kept one from now on.

    Rows with a foreign key to the customer were moved already; whoever knows customers in another
    way moves them now.
    """

    kept_id: int
    merged_id: int


@dataclass(frozen=True, slots=True)
class MergeUndone:
    """Two customers again; rows with a foreign key were moved back."""

    kept_id: int
    merged_id: int


@dataclass(frozen=True, slots=True)
class VisitRegistered:
    """``customer_id`` is None while nobody knows who came."""

    visit_id: int
    store_id: int
    customer_id: int | None
    advisor_id: int | None


@dataclass(frozen=True, slots=True)
class TestDriveBooked:
    test_drive_id: int
    store_id: int
    customer_id: int
    vehicle_id: int


@dataclass(frozen=True, slots=True)
class TestDriveReturned:
    test_drive_id: int
    store_id: int
    customer_id: int
    vehicle_id: int
    mileage: int
