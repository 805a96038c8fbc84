from django.urls import path

from apps.marketing.views import segments

app_name = "marketing"
RULE = "tag-rules/<int:tag_rule_id>/"
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
]
