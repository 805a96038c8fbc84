"""What of the organisation a group may add fields to, and who its people are."""

from django.utils.translation import gettext_lazy as _

from apps.organisation.models import StaffMember, Store
from apps.organisation.queries import list_roles, names_of_staff
from forecourt.kernel.custom_fields import Host, People, register, use_people

register(
    Host(
        "store",
        Store,
        _("Stores"),
        change="organisation.manage_store",
        url_name="organisation:store_detail",
        list_url_name="organisation:store_list",
        order=90,
    ),
    Host(
        "staff",
        StaffMember,
        _("Staff"),
        change="organisation.manage_staff",
        url_name="organisation:staff_detail",
        list_url_name="organisation:staff_list",
        order=80,
    ),
)
use_people(
    People(
        names_of_staff,
        "organisation:staff_options",
        lambda: [(role.code, role.name) for role in list_roles()],
    )
)
