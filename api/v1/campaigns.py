"""Campaigns, automations, and which messages to customers were held back."""

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from api.endpoints import Endpoint, change, command, listing, page, record, removal
from api.fields import Body, IdField, NoBody, Representation
from api.filters import Filter
from apps.crm.queries import AUDIENCE
from apps.marketing import actions, queries
from apps.marketing.rules.states import CHANNELS, CampaignState, Deed, Trigger
from apps.notifications.queries import list_held
from forecourt.kernel.access import Actor

VIEW, MANAGE = "marketing.view_campaign", "marketing.manage_campaign"
VIEW_AUTOMATION, MANAGE_AUTOMATION = "marketing.view_automation", "marketing.manage_automation"
AMOUNT = {"max_digits": 14, "decimal_places": 2, "allow_null": True}


def _channel(**options: Any) -> serializers.ChoiceField:
    return serializers.ChoiceField([(code, code) for code in CHANNELS], **options)


class CampaignRow(Representation):
    """A campaign; amounts are in the group's currency."""

    id = IdField()
    name = serializers.CharField()
    state = serializers.ChoiceField(CampaignState.choices)
    store_id = IdField(allow_null=True)
    segment_id = IdField()
    channel = serializers.CharField()
    title = serializers.CharField()
    text = serializers.CharField()
    provider_template = serializers.CharField()
    link_url = serializers.CharField()
    budget_amount = serializers.DecimalField(**AMOUNT)
    spent_amount = serializers.DecimalField(**AMOUNT)
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    window_days = serializers.IntegerField()
    started_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)


class ChangeCampaignBody(Body):
    name = serializers.CharField(max_length=80, required=False)
    store_id = IdField(required=False, allow_null=True)
    segment_id = IdField(required=False)
    channel = _channel(required=False)
    title = serializers.CharField(max_length=100, required=False, allow_blank=True)
    text = serializers.CharField(max_length=1000, required=False)
    provider_template = serializers.CharField(max_length=60, required=False, allow_blank=True)
    link_url = serializers.CharField(max_length=300, required=False, allow_blank=True)
    budget_amount = serializers.DecimalField(**AMOUNT, required=False)
    spent_amount = serializers.DecimalField(**AMOUNT, required=False)
    starts_on = serializers.DateField(required=False)
    ends_on = serializers.DateField(required=False)
    window_days = serializers.IntegerField(required=False)


class CampaignBody(ChangeCampaignBody):
    name = serializers.CharField(max_length=80)
    segment_id = IdField()
    channel = _channel()
    text = serializers.CharField(max_length=1000)
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()


class ReplyBody(Body):
    customer_id = IdField()


class ReachRow(Representation):
    """What became of one customer."""

    id = IdField()
    customer_id = IdField()
    state = serializers.CharField()
    reason = serializers.CharField()
    due_at = serializers.DateTimeField()
    done_at = serializers.DateTimeField(allow_null=True)
    opened_at = serializers.DateTimeField(allow_null=True)
    replied_at = serializers.DateTimeField(allow_null=True)
    lead_at = serializers.DateTimeField(allow_null=True)
    visited_at = serializers.DateTimeField(allow_null=True)
    ordered_at = serializers.DateTimeField(allow_null=True)


class ResultRow(Representation):
    """What came of a campaign; cost / leads and cost / orders, where there are any."""

    meant = serializers.IntegerField()
    waiting = serializers.IntegerField()
    held = serializers.IntegerField()
    sent = serializers.IntegerField()
    opened = serializers.IntegerField()
    replied = serializers.IntegerField()
    leads = serializers.IntegerField()
    visited = serializers.IntegerField()
    ordered = serializers.IntegerField()
    cost = serializers.DecimalField(**AMOUNT)
    cost_per_lead = serializers.DecimalField(**AMOUNT)
    cost_per_order = serializers.DecimalField(**AMOUNT)


class ChannelResultRow(ResultRow):
    channel = serializers.CharField()


class HeldRow(Representation):
    """A message to a customer that did not leave, of whichever module."""

    id = IdField()
    customer_id = IdField(source="recipient_id")
    event = serializers.CharField()
    channel = serializers.CharField()
    reason = serializers.CharField()
    created_at = serializers.DateTimeField()


class AutomationRow(Representation):
    """An automation: when, for whom, what."""

    id = IdField()
    name = serializers.CharField()
    is_on = serializers.BooleanField()
    version = serializers.IntegerField()
    store_id = IdField(allow_null=True)
    trigger = serializers.ChoiceField(Trigger.choices)
    event = serializers.CharField()
    fact = serializers.CharField()
    offset_days = serializers.IntegerField(help_text=_("Negative: before the date."))
    segment_id = IdField(allow_null=True)
    deed = serializers.ChoiceField(Deed.choices)
    options = serializers.DictField()
    daily_cap = serializers.IntegerField(allow_null=True)
    rest_days = serializers.IntegerField()
    valid_days = serializers.IntegerField()


class ChangeAutomationBody(Body):
    name = serializers.CharField(max_length=80, required=False)
    store_id = IdField(required=False, allow_null=True)
    trigger = serializers.ChoiceField(Trigger.choices, required=False)
    event = serializers.CharField(max_length=60, required=False, allow_blank=True)
    fact = serializers.CharField(max_length=80, required=False, allow_blank=True)
    offset_days = serializers.IntegerField(required=False)
    segment_id = IdField(required=False, allow_null=True)
    deed = serializers.ChoiceField(Deed.choices, required=False)
    options = serializers.DictField(
        required=False,
        help_text=_(
            "MESSAGE: channel, title, text, template; TASK: purpose, due_days; TAG: tag_id; "
            "REWARD: reward, value."
        ),
    )
    daily_cap = serializers.IntegerField(required=False, allow_null=True)
    rest_days = serializers.IntegerField(required=False)
    valid_days = serializers.IntegerField(required=False)


class AutomationBody(ChangeAutomationBody):
    name = serializers.CharField(max_length=80)
    trigger = serializers.ChoiceField(Trigger.choices)
    deed = serializers.ChoiceField(Deed.choices)


class SwitchAutomationBody(Body):
    is_on = serializers.BooleanField()


class HeldCount(Representation):
    reason = serializers.CharField()
    count = serializers.IntegerField()


class OutlookRow(Representation):
    """Whom it would reach today; nothing is done."""

    count = serializers.IntegerField()
    reached = serializers.IntegerField()
    held = HeldCount(many=True)


def _result(*, campaign_id: int, actor: Actor) -> queries.Result:
    return queries.result_of(queries.get_campaign(campaign_id=campaign_id, actor=actor))


def _by_channel(*, actor: Actor) -> Iterable[dict[str, Any]]:
    actor.require(VIEW)
    names = list(ResultRow().get_fields())
    for channel, result in queries.results_by_channel(actor).items():
        yield {"channel": channel, **{name: getattr(result, name) for name in names}}


def _reaches(actor: Actor, campaign_id: int) -> QuerySet:
    campaign = queries.get_campaign(campaign_id=campaign_id, actor=actor)
    return queries.list_reaches(actor, campaign=campaign)


def _held(actor: Actor) -> QuerySet:
    return list_held(actor, AUDIENCE, "marketing.view_held")


def _dry_run(*, automation_id: int, actor: Actor) -> dict[str, Any]:
    automation = queries.get_automation(automation_id=automation_id, actor=actor)
    found = queries.dry_run(automation, actor)
    held = [{"reason": str(reason), "count": count} for reason, count in found.held]
    return {"count": found.count, "reached": found.reached, "held": held}


class Campaigns(Endpoint):
    tag = "campaigns"
    get = page(
        queries.list_campaigns,
        CampaignRow,
        name="list_campaigns",
        summary=_("Campaigns"),
        permission=VIEW,
        filters={
            "state": Filter(serializers.ChoiceField(CampaignState.choices), "state__in", many=True)
        },
        orderings={"id": "id", "starts_on": "starts_on"},
        default_ordering="-id",
    )
    post = command(
        actions.save_campaign,
        CampaignBody,
        CampaignRow,
        name="prepare_campaign",
        summary=_("Prepare a campaign"),
        permission=MANAGE,
        status=201,
    )


class Campaign(Endpoint):
    tag = "campaigns"
    get = record(
        queries.get_campaign,
        CampaignRow,
        name="get_campaign",
        summary=_("A campaign"),
        permission=VIEW,
    )
    patch = change(
        actions.save_campaign,
        ChangeCampaignBody,
        CampaignRow,
        get_row=queries.get_campaign,
        name="change_campaign",
        summary=_("Change a campaign that has not started"),
        permission=MANAGE,
    )
    delete = removal(
        actions.remove_campaign,
        name="remove_campaign",
        summary=_("Remove a campaign that has not started"),
        permission=MANAGE,
    )


class _Step(Endpoint):
    tag = "campaigns"


class StartCampaign(_Step):
    post = command(
        actions.start_campaign,
        NoBody,
        CampaignRow,
        name="start_campaign",
        summary=_("Start a campaign, or let it go on"),
        permission=MANAGE,
    )


class PauseCampaign(_Step):
    post = command(
        actions.pause_campaign,
        NoBody,
        CampaignRow,
        name="pause_campaign",
        summary=_("Pause a campaign"),
        permission=MANAGE,
    )


class StopCampaign(_Step):
    post = command(
        actions.stop_campaign,
        NoBody,
        CampaignRow,
        name="stop_campaign",
        summary=_("Stop a campaign for good"),
        permission=MANAGE,
    )


class CampaignReplies(_Step):
    post = command(
        actions.record_reply,
        ReplyBody,
        ReachRow,
        name="record_campaign_reply",
        summary=_("Note that a customer has answered a campaign"),
        permission=MANAGE,
        status=201,
    )


class CampaignCustomers(_Step):
    get = page(
        _reaches,
        ReachRow,
        name="list_campaign_customers",
        summary=_("The customers of a campaign whom you may see"),
        permission=VIEW,
        orderings={"id": "id"},
        default_ordering="id",
    )


class CampaignResult(_Step):
    get = record(
        _result,
        ResultRow,
        name="get_campaign_result",
        summary=_("What came of a campaign"),
        permission=VIEW,
    )


class ChannelResults(_Step):
    get = listing(
        _by_channel,
        ChannelResultRow,
        name="list_channel_results",
        summary=_("What came of all campaigns, by channel"),
        filters={},
    )


class HeldMessages(_Step):
    get = page(
        _held,
        HeldRow,
        name="list_held_messages",
        summary=_("Messages to customers that were held back"),
        permission="marketing.view_held",
        orderings={"id": "id"},
        default_ordering="-id",
    )


class Automations(Endpoint):
    tag = "automations"
    get = page(
        queries.list_automations,
        AutomationRow,
        name="list_automations",
        summary=_("Automations"),
        permission=VIEW_AUTOMATION,
        filters={"is_on": Filter(serializers.BooleanField(), "is_on")},
        orderings={"id": "id"},
        default_ordering="id",
    )
    post = command(
        actions.save_automation,
        AutomationBody,
        AutomationRow,
        name="make_automation",
        summary=_("Make an automation, switched off"),
        permission=MANAGE_AUTOMATION,
        status=201,
    )


class Automation(Endpoint):
    tag = "automations"
    get = record(
        queries.get_automation,
        AutomationRow,
        name="get_automation",
        summary=_("An automation"),
        permission=VIEW_AUTOMATION,
    )
    patch = change(
        actions.save_automation,
        ChangeAutomationBody,
        AutomationRow,
        get_row=queries.get_automation,
        name="change_automation",
        summary=_("Change an automation"),
        permission=MANAGE_AUTOMATION,
    )
    delete = removal(
        actions.remove_automation,
        name="remove_automation",
        summary=_("Remove an automation that has reached nobody"),
        permission=MANAGE_AUTOMATION,
    )


class SwitchAutomation(Endpoint):
    tag = "automations"
    post = command(
        actions.switch_automation,
        SwitchAutomationBody,
        AutomationRow,
        name="switch_automation",
        summary=_("Switch an automation on or off"),
        permission=MANAGE_AUTOMATION,
    )


class DryRun(Endpoint):
    tag = "automations"
    get = record(
        _dry_run,
        OutlookRow,
        name="try_automation",
        summary=_("Whom an automation would reach today, and who would be held back and why"),
        permission=VIEW_AUTOMATION,
    )
