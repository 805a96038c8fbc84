from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from api.endpoints import Endpoint, record
from api.fields import Representation
from billing.permissions import VIEW
from billing.queries import Overview, get_overview
from tenants.models import DealerGroup


class SubscriptionRow(Representation):
    """How the group stands: its state, its plan, and what is used of the plan's limits."""

    takes_payments = serializers.BooleanField(
        help_text=_("Whether this installation takes payments; else the trial does not end.")
    )
    state = serializers.ChoiceField(DealerGroup.State.choices)
    state_until = serializers.DateTimeField(
        source="until", help_text=_("When the state changes unless something is done.")
    )
    plan = serializers.CharField(source="plan.code")
    plan_name = serializers.CharField(source="plan.name")
    interval = serializers.CharField()
    currency = serializers.CharField()
    stores = serializers.IntegerField()
    period_ends_at = serializers.DateTimeField()
    cancels_at = serializers.DateTimeField()
    modules = serializers.SerializerMethodField()
    usage = serializers.SerializerMethodField(help_text=_("Storage is in GB."))

    def get_modules(self, overview: Overview) -> list[str]:
        return sorted(overview.plan.modules)

    def get_usage(self, overview: Overview) -> list[dict[str, Any]]:
        return [
            {"resource": item.resource, "used": item.used, "limit": item.limit}
            for item in overview.usage
        ]


class Subscription(Endpoint):
    tag = "subscription"
    works_when_suspended = True
    works_when_restricted = True
    get = record(
        get_overview,
        SubscriptionRow,
        name="get_subscription",
        summary=_("The group's subscription"),
        permission=VIEW,
    )
