from datetime import date
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.vehicles.models.catalogue import Series
from apps.vehicles.models.vehicle import Vehicle
from apps.vehicles.rules.ageing import days_in_stock
from apps.vehicles.rules.states import CLOSED, HELD, LIVE, MovementKind, StockState
from forecourt.kernel.access import Masked, RowAccess, ScopedModel
from forecourt.kernel.custom_fields.rows import CustomValues

IDENTIFIED = "unit_identified_ck"
ONE_LIVE_UNIT = "unit_one_live_uq"


class StockUnit(CustomValues, ScopedModel):
    """A vehicle while the group holds it; bought back, the same vehicle is a new stock unit.

    Store and state always equal those of the last movement: a composite foreign key (see the
    migrations) makes the database refuse anything else. From approval to receipt of a transfer the
    unit still belongs to the sender, in the state ON_TRANSFER, with the receiver as destination.
    ``series`` and ``has_vin`` repeat the vehicle's, for the indexes and the check that need them.
    """

    State = StockState

    access: ClassVar[RowAccess] = RowAccess(
        view="vehicles.view_stock", store=("store_id", "destination_store_id")
    )

    masked_fields: ClassVar[dict[str, Masked]] = {
        "cost": Masked("vehicles.see_cost", lambda _cost: None)
    }

    stock_number = models.CharField(_("Stock number"), max_length=30)
    vehicle = models.ForeignKey(
        Vehicle, models.PROTECT, related_name="stock_units", verbose_name=_("Vehicle")
    )
    has_vin = models.BooleanField(default=True)
    series = models.ForeignKey(
        Series,
        models.PROTECT,
        db_index=False,
        related_name="stock_units",
        verbose_name=_("Series"),
    )
    store = models.ForeignKey(
        "organisation.Store",
        models.PROTECT,
        db_index=False,
        related_name="stock_units",
        verbose_name=_("Store"),
    )
    destination_store = models.ForeignKey(
        "organisation.Store",
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="arriving_stock_units",
        verbose_name=_("On its way to"),
    )
    state = models.CharField(_("State"), max_length=11, choices=StockState, default=StockState.NEW)
    last_movement = models.ForeignKey(
        "vehicles.StockMovement",
        models.PROTECT,
        null=True,
        db_constraint=False,  # the migration adds a composite one
        db_index=False,
        related_name="+",
    )
    movement_count = models.PositiveIntegerField(default=0)
    stocked_in_date = models.DateField(_("In stock since"), null=True, blank=True)
    location = models.CharField(_("Yard slot"), max_length=40, blank=True)
    cost = models.DecimalField(_("Cost"), max_digits=14, decimal_places=2, null=True, blank=True)
    list_price = models.DecimalField(
        _("List price"), max_digits=14, decimal_places=2, null=True, blank=True
    )
    reserved_at = models.DateTimeField(_("Reserved at"), null=True, blank=True)
    reserved_by = models.ForeignKey(
        "organisation.StaffMember",
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="reserved_stock_units",
        verbose_name=_("Reserved by"),
    )
    reserved_for = models.CharField(_("Reserved for"), max_length=100, blank=True)
    reserved_customer_id = models.BigIntegerField(null=True, blank=True)
    reserved_order = models.CharField(_("Order number"), max_length=40, blank=True)
    reserved_until = models.DateField(_("Reserved until"), null=True, blank=True)
    sold_date = models.DateField(_("Sold on"), null=True, blank=True)
    sold_price = models.DecimalField(
        _("Sold for"), max_digits=14, decimal_places=2, null=True, blank=True
    )
    sold_by = models.ForeignKey(
        "organisation.StaffMember",
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="sold_stock_units",
        verbose_name=_("Sold by"),
    )
    buyer_name = models.CharField(_("Buyer"), max_length=100, blank=True)
    buyer_customer_id = models.BigIntegerField(null=True, blank=True)
    left_date = models.DateField(_("Out of stock on"), null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["stock_number"], name="unit_number_uq"),
            models.UniqueConstraint(
                fields=["vehicle"],
                condition=models.Q(state__in=sorted(LIVE)),
                name=ONE_LIVE_UNIT,
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=sorted(StockState.values)), name="unit_state_ck"
            ),
            models.CheckConstraint(
                condition=models.Q(state="NEW") | models.Q(last_movement__isnull=False),
                name="unit_moved_ck",
            ),
            models.CheckConstraint(
                condition=models.Q(has_vin=True)
                | models.Q(state__in=sorted([*CLOSED, StockState.NEW])),
                name=IDENTIFIED,
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=sorted(HELD))
                | models.Q(stocked_in_date__isnull=False),
                name="unit_stocked_in_ck",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="RESERVED") | models.Q(reserved_at__isnull=False),
                name="unit_reserved_ck",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["RESERVED", "ON_TRANSFER"])
                | models.Q(reserved_at__isnull=True),
                name="unit_not_reserved_ck",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="SOLD") | models.Q(sold_date__isnull=False),
                name="unit_sold_ck",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=sorted(CLOSED)) | models.Q(left_date__isnull=False),
                name="unit_left_ck",
            ),
            models.CheckConstraint(
                condition=models.Q(state="ON_TRANSFER", destination_store__isnull=False)
                | (~models.Q(state="ON_TRANSFER") & models.Q(destination_store__isnull=True)),
                name="unit_destination_ck",
            ),
            models.CheckConstraint(
                condition=models.Q(cost__isnull=True) | models.Q(cost__gte=0), name="unit_cost_ck"
            ),
            models.CheckConstraint(
                condition=models.Q(list_price__isnull=True) | models.Q(list_price__gte=0),
                name="unit_price_ck",
            ),
        ]
        indexes = [
            models.Index(fields=["store", "state", "stocked_in_date", "id"], name="unit_store_idx"),
            models.Index(fields=["stocked_in_date", "id"], name="unit_stocked_in_idx"),
            models.Index(fields=["series", "stocked_in_date", "id"], name="unit_series_idx"),
            models.Index(fields=["list_price", "id"], name="unit_price_idx"),
            models.Index(
                fields=["destination_store"],
                condition=models.Q(destination_store__isnull=False),
                name="unit_destination_idx",
            ),
            # A customer's page names her cars, among all that the group has ever sold.
            models.Index(
                fields=["buyer_customer_id"],
                condition=models.Q(buyer_customer_id__isnull=False),
                name="unit_buyer_idx",
            ),
        ]

    def __str__(self) -> str:
        return self.stock_number

    @property
    def is_available(self) -> bool:
        return self.state == StockState.IN_STOCK

    @property
    def is_live(self) -> bool:
        return self.state in LIVE

    @property
    def is_reserved(self) -> bool:
        """Also on its way to another store for the order that it is reserved for."""
        return self.reserved_at is not None

    def is_reservation_over(self, today: date) -> bool:
        """Past its last day; it stays until somebody releases it."""
        return self.reserved_until is not None and self.reserved_until < today

    def days_in_stock(self, today: date) -> int | None:
        """Counted from goods-in in the group; a transfer does not reset it."""
        return days_in_stock(
            stocked_in_date=self.stocked_in_date, left_date=self.left_date, today=today
        )


class StockMovement(models.Model):
    """One line of a stock unit's log: where it was, where it is now, what it costs. Append-only."""

    append_only = True

    Kind = MovementKind

    unit = models.ForeignKey(StockUnit, models.PROTECT, db_index=False, related_name="movements")
    sequence = models.PositiveIntegerField()
    kind = models.CharField(max_length=19, choices=MovementKind)
    from_state = models.CharField(max_length=11, choices=StockState)
    from_store = models.ForeignKey(
        "organisation.Store", models.PROTECT, null=True, db_index=False, related_name="+"
    )
    from_cost = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    state = models.CharField(max_length=11, choices=StockState)
    store = models.ForeignKey(
        "organisation.Store", models.PROTECT, db_index=False, related_name="+"
    )
    cost = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    amount = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    transfer = models.ForeignKey(
        "vehicles.VehicleTransfer",
        models.PROTECT,
        null=True,
        db_index=False,
        related_name="movements",
    )
    date = models.DateField()
    at = models.DateTimeField()
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=150)
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["unit", "sequence"], name="movement_sequence_uq"),
            # What the stock unit's composite foreign key refers to.
            models.UniqueConstraint(
                fields=["unit", "id", "store", "state"], name="movement_place_uq"
            ),
            models.CheckConstraint(
                condition=models.Q(sequence__gte=1), name="movement_sequence_ck"
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=sorted(MovementKind.values)), name="movement_kind_ck"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=sorted(StockState.values))
                & ~models.Q(state="NEW")
                & models.Q(from_state__in=sorted(StockState.values)),
                name="movement_state_ck",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit_id}.{self.sequence} {self.kind}"
