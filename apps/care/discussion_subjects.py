"""Complaints are discussed where they are."""

from django.utils.translation import gettext_lazy as _

from apps.care.models import Complaint
from apps.discussions.subjects import DiscussionSubject, register

register(
    DiscussionSubject(
        code="care.complaint",
        label=_("Complaint"),
        model="care.Complaint",
        rows=Complaint.objects.visible_to,
        page="care:complaint_detail",
        store_of=lambda complaint: complaint.store_id,
    )
)
