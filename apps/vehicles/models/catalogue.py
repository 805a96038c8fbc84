"""What the group sells: brands, their series, and models by year and trim."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from forecourt.kernel.access import RowAccess, ScopedModel
from forecourt.kernel.language import in_active_language


class Named(models.Model):
    """A name in Chinese, in English or in both; imports often know only one of them."""

    name_zh = models.CharField(_("Chinese name"), max_length=80, blank=True)
    name_en = models.CharField(_("English name"), max_length=80, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return in_active_language(self.name_zh, self.name_en)


NO_NAME = models.Q(name_zh="", name_en="")


class Brand(Named, ScopedModel):
    """A make of cars. A hidden one is not offered, but stays on what exists."""

    access: ClassVar[RowAccess] = RowAccess(view="vehicles.view_stock")

    is_hidden = models.BooleanField(_("Hidden"), default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~NO_NAME, name="brand_named_ck"),
            models.UniqueConstraint(
                fields=["name_zh"], condition=~models.Q(name_zh=""), name="brand_name_zh_uq"
            ),
            models.UniqueConstraint(
                Lower("name_en"), condition=~models.Q(name_en=""), name="brand_name_en_uq"
            ),
        ]


class Series(Named, ScopedModel):
    """A car line of a brand; stock is counted, filtered and compared by it."""

    access: ClassVar[RowAccess] = RowAccess(view="vehicles.view_stock")

    brand = models.ForeignKey(
        Brand,
        models.PROTECT,
        db_index=False,
        related_name="series",
        verbose_name=_("Brand"),
    )
    is_hidden = models.BooleanField(_("Hidden"), default=False)

    class Meta:
        verbose_name_plural = "series"
        constraints = [
            models.CheckConstraint(condition=~NO_NAME, name="series_named_ck"),
            models.UniqueConstraint(
                fields=["brand", "name_zh"],
                condition=~models.Q(name_zh=""),
                name="series_name_zh_uq",
            ),
            models.UniqueConstraint(
                "brand", Lower("name_en"), condition=~models.Q(name_en=""), name="series_name_en_uq"
            ),
        ]


class VehicleModel(Named, ScopedModel):
    """A model year and trim of a series, with what the maker asks for it."""

    class Energy(models.TextChoices):
        PETROL = "PETROL", _("Petrol")
        DIESEL = "DIESEL", _("Diesel")
        HYBRID = "HYBRID", _("Hybrid")
        PLUG_IN = "PLUG_IN", _("Plug-in hybrid")
        BATTERY = "BATTERY", _("Battery electric")
        RANGE_EXTENDED = "RANGE_EXTENDED", _("Range-extended")

    access: ClassVar[RowAccess] = RowAccess(view="vehicles.view_stock")

    series = models.ForeignKey(
        Series,
        models.PROTECT,
        db_index=False,
        related_name="models",
        verbose_name=_("Series"),
    )
    model_year = models.PositiveSmallIntegerField(_("Model year"), null=True, blank=True)
    energy = models.CharField(_("Energy"), max_length=14, choices=Energy, default=Energy.PETROL)
    guide_price = models.DecimalField(
        _("Guide price"), max_digits=14, decimal_places=2, null=True, blank=True
    )
    is_hidden = models.BooleanField(_("Hidden"), default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~NO_NAME, name="vehicle_model_named_ck"),
            models.UniqueConstraint(
                fields=["series", "model_year", "name_zh", "name_en"],
                name="vehicle_model_name_uq",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=models.Q(
                    energy__in=[
                        "PETROL",
                        "DIESEL",
                        "HYBRID",
                        "PLUG_IN",
                        "BATTERY",
                        "RANGE_EXTENDED",
                    ]
                ),
                name="vehicle_model_energy_ck",
            ),
            models.CheckConstraint(
                condition=models.Q(guide_price__isnull=True) | models.Q(guide_price__gte=0),
                name="vehicle_model_price_ck",
            ),
        ]

    @property
    def full_name(self) -> str:
        """With the model year in front, as price lists have it."""
        return f"{self.model_year} {self.name}" if self.model_year else self.name
