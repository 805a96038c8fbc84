from django.urls import path

from apps.marketing.views import automations, campaigns, held, segments

app_name = "marketing"
RULE = "tag-rules/<int:tag_rule_id>/"
CAMPAIGN = "campaigns/<int:campaign_id>/"
AUTOMATION = "automations/<int:automation_id>/"
urlpatterns = [
    path("segments/", segments.SegmentList.as_view(), name="segment_list"),
    path("segments/new/", segments.segment_create, name="segment_create"),
    path("segments/editor/", segments.segment_editor, name="segment_editor"),
    path("segments/<int:segment_id>/", segments.segment_edit, name="segment_edit"),
    path("segments/<int:segment_id>/remove/", segments.segment_remove, name="segment_remove"),
    path("tag-rules/", segments.tag_rule_list, name="tag_rule_list"),
    path("tag-rules/new/", segments.tag_rule_create, name="tag_rule_create"),
    path(f"{RULE}run/", segments.tag_rule_run, name="tag_rule_run"),
    path(f"{RULE}switch/", segments.tag_rule_switch, name="tag_rule_switch"),
    path(f"{RULE}remove/", segments.tag_rule_remove, name="tag_rule_remove"),
    path("campaigns/", campaigns.CampaignList.as_view(), name="campaign_list"),
    path("campaigns/new/", campaigns.campaign_create, name="campaign_create"),
    path(CAMPAIGN, campaigns.campaign_detail, name="campaign_detail"),
    path(f"{CAMPAIGN}edit/", campaigns.campaign_edit, name="campaign_edit"),
    path(f"{CAMPAIGN}start/", campaigns.campaign_start, name="campaign_start"),
    path(f"{CAMPAIGN}pause/", campaigns.campaign_pause, name="campaign_pause"),
    path(f"{CAMPAIGN}stop/", campaigns.campaign_stop, name="campaign_stop"),
    path(f"{CAMPAIGN}spending/", campaigns.campaign_spending, name="campaign_spending"),
    path(
        f"{CAMPAIGN}customers/<int:customer_id>/reply/",
        campaigns.campaign_reply,
        name="campaign_reply",
    ),
    path(f"{CAMPAIGN}remove/", campaigns.campaign_remove, name="campaign_remove"),
    path("automations/", automations.AutomationList.as_view(), name="automation_list"),
    path("automations/new/", automations.automation_create, name="automation_create"),
    path(AUTOMATION, automations.automation_detail, name="automation_detail"),
    path(f"{AUTOMATION}edit/", automations.automation_edit, name="automation_edit"),
    path(f"{AUTOMATION}try/", automations.automation_dry_run, name="automation_dry_run"),
    path(f"{AUTOMATION}switch/", automations.automation_switch, name="automation_switch"),
    path(f"{AUTOMATION}remove/", automations.automation_remove, name="automation_remove"),
    path("held/", held.HeldList.as_view(), name="held_list"),
    path("l/<str:token>/", campaigns.follow_link, name="follow_link"),
]
