"""Contacts that took place, contacts that are planned, and the shared pool of customers."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from api.endpoints import Endpoint, change, command, page, record
from api.fields import Body, IdField, NoBody, Representation
from api.filters import Filter
from api.v1.customers import CustomerRow
from api.v1.leads import ContactBody, ContactRow
from apps.crm import actions, queries
from apps.crm.rules.contacts import FollowUpState, InteractionKind
from forecourt.kernel.access import Actor

WORK = "crm.work_lead"
VIEW = "crm.view_lead"


class AnyContactBody(ContactBody):
    """A contact about one of the three."""

    lead_id = IdField(required=False, allow_null=True)
    opportunity_id = IdField(required=False, allow_null=True)
    customer_id = IdField(required=False, allow_null=True)


class PlannedRow(Representation):
    """A contact that is planned, or was."""

    id = IdField()
    state = serializers.ChoiceField(FollowUpState.choices)
    customer_id = IdField()
    lead_id = IdField(allow_null=True)
    opportunity_id = IdField(allow_null=True)
    owner_id = IdField()
    store_id = IdField(allow_null=True)
    due_at = serializers.DateTimeField()
    purpose = serializers.CharField()
    skip_reason = serializers.CharField()
    completed_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()


class PlanBody(Body):
    """What is planned, about one of the three; a lead or an opportunity has one plan at a time."""

    due_at = serializers.DateTimeField()
    purpose = serializers.CharField(max_length=200, required=False, allow_blank=True)
    lead_id = IdField(required=False, allow_null=True)
    opportunity_id = IdField(required=False, allow_null=True)
    customer_id = IdField(required=False, allow_null=True)


class ReplanBody(Body):
    due_at = serializers.DateTimeField()
    purpose = serializers.CharField(max_length=200, allow_blank=True)


class CompleteBody(Body):
    skip_reason = serializers.CharField(
        max_length=200, required=False, allow_blank=True, help_text=_("Given: it was skipped.")
    )
    next_at = serializers.DateTimeField(required=False, allow_null=True)


def _log(*, actor: Actor, **contact: Any) -> Any:
    return actions.log_interaction(actor=actor, **contact).interaction


class Interactions(Endpoint):
    tag = "contacts"
    get = page(
        queries.list_contacts,
        ContactRow,
        name="list_interactions",
        summary=_("Contacts with customers"),
        permission="crm.view_customer",
        filters={
            "customer_id": Filter(IdField(), "customer_id"),
            "lead_id": Filter(IdField(), "lead_id"),
            "opportunity_id": Filter(IdField(), "opportunity_id"),
            "author_id": Filter(IdField(), "author_id"),
            "kind": Filter(serializers.ChoiceField(InteractionKind.choices), "kind__in", many=True),
        },
        orderings={"id": "id"},
        default_ordering="-id",
    )
    post = command(
        _log,
        AnyContactBody,
        ContactRow,
        name="log_interaction",
        summary=_("Log a contact about a lead, an opportunity or a customer; the next is planned"),
        permission=WORK,
        status=201,
    )


class FollowUps(Endpoint):
    tag = "contacts"
    get = page(
        queries.list_planned,
        PlannedRow,
        name="list_follow_ups",
        summary=_("Planned contacts"),
        permission=VIEW,
        filters={
            "state": Filter(serializers.ChoiceField(FollowUpState.choices), "state__in", many=True),
            "owner_id": Filter(IdField(), "owner_id"),
            "customer_id": Filter(IdField(), "customer_id"),
            "lead_id": Filter(IdField(), "lead_id"),
            "opportunity_id": Filter(IdField(), "opportunity_id"),
            "due_from": Filter(serializers.DateTimeField(), "due_at__gte"),
            "due_to": Filter(serializers.DateTimeField(), "due_at__lt"),
        },
        orderings={"id": "id", "due_at": "due_at"},
        default_ordering="due_at",
    )
    post = command(
        actions.schedule_follow_up,
        PlanBody,
        PlannedRow,
        name="schedule_follow_up",
        summary=_("Plan a contact, or move the one that is planned"),
        permission=WORK,
        status=201,
    )


class FollowUp(Endpoint):
    tag = "contacts"
    get = record(
        queries.get_planned,
        PlannedRow,
        name="get_follow_up",
        summary=_("A planned contact"),
        permission=VIEW,
    )
    patch = change(
        actions.reschedule_follow_up,
        ReplanBody,
        PlannedRow,
        get_row=queries.get_planned,
        name="reschedule_follow_up",
        summary=_("Move a planned contact"),
        permission=WORK,
    )


class Complete(Endpoint):
    tag = "contacts"
    post = command(
        actions.complete_follow_up,
        CompleteBody,
        PlannedRow,
        name="complete_follow_up",
        summary=_("Tick a planned contact off as done or skipped; the next is planned"),
        permission=WORK,
    )


class Pool(Endpoint):
    tag = "customers"
    get = page(
        queries.list_pool,
        CustomerRow,
        name="list_customer_pool",
        summary=_("Customers in the shared pool whom the caller may claim"),
        permission="crm.claim_lead",
        filters={"home_store_id": Filter(IdField(), "home_store_id")},
        orderings={"id": "id"},
        default_ordering="id",
    )


class ClaimCustomer(Endpoint):
    tag = "customers"
    post = command(
        actions.claim_customer,
        NoBody,
        CustomerRow,
        name="claim_customer",
        summary=_("Take a customer out of the shared pool"),
        permission="crm.claim_lead",
    )
