"""Complaints and what was done about them."""

from apps.care.models.complaints import Complaint, ComplaintStep, late

__all__ = ["Complaint", "ComplaintStep", "late"]
