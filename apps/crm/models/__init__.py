"""Customers, leads, opportunities, contacts and visits, and the rules that hand out leads."""

from apps.crm.models.assignment import AssignmentRule, AssignmentShare, LeadPolicy
from apps.crm.models.contacts import FollowUp, Interaction
from apps.crm.models.customers import Customer, CustomerPhone
from apps.crm.models.feeds import FeedMessage, LeadFeed
from apps.crm.models.leads import Lead
from apps.crm.models.merging import CustomerMerge, DuplicatePair
from apps.crm.models.opportunities import Opportunity
from apps.crm.models.tags import CustomerTag, Tag
from apps.crm.models.test_drives import TestDrive
from apps.crm.models.visits import Visit

__all__ = [
    "AssignmentRule",
    "AssignmentShare",
    "Customer",
    "CustomerMerge",
    "CustomerPhone",
    "CustomerTag",
    "DuplicatePair",
    "FeedMessage",
    "FollowUp",
    "Interaction",
    "Lead",
    "LeadFeed",
    "LeadPolicy",
    "Opportunity",
    "Tag",
    "TestDrive",
    "Visit",
]
