"""Flows and their versions, requests, who is asked, what happened, and who stands in for whom."""

from apps.approvals.models.absences import Absence
from apps.approvals.models.flows import ApprovalFlow, FlowVersion, RequestKind
from apps.approvals.models.requests import ApprovalAct, ApprovalRequest, ApprovalTask

__all__ = [
    "Absence",
    "ApprovalAct",
    "ApprovalFlow",
    "ApprovalRequest",
    "ApprovalTask",
    "FlowVersion",
    "RequestKind",
]
