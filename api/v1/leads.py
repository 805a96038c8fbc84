from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from api.custom import CustomValues, custom_change
from api.endpoints import Endpoint, command, page, record
from api.fields import Body, IdField, NoBody, OptionField, Representation, actor_asking
from api.filters import Filter
from api.v1.customers import GiveBody, customer
from api.v1.opportunities import OpportunityRow, QualifyBody
from api.v1.staff import person
from api.v1.stores import store
from apps.crm.actions import (
    claim_lead,
    log_interaction,
    mark_invalid,
    qualify_lead,
    reassign_leads,
    register_lead,
)
from apps.crm.queries import get_lead, list_leads
from apps.crm.rules.contacts import LOGGED_BY_HAND, InteractionKind, InteractionResult
from apps.crm.rules.customers import CustomerKind, Gender
from apps.crm.rules.leads import INVALID_REASONS, LEAD_SOURCES, LeadSource, LeadState
from apps.crm.rules.opportunities import IntentLevel
from forecourt.kernel.access import Actor

VIEW = "crm.view_lead"
WORK = "crm.work_lead"


class LeadRow(Representation):
    """An enquiry that nobody has qualified yet."""

    expansions = {"customer": customer(), "owner": person("owner_id"), "store": store()}

    id = IdField()
    number = serializers.CharField()
    state = serializers.ChoiceField(LeadState.choices)
    source = OptionField(LEAD_SOURCES)
    external_id = serializers.CharField()
    campaign_code = serializers.CharField()
    customer_id = IdField()
    store_id = IdField(allow_null=True)
    owner_id = IdField(allow_null=True)
    assignment = serializers.DictField(help_text=_("Why it went where it went."))
    brand = serializers.CharField()
    series = serializers.CharField()
    message = serializers.CharField()
    division_code = serializers.CharField()
    repeat_count = serializers.IntegerField()
    received_at = serializers.DateTimeField()
    assigned_at = serializers.DateTimeField(allow_null=True)
    response_due_at = serializers.DateTimeField(allow_null=True)
    first_response_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)
    invalid_reason = OptionField(INVALID_REASONS)
    custom = CustomValues("lead")


class TakenLead(Representation):
    """What became of an enquiry.

    Where the lead went, and to whom, is told to those who may see it there; to others it is null.
    """

    id = IdField()
    number = serializers.CharField()
    state = serializers.ChoiceField(LeadState.choices)
    is_repeat = serializers.BooleanField(
        help_text=_("The customer had asked before; the enquiry joined that lead.")
    )
    is_redelivery = serializers.BooleanField(
        help_text=_("The channel sent the same message twice; nothing changed.")
    )
    source = OptionField(LEAD_SOURCES)
    external_id = serializers.CharField()
    received_at = serializers.DateTimeField()
    customer_id = IdField(allow_null=True)
    store_id = IdField(allow_null=True)
    owner_id = IdField(allow_null=True)
    assignment = serializers.DictField(allow_null=True)
    response_due_at = serializers.DateTimeField(allow_null=True)

    TOLD_TO_ALL = (
        "id",
        "number",
        "state",
        "is_repeat",
        "is_redelivery",
        "source",
        "external_id",
        "received_at",
    )

    def to_representation(self, row: Any) -> dict[str, Any]:
        data = super().to_representation(row)
        if actor_asking().grant(VIEW).covers(row.store_id, row.owner_id):
            return data
        return {name: value if name in self.TOLD_TO_ALL else None for name, value in data.items()}


class EnquiryBody(Body):
    """An enquiry as a channel sends it. The phone finds the customer, or makes one."""

    phone = serializers.CharField(max_length=40)
    source = OptionField(LEAD_SOURCES, default=LeadSource.API)
    name = serializers.CharField(max_length=100, required=False, allow_blank=True)
    kind = serializers.ChoiceField(CustomerKind.choices, required=False)
    gender = serializers.ChoiceField(Gender.choices, required=False, allow_blank=True)
    division_code = serializers.CharField(
        max_length=6,
        required=False,
        allow_blank=True,
        help_text=_("Administrative division of the customer, six digits."),
    )
    brand = serializers.CharField(max_length=60, required=False, allow_blank=True)
    series = serializers.CharField(max_length=60, required=False, allow_blank=True)
    message = serializers.CharField(max_length=1000, required=False, allow_blank=True)
    external_id = serializers.CharField(
        max_length=100,
        required=False,
        allow_blank=True,
        help_text=_("The channel's own reference: the same one twice makes one lead."),
    )
    campaign_code = serializers.CharField(
        max_length=40, required=False, allow_blank=True, help_text=_("What drew the customer.")
    )
    store_id = IdField(required=False, allow_null=True)
    owner_id = IdField(required=False, allow_null=True)
    received_at = serializers.DateTimeField(required=False, allow_null=True)
    payload = serializers.DictField(
        required=False, help_text=_("Whatever else the channel sent, kept as it came.")
    )
    custom = CustomValues("lead", required=False)


class InvalidBody(Body):
    reason = OptionField(INVALID_REASONS)
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)


class ContactBody(Body):
    kind = serializers.ChoiceField([(one.value, one.label) for one in LOGGED_BY_HAND])
    result = serializers.ChoiceField(
        [
            (one.value, one.label)
            for one in InteractionResult
            if one is not InteractionResult.CAME_IN
        ]
    )
    note = serializers.CharField(max_length=1000, required=False, allow_blank=True)
    happened_at = serializers.DateTimeField(required=False, allow_null=True)
    next_at = serializers.DateTimeField(required=False, allow_null=True)
    next_purpose = serializers.CharField(max_length=200, required=False, allow_blank=True)
    level = serializers.ChoiceField(IntentLevel.choices, required=False, allow_null=True)


class ContactRow(Representation):
    """A contact that took place."""

    id = IdField()
    kind = serializers.ChoiceField(InteractionKind.choices)
    result = serializers.ChoiceField(InteractionResult.choices)
    note = serializers.CharField()
    happened_at = serializers.DateTimeField()
    lead_id = IdField(allow_null=True)
    opportunity_id = IdField(allow_null=True)
    customer_id = IdField()


def _register(*, actor: Actor, **enquiry: Any) -> Any:
    taken = register_lead(actor=actor, **enquiry)
    lead = taken.lead
    lead.is_repeat, lead.is_redelivery = taken.is_repeat, taken.is_redelivery
    return lead


def _log(*, actor: Actor, lead_id: int, **contact: Any) -> Any:
    return log_interaction(actor=actor, lead_id=lead_id, **contact).interaction


def _reassign(*, actor: Actor, lead_id: int, **values: Any) -> Any:
    # Somebody from whom it is hidden hears that first, whatever else she asked for.
    get_lead(lead_id=lead_id, actor=actor)
    reassign_leads(lead_ids=[lead_id], actor=actor, **values)
    return get_lead(lead_id=lead_id, actor=actor)


class Leads(Endpoint):
    tag = "leads"
    get = page(
        list_leads,
        LeadRow,
        name="list_leads",
        summary=_("Leads"),
        permission=VIEW,
        filters={
            "state": Filter(serializers.ChoiceField(LeadState.choices), "state__in", many=True),
            "source": Filter(OptionField(LEAD_SOURCES), "source__in", many=True),
            "store_id": Filter(IdField(), "store_id"),
            "owner_id": Filter(IdField(), "owner_id"),
            "customer_id": Filter(IdField(), "customer_id"),
            "external_id": Filter(serializers.CharField(max_length=100), "external_id"),
            "received_from": Filter(serializers.DateField(), "received_date__gte"),
            "received_to": Filter(serializers.DateField(), "received_date__lte"),
        },
        orderings={"id": "id"},
        default_ordering="-id",
        custom_host="lead",
    )
    post = command(
        _register,
        EnquiryBody,
        TakenLead,
        name="register_lead",
        summary=_("Take in an enquiry"),
        description=_(
            "The customer is found by phone in the whole group, or made. An open lead is joined; "
            "otherwise the lead goes to the customer's owner, or to whom the rules choose: to "
            "exactly one person. 201 for a new lead, 200 for one that was there."
        ),
        permission="crm.register_lead",
        status=lambda lead: 200 if lead.is_repeat or lead.is_redelivery else 201,
        statuses=(200, 201),
    )


class Lead(Endpoint):
    tag = "leads"
    get = record(get_lead, LeadRow, name="get_lead", summary=_("A lead"), permission=VIEW)
    patch = custom_change(
        "lead",
        "lead_id",
        LeadRow,
        get_lead,
        name="change_lead",
        summary=_("Change a lead's custom fields"),
        permission=WORK,
    )


class Claim(Endpoint):
    tag = "leads"
    post = command(
        claim_lead,
        NoBody,
        LeadRow,
        name="claim_lead",
        summary=_("Take a lead that nobody has"),
        permission="crm.claim_lead",
    )


class Reassign(Endpoint):
    tag = "leads"
    post = command(
        _reassign,
        GiveBody,
        LeadRow,
        name="reassign_lead",
        summary=_("Give an open lead to another person"),
        permission="crm.reassign_lead",
    )


class Invalidate(Endpoint):
    tag = "leads"
    post = command(
        mark_invalid,
        InvalidBody,
        LeadRow,
        name="mark_lead_invalid",
        summary=_("Close a lead that leads nowhere"),
        permission=WORK,
    )


class Qualify(Endpoint):
    tag = "leads"
    post = command(
        qualify_lead,
        QualifyBody,
        OpportunityRow,
        name="qualify_lead",
        summary=_("Make an opportunity of a lead"),
        permission=WORK,
        status=201,
    )


class Contacts(Endpoint):
    tag = "leads"
    post = command(
        _log,
        ContactBody,
        ContactRow,
        name="log_lead_contact",
        summary=_("Log a contact; the next one is planned"),
        permission=WORK,
        status=201,
    )
