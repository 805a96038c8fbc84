from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from api.custom import CustomValues
from api.endpoints import Endpoint, change, command, page, record
from api.fields import Body, IdField, MoneyField, OptionField, Representation
from api.filters import Filter
from api.v1.customers import customer
from api.v1.staff import person
from api.v1.stores import store
from apps.crm.actions import change_opportunity, lose_opportunity, move_opportunity
from apps.crm.queries import get_opportunity, list_opportunities
from apps.crm.rules.interests import LONGEST_COLOUR
from apps.crm.rules.opportunities import (
    LONGEST_COMPETITORS,
    LOST_REASONS,
    IntentLevel,
    PaymentWay,
    Stage,
)

VIEW = "crm.view_opportunity"
WORK = "crm.work_opportunity"
AMOUNT = {"max_digits": 14, "decimal_places": 2, "min_value": 0}


class InterestRow(Representation):
    """A series of the catalogue that the customer wants, or one model of it."""

    series_id = IdField()
    model_id = IdField(allow_null=True)
    name = serializers.CharField()
    colour = serializers.CharField()


class InterestBody(Body):
    series_id = IdField()
    model_id = IdField(required=False, allow_null=True)
    colour = serializers.CharField(max_length=LONGEST_COLOUR, required=False, allow_blank=True)


class OpportunityRow(Representation):
    """A qualified wish to buy."""

    expansions = {"customer": customer(), "owner": person("owner_id"), "store": store()}

    id = IdField()
    lead_id = IdField(allow_null=True)
    customer_id = IdField()
    owner_id = IdField()
    store_id = IdField()
    level = serializers.ChoiceField(IntentLevel.choices)
    stage = serializers.ChoiceField(Stage.choices)
    brand = serializers.CharField()
    series = serializers.CharField()
    interests = InterestRow(many=True, source="interested_in")
    other_models = serializers.CharField()
    colour = serializers.CharField()
    buys_by = serializers.DateField(allow_null=True)
    decision_maker = serializers.CharField()
    wishes = serializers.CharField()
    budget = MoneyField(source="budget_amount")
    payment_way = serializers.ChoiceField(PaymentWay.choices)
    has_trade_in = serializers.BooleanField()
    competitor = serializers.CharField()
    opened_at = serializers.DateTimeField()
    stage_changed_at = serializers.DateTimeField()
    won_date = serializers.DateField(allow_null=True)
    lost_at = serializers.DateTimeField(allow_null=True)
    lost_reason = OptionField(LOST_REASONS)
    custom = CustomValues("opportunity")
    loss_approval_id = IdField(
        allow_null=True, help_text=_("The approval by which the loss is, or was, confirmed.")
    )


class WishesBody(Body):
    level = serializers.ChoiceField(IntentLevel.choices, required=False)
    brand = serializers.CharField(max_length=60, required=False, allow_blank=True)
    series = serializers.CharField(max_length=60, required=False, allow_blank=True)
    interests = InterestBody(
        many=True,
        required=False,
        help_text=_("What is wanted of the catalogue; brand and series follow the first."),
    )
    other_models = serializers.CharField(max_length=300, required=False, allow_blank=True)
    colour = serializers.CharField(max_length=60, required=False, allow_blank=True)
    buys_by = serializers.DateField(
        required=False,
        allow_null=True,
        help_text=_("Without a level it sets the level by the group's table."),
    )
    decision_maker = serializers.CharField(max_length=60, required=False, allow_blank=True)
    wishes = serializers.CharField(max_length=500, required=False, allow_blank=True)
    budget_amount = serializers.DecimalField(required=False, allow_null=True, **AMOUNT)
    payment_way = serializers.ChoiceField(PaymentWay.choices, required=False)
    has_trade_in = serializers.BooleanField(required=False)
    competitor = serializers.CharField(
        max_length=LONGEST_COMPETITORS, required=False, allow_blank=True
    )
    custom = CustomValues("opportunity", default=dict)


class QualifyBody(WishesBody):
    level = serializers.ChoiceField(
        IntentLevel.choices,
        required=False,
        help_text=_("Needed unless the day of purchase is told."),
    )


class MoveBody(Body):
    stage = serializers.ChoiceField(Stage.choices)


class LoseBody(Body):
    reason = OptionField(LOST_REASONS)
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)
    competitor = serializers.CharField(
        max_length=LONGEST_COMPETITORS, required=False, allow_blank=True
    )


class Opportunities(Endpoint):
    tag = "opportunities"
    get = page(
        list_opportunities,
        OpportunityRow,
        name="list_opportunities",
        summary=_("Opportunities"),
        permission=VIEW,
        filters={
            "stage": Filter(serializers.ChoiceField(Stage.choices), "stage__in", many=True),
            "level": Filter(serializers.ChoiceField(IntentLevel.choices), "level__in", many=True),
            "store_id": Filter(IdField(), "store_id"),
            "owner_id": Filter(IdField(), "owner_id"),
            "customer_id": Filter(IdField(), "customer_id"),
            "opened_from": Filter(serializers.DateField(), "opened_date__gte"),
            "opened_to": Filter(serializers.DateField(), "opened_date__lte"),
        },
        orderings={"id": "id"},
        default_ordering="-id",
        custom_host="opportunity",
    )


class Opportunity(Endpoint):
    tag = "opportunities"
    get = record(
        get_opportunity,
        OpportunityRow,
        name="get_opportunity",
        summary=_("An opportunity"),
        permission=VIEW,
    )
    patch = change(
        change_opportunity,
        WishesBody,
        OpportunityRow,
        get_row=get_opportunity,
        name="change_opportunity",
        summary=_("Change what the customer wants"),
        permission=WORK,
    )


class Move(Endpoint):
    tag = "opportunities"
    post = command(
        move_opportunity,
        MoveBody,
        OpportunityRow,
        name="move_opportunity",
        summary=_("Put it into another stage"),
        permission=WORK,
    )


class Lose(Endpoint):
    tag = "opportunities"
    post = command(
        lose_opportunity,
        LoseBody,
        OpportunityRow,
        name="lose_opportunity",
        summary=_("Close a deal that went elsewhere"),
        permission=WORK,
    )
