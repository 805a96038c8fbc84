"""Vehicles in stock are discussed where they are."""

from django.utils.translation import gettext_lazy as _

from apps.discussions.subjects import DiscussionSubject, register
from apps.vehicles.models import StockUnit

register(
    DiscussionSubject(
        code="vehicles.stock_unit",
        label=_("Vehicle"),
        model="vehicles.StockUnit",
        rows=StockUnit.objects.visible_to,
        page="vehicles:stock_unit_detail",
        store_of=lambda unit: unit.store_id,
    )
)
