"""What of the organisation has a name in both languages."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.organisation import departments, queries
from forecourt.kernel.bilingual import BilingualSource, register

register(
    BilingualSource(
        name="organisation.store",
        label=_("Stores"),
        permission="organisation.manage_store",
        rows=queries.list_stores,
        url=lambda row: reverse("organisation:store_edit", args=[row.pk]),
        group_of=lambda row: row.code,
        order=10,
    ),
    BilingualSource(
        name="organisation.region",
        label=_("Regions"),
        permission="organisation.manage_store",
        rows=lambda _actor: queries.list_regions(),
        url=lambda _row: reverse("organisation:structure"),
        order=20,
    ),
    BilingualSource(
        name="organisation.legalentity",
        label=_("Companies"),
        permission="organisation.manage_store",
        rows=lambda _actor: queries.list_legal_entities(),
        url=lambda _row: reverse("organisation:structure"),
        group_of=lambda row: row.tax_number,
        order=30,
    ),
    BilingualSource(
        name="organisation.role",
        label=_("Roles"),
        permission="organisation.manage_role",
        rows=lambda _actor: queries.list_roles(),
        url=lambda row: reverse("organisation:role_detail", args=[row.pk]),
        order=40,
    ),
    BilingualSource(
        name="organisation.department",
        label=_("Departments"),
        permission="organisation.manage_staff",
        rows=departments.list_departments,
        url=lambda row: reverse("organisation:department_edit", args=[row.pk]),
        group_of=lambda row: str(row.place),
        order=50,
    ),
    BilingualSource(
        name="organisation.position",
        label=_("Positions"),
        permission="organisation.manage_staff",
        rows=lambda _actor: queries.list_positions(),
        url=lambda row: reverse("organisation:position_edit", args=[row.pk]),
        order=60,
    ),
)
