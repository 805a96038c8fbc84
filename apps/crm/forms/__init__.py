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
from apps.crm.forms.tags import BulkTagForm, CustomerTagsForm, TagForm
from apps.crm.forms.wishes import WishesForm, car_code

__all__ = [
    "AssignmentRuleForm",
    "BulkTagForm",
    "ContactForm",
    "CustomerForm",
    "CustomerTagsForm",
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
    "TagForm",
    "TestDriveForm",
    "TryForm",
    "VisitForm",
    "WishesForm",
    "brand_names",
    "car_code",
]
