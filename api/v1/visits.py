from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from api.endpoints import Endpoint, command, page, record
from api.fields import Body, IdField, OptionField, Representation
from api.filters import Filter
from api.v1.customers import customer
from api.v1.staff import person
from api.v1.stores import store
from apps.crm.actions import end_visit, hand_visit, identify_visitor, register_visit, void_visit
from apps.crm.queries import get_visit, list_visits
from apps.crm.rules.customers import Gender
from apps.crm.rules.leads import LEAD_SOURCES, LeadSource
from apps.crm.rules.visits import MOST_HEADS, VISIT_REASONS, VisitState
from forecourt.kernel.access import Actor, system_actor

VIEW, DESK = "crm.view_visit", "crm.register_visit"


class VisitRow(Representation):
    """A party in the showroom; the customer is null while nobody knows who it is."""

    expansions = {"customer": customer(), "advisor": person("advisor_id"), "store": store()}

    id = IdField()
    store_id = IdField()
    customer_id = IdField(allow_null=True)
    lead_id = IdField(allow_null=True)
    opportunity_id = IdField(allow_null=True)
    advisor_id = IdField(allow_null=True)
    takes_turn = serializers.BooleanField(
        help_text=_("The advisor received them because it was her turn.")
    )
    is_return = serializers.BooleanField(help_text=_("The customer had been in this store before."))
    reason = OptionField(VISIT_REASONS)
    headcount = serializers.IntegerField()
    plate_number = serializers.CharField()
    campaign_code = serializers.CharField()
    note = serializers.CharField()
    state = serializers.ChoiceField(VisitState.choices)
    arrived_at = serializers.DateTimeField()
    left_at = serializers.DateTimeField(allow_null=True)


class VisitorBody(Body):
    phone = serializers.CharField(
        max_length=40,
        required=False,
        allow_blank=True,
        help_text=_("Finds the customer in the whole group, or makes one."),
    )
    name = serializers.CharField(max_length=100, required=False, allow_blank=True)
    gender = serializers.ChoiceField(Gender.choices, required=False, allow_blank=True)
    customer_id = IdField(required=False, allow_null=True)
    plate_number = serializers.CharField(max_length=20, required=False, allow_blank=True)


class VisitBody(VisitorBody):
    """Who came, and why; nothing of the visitor need be known."""

    store_id = IdField()
    reason = OptionField(VISIT_REASONS)
    headcount = serializers.IntegerField(min_value=1, max_value=MOST_HEADS, default=1)
    advisor_id = IdField(
        required=False, allow_null=True, help_text=_("Left out: her own advisor, else by turn.")
    )
    brand = serializers.CharField(max_length=60, required=False, allow_blank=True)
    series = serializers.CharField(max_length=60, required=False, allow_blank=True)
    source = OptionField(LEAD_SOURCES, default=LeadSource.WALK_IN)
    campaign_code = serializers.CharField(max_length=40, required=False, allow_blank=True)
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)


class HandBody(Body):
    advisor_id = IdField()


class EndBody(Body):
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)


class VoidBody(Body):
    reason = serializers.CharField(max_length=200)


def _told(action: Callable[..., Any]) -> Callable[..., Any]:
    """The action's visit as it is read, with what follows from the visits before."""

    def act(*, actor: Actor, **values: Any) -> Any:
        visit = action(actor=actor, **values)
        return get_visit(visit_id=visit.pk, actor=system_actor())

    return act


class Visits(Endpoint):
    tag = "visits"
    get = page(
        list_visits,
        VisitRow,
        name="list_visits",
        summary=_("Visits"),
        permission=VIEW,
        filters={
            "state": Filter(serializers.ChoiceField(VisitState.choices), "state__in", many=True),
            "reason": Filter(OptionField(VISIT_REASONS), "reason__in", many=True),
            "store_id": Filter(IdField(), "store_id"),
            "advisor_id": Filter(IdField(), "advisor_id"),
            "customer_id": Filter(IdField(), "customer_id"),
            "arrived_from": Filter(serializers.DateField(), "arrived_date__gte"),
            "arrived_to": Filter(serializers.DateField(), "arrived_date__lte"),
        },
        orderings={"id": "id"},
        default_ordering="-id",
    )
    post = command(
        _told(register_visit),
        VisitBody,
        VisitRow,
        name="register_visit",
        summary=_("Register a visit"),
        description=_(
            "A known customer is received by her own advisor if she is there, else the advisor "
            "whose turn it is receives them. Who wants to buy has a lead of that advisor."
        ),
        permission=DESK,
        status=201,
    )


class Visit(Endpoint):
    tag = "visits"
    get = record(get_visit, VisitRow, name="get_visit", summary=_("A visit"), permission=VIEW)


class Identify(Endpoint):
    tag = "visits"
    post = command(
        _told(identify_visitor),
        VisitorBody,
        VisitRow,
        name="identify_visitor",
        summary=_("Say who the visitor is"),
        permission=DESK,
    )


class Hand(Endpoint):
    tag = "visits"
    post = command(
        _told(hand_visit),
        HandBody,
        VisitRow,
        name="hand_visit",
        summary=_("Let somebody else receive them"),
        permission=DESK,
    )


class End(Endpoint):
    tag = "visits"
    post = command(
        _told(end_visit),
        EndBody,
        VisitRow,
        name="end_visit",
        summary=_("The visitors leave"),
        permission=DESK,
    )


class Void(Endpoint):
    tag = "visits"
    post = command(
        _told(void_visit),
        VoidBody,
        VisitRow,
        name="void_visit",
        summary=_("The visit was entered by mistake"),
        permission=DESK,
    )
