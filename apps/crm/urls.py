from django.urls import path

from apps.crm.views import (
    assignment,
    assignment_draft,
    customers,
    day,
    duplicates,
    leads,
    opportunities,
    reception,
    test_drives,
)

app_name = "crm"
DRAFT_RULE = "assignment/draft/<int:place>/"
DRIVE = "test-drives/<int:test_drive_id>/"
REPLAY = "assignment/replays/<int:job_id>/"
urlpatterns = [
    path("day/", day.my_day, name="my_day"),
    path("follow-ups/<int:follow_up_id>/skip/", day.follow_up_skip, name="follow_up_skip"),
    path("leads/", leads.LeadList.as_view(), name="lead_list"),
    path("leads/waiting/", leads.WaitingLeadList.as_view(), name="waiting_lead_list"),
    path("leads/new/", leads.lead_create, name="lead_create"),
    path("leads/<int:lead_id>/", leads.lead_detail, name="lead_detail"),
    path("leads/<int:lead_id>/contact/", leads.lead_contact, name="lead_contact"),
    path("leads/<int:lead_id>/follow-up/", leads.lead_follow_up, name="lead_follow_up"),
    path("leads/<int:lead_id>/qualify/", leads.lead_qualify, name="lead_qualify"),
    path("leads/<int:lead_id>/invalid/", leads.lead_invalid, name="lead_invalid"),
    path("leads/<int:lead_id>/reassign/", leads.lead_reassign, name="lead_reassign"),
    path("leads/<int:lead_id>/claim/", leads.lead_claim, name="lead_claim"),
    path("divisions/", leads.division_options, name="division_options"),
    path("opportunities/", opportunities.OpportunityList.as_view(), name="opportunity_list"),
    path("opportunities/board/", opportunities.opportunity_board, name="opportunity_board"),
    path("opportunities/board/move/", opportunities.opportunity_move, name="opportunity_move"),
    path(
        "opportunities/<int:opportunity_id>/",
        opportunities.opportunity_detail,
        name="opportunity_detail",
    ),
    path(
        "opportunities/<int:opportunity_id>/stage/",
        opportunities.opportunity_stage,
        name="opportunity_stage",
    ),
    path(
        "opportunities/<int:opportunity_id>/contact/",
        opportunities.opportunity_contact,
        name="opportunity_contact",
    ),
    path(
        "opportunities/<int:opportunity_id>/follow-up/",
        opportunities.opportunity_follow_up,
        name="opportunity_follow_up",
    ),
    path(
        "opportunities/<int:opportunity_id>/edit/",
        opportunities.opportunity_edit,
        name="opportunity_edit",
    ),
    path(
        "opportunities/<int:opportunity_id>/lose/",
        opportunities.opportunity_lose,
        name="opportunity_lose",
    ),
    path("customers/", customers.CustomerList.as_view(), name="customer_list"),
    path("customers/known/", leads.known_customer, name="known_customer"),
    path("customers/duplicates/", duplicates.DuplicateList.as_view(), name="duplicate_list"),
    path("customers/duplicates/search/", duplicates.duplicate_search, name="duplicate_search"),
    path(
        "customers/duplicates/<int:pair_id>/dismiss/",
        duplicates.duplicate_dismiss,
        name="duplicate_dismiss",
    ),
    path("customers/merges/<int:merge_id>/undo/", duplicates.merge_undo, name="merge_undo"),
    path(
        "customers/<int:customer_id>/merge/<int:other_id>/",
        duplicates.customer_merge,
        name="customer_merge",
    ),
    path("customers/<int:customer_id>/", customers.customer_detail, name="customer_detail"),
    path("customers/<int:customer_id>/edit/", customers.customer_edit, name="customer_edit"),
    path(
        "customers/<int:customer_id>/timeline/",
        customers.customer_timeline,
        name="customer_timeline",
    ),
    path(
        "customers/<int:customer_id>/phones/add/",
        customers.customer_phone_add,
        name="customer_phone_add",
    ),
    path(
        "customers/<int:customer_id>/phones/reveal/",
        customers.customer_phone_reveal,
        name="customer_phone_reveal",
    ),
    path(
        "customers/<int:customer_id>/national-id/reveal/",
        customers.customer_national_id_reveal,
        name="customer_national_id_reveal",
    ),
    path("customers/options/", test_drives.customer_options, name="customer_options"),
    path("reception/", reception.reception, name="reception"),
    path("reception/now/", reception.showroom_now, name="showroom_now"),
    path("reception/find/", reception.visitor_find, name="visitor_find"),
    path("reception/find/<int:customer_id>/", reception.visitor_choose, name="visitor_choose"),
    path("visits/", reception.VisitList.as_view(), name="visit_list"),
    path("visits/<int:visit_id>/", reception.visit_detail, name="visit_detail"),
    path("visits/<int:visit_id>/identify/", reception.visit_identify, name="visit_identify"),
    path("visits/<int:visit_id>/hand/", reception.visit_hand, name="visit_hand"),
    path("visits/<int:visit_id>/leave/", reception.visit_leave, name="visit_leave"),
    path("visits/<int:visit_id>/end/", reception.visit_end, name="visit_end"),
    path("visits/<int:visit_id>/void/", reception.visit_void, name="visit_void"),
    path("test-drives/", test_drives.test_drive_day, name="test_drive_day"),
    path("test-drives/all/", test_drives.TestDriveList.as_view(), name="test_drive_list"),
    path("test-drives/new/", test_drives.test_drive_create, name="test_drive_create"),
    path(DRIVE, test_drives.test_drive_detail, name="test_drive_detail"),
    path(f"{DRIVE}move/", test_drives.test_drive_move, name="test_drive_move"),
    path(f"{DRIVE}hand-out/", test_drives.test_drive_hand_out, name="test_drive_hand_out"),
    path(f"{DRIVE}return/", test_drives.test_drive_return, name="test_drive_return"),
    path(f"{DRIVE}cancel/", test_drives.test_drive_cancel, name="test_drive_cancel"),
    path(f"{DRIVE}miss/", test_drives.test_drive_miss, name="test_drive_miss"),
    path(
        f"{DRIVE}licence/reveal/",
        test_drives.test_drive_licence_reveal,
        name="test_drive_licence_reveal",
    ),
    path("assignment/", assignment.assignment_rules, name="assignment_rules"),
    path("assignment/try/", assignment.assignment_try, name="assignment_try"),
    path(REPLAY, assignment.assignment_replay, name="assignment_replay"),
    path(
        f"{REPLAY}publish/",
        assignment.assignment_replay_publish,
        name="assignment_replay_publish",
    ),
    path("assignment/draft/", assignment_draft.assignment_draft, name="assignment_draft"),
    path(
        "assignment/draft/new/", assignment_draft.assignment_draft_add, name="assignment_draft_add"
    ),
    path(
        "assignment/draft/discard/",
        assignment_draft.assignment_draft_discard,
        name="assignment_draft_discard",
    ),
    path(
        "assignment/draft/replay/",
        assignment_draft.assignment_draft_replay,
        name="assignment_draft_replay",
    ),
    path(f"{DRAFT_RULE}", assignment_draft.assignment_draft_edit, name="assignment_draft_edit"),
    path(
        f"{DRAFT_RULE}move/", assignment_draft.assignment_draft_move, name="assignment_draft_move"
    ),
    path(
        f"{DRAFT_RULE}switch/",
        assignment_draft.assignment_draft_switch,
        name="assignment_draft_switch",
    ),
    path(
        f"{DRAFT_RULE}remove/",
        assignment_draft.assignment_draft_remove,
        name="assignment_draft_remove",
    ),
    path("assignment/new/", assignment.assignment_rule_create, name="assignment_rule_create"),
    path("assignment/<int:rule_id>/", assignment.assignment_rule_edit, name="assignment_rule_edit"),
    path(
        "assignment/<int:rule_id>/move/",
        assignment.assignment_rule_move,
        name="assignment_rule_move",
    ),
    path(
        "assignment/<int:rule_id>/switch/",
        assignment.assignment_rule_switch,
        name="assignment_rule_switch",
    ),
]
