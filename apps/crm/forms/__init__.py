"""Forms of this module: they parse input and offer choices."""

from apps.crm.forms.assignment import AssignmentRuleForm, TryForm
from apps.crm.forms.customers import (
    ContactForm,
    CustomerForm,
    FollowUpForm,
    InvalidForm,
    LeadForm,
    LoseForm,
    MergeForm,
    PhoneForm,
    ReassignForm,
    SkipForm,
    WishesForm,
    brand_names,
)
from apps.crm.forms.showroom import (
    HandOutForm,
    HandVisitForm,
    IdentifyForm,
    LeaveForm,
    MoveDriveForm,
    ReasonForm,
    ReturnForm,
    TestDriveForm,
    VisitForm,
)

__all__ = [
    "AssignmentRuleForm",
    "ContactForm",
    "CustomerForm",
    "FollowUpForm",
    "HandOutForm",
    "HandVisitForm",
    "IdentifyForm",
    "InvalidForm",
    "LeadForm",
    "LeaveForm",
    "LoseForm",
    "MergeForm",
    "MoveDriveForm",
    "PhoneForm",
    "ReasonForm",
    "ReassignForm",
    "ReturnForm",
    "SkipForm",
    "TestDriveForm",
    "TryForm",
    "VisitForm",
    "WishesForm",
    "brand_names",
]
