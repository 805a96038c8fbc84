from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.vehicles.models.catalogue import Series, VehicleModel
from forecourt.kernel.access import RowAccess, ScopedModel


class Vehicle(ScopedModel):
    """A physical car, ours or a customer's: one row per VIN for life.

    Cars that are known only from earlier records without a VIN carry a ``reference`` instead, a
    stand-in that cannot be taken for a VIN. They are history: nobody can sell them again.
    """

    class Origin(models.TextChoices):
        MANUFACTURER = "MANUFACTURER", _("From the manufacturer")
        DEALER = "DEALER", _("Other dealer")
        TRADE_IN = "TRADE_IN", _("Trade-in")
        AUCTION = "AUCTION", _("Auction")
        UNKNOWN = "UNKNOWN", _("Unknown")

    class Condition(models.TextChoices):
        NEW = "NEW", _("New car")
        USED = "USED", _("Used car")

    access: ClassVar[RowAccess] = RowAccess(view="vehicles.view_stock")

    vin = models.CharField("VIN", max_length=17, null=True, blank=True)
    reference = models.CharField(_("Stand-in number"), max_length=60, null=True, blank=True)
    vin_confirmed = models.BooleanField(
        default=False, help_text=_("A person confirmed a VIN with a warning.")
    )
    series = models.ForeignKey(
        Series,
        models.PROTECT,
        db_index=False,
        related_name="vehicles",
        verbose_name=_("Series"),
    )
    model = models.ForeignKey(
        VehicleModel,
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="vehicles",
        verbose_name=_("Model"),
    )
    model_year = models.PositiveSmallIntegerField(_("Model year"), null=True, blank=True)
    exterior_colour = models.CharField(_("Exterior colour"), max_length=40, blank=True)
    interior_colour = models.CharField(_("Interior colour"), max_length=40, blank=True)
    engine_number = models.CharField(_("Engine or motor number"), max_length=40, blank=True)
    production_date = models.DateField(_("Production date"), null=True, blank=True)
    origin = models.CharField(
        _("Origin"), max_length=12, choices=Origin, default=Origin.MANUFACTURER
    )
    condition = models.CharField(
        _("Condition"), max_length=4, choices=Condition, default=Condition.NEW
    )
    mileage = models.PositiveIntegerField(_("Mileage (km)"), null=True, blank=True)
    plate_number = models.CharField(
        _("Number plate"), max_length=8, blank=True, default="", db_default=""
    )
    grams = ArrayField(models.TextField(), default=list, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(vin__isnull=True) ^ models.Q(reference__isnull=True),
                name="vehicle_vin_or_reference_ck",
            ),
            models.CheckConstraint(
                condition=models.Q(vin__isnull=True)
                | models.Q(vin__regex=r"^[A-HJ-NPR-Z0-9]{17}$"),
                name="vehicle_vin_ck",
            ),
            models.UniqueConstraint(fields=["vin"], name="vehicle_vin_uq"),
            models.UniqueConstraint(
                fields=["reference"],
                condition=models.Q(reference__isnull=False),
                name="vehicle_reference_uq",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    origin__in=["MANUFACTURER", "DEALER", "TRADE_IN", "AUCTION", "UNKNOWN"]
                ),
                name="vehicle_origin_ck",
            ),
            models.CheckConstraint(
                condition=models.Q(condition__in=["NEW", "USED"]), name="vehicle_condition_ck"
            ),
            models.CheckConstraint(
                condition=models.Q(
                    plate_number__regex=(
                        "^$|^[京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新使]"
                        "[A-Z0-9]{5,7}[A-Z0-9挂学警港澳领]?$"
                    )
                ),
                name="vehicle_plate_ck",
            ),
        ]
        indexes = [GinIndex(fields=["grams"], name="vehicle_grams_idx")]

    def __str__(self) -> str:
        return self.identity

    @property
    def identity(self) -> str:
        """The VIN or, for a car without one, its stand-in number."""
        return self.vin or self.reference or ""

    @property
    def full_name(self) -> str:
        """Brand, series and model; wants them loaded."""
        model = f" {self.model.full_name}" if self.model else ""
        return f"{self.series.brand.name} {self.series.name}{model}"
