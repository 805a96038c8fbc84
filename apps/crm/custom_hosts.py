"""What of the CRM a group may add fields to."""

from django.utils.translation import gettext_lazy as _

from apps.crm.events import CustomerChanged
from apps.crm.models import Customer, Lead, Opportunity
from forecourt.kernel import events
from forecourt.kernel.custom_fields import Host, register

register(
    Host(
        "customer",
        Customer,
        _("Customers"),
        change="crm.change_customer",
        url_name="crm:customer_detail",
        list_url_name="crm:customer_list",
        order=10,
        changed=lambda customer: events.publish(CustomerChanged(customer.pk)),
    ),
    Host(
        "lead",
        Lead,
        _("Leads"),
        change="crm.work_lead",
        url_name="crm:lead_detail",
        list_url_name="crm:lead_list",
        order=20,
    ),
    Host(
        "opportunity",
        Opportunity,
        _("Opportunities"),
        change="crm.work_opportunity",
        url_name="crm:opportunity_detail",
        list_url_name="crm:opportunity_list",
        order=30,
    ),
)
