"""Sales orders have documents."""

from django.utils.translation import gettext_lazy as _

from apps.documents.subjects import DocumentSubject, register
from apps.sales.models import SalesOrder

register(
    DocumentSubject(
        code="sales.sales_order",
        label=_("Sales order"),
        model="sales.SalesOrder",
        rows=SalesOrder.objects.visible_to,
        rights=("sales.view_salesorder",),
        page="sales:sales_order_detail",
        find=lambda actor, text, limit: (
            SalesOrder.objects.visible_to(actor)
            .filter(number__icontains=text)
            .order_by("-id")[:limit]
        ),
        icon="receipt",
    )
)
