from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from forecourt.kernel.access import RowAccess, ScopedModel


class CustomField(ScopedModel):
    """A field that a group has added to customers, vehicles and the like.

    ``options`` holds what belongs to the kind: choices, bounds, pattern. ``index_state`` says
    whether the side table of keys knows every value (READY), is being filled (BUILDING), or has
    none. A retired field (``is_active`` false) keeps its values and is shown nowhere.
    """

    class Kind(models.TextChoices):
        TEXT = "TEXT", _("Text")
        LONG_TEXT = "LONG_TEXT", _("Long text")
        INTEGER = "INTEGER", _("Whole number")
        DECIMAL = "DECIMAL", _("Decimal number")
        MONEY = "MONEY", _("Money")
        DATE = "DATE", _("Date")
        MOMENT = "MOMENT", _("Date and time")
        BOOLEAN = "BOOLEAN", _("Yes or no")
        CHOICE = "CHOICE", _("One of a list")
        CHOICES = "CHOICES", _("Several of a list")
        STAFF = "STAFF", _("Member of staff")
        FILE = "FILE", _("File")

    class IndexState(models.TextChoices):
        NONE = "", _("Not indexed")
        BUILDING = "BUILDING", _("Being indexed")
        READY = "READY", _("Indexed")

    access: ClassVar[RowAccess] = RowAccess(view="custom_fields.manage_field")

    host = models.CharField(_("Belongs to"), max_length=30)
    code = models.CharField(_("Code"), max_length=40)
    kind = models.CharField(_("Kind"), max_length=10, choices=Kind)
    label_zh = models.CharField(_("Chinese name"), max_length=60)
    label_en = models.CharField(_("English name"), max_length=60, blank=True)
    help_zh = models.CharField(_("Help in Chinese"), max_length=200, blank=True)
    help_en = models.CharField(_("Help in English"), max_length=200, blank=True)
    section_zh = models.CharField(_("Section in Chinese"), max_length=60, blank=True)
    section_en = models.CharField(_("Section in English"), max_length=60, blank=True)
    sequence = models.PositiveIntegerField(_("Order"), default=0)
    is_required = models.BooleanField(_("Required"), default=False)
    default: Any = models.JSONField(_("Default"), null=True, blank=True)
    options = models.JSONField(_("Bounds and choices"), default=dict, blank=True)
    is_unique = models.BooleanField(_("Unique"), default=False)
    is_searchable = models.BooleanField(_("Found by the search"), default=False)
    index_state = models.CharField(
        _("Index"), max_length=8, choices=IndexState, blank=True, default=IndexState.NONE
    )
    visible_to_roles = ArrayField(
        models.CharField(max_length=40), default=list, blank=True, verbose_name=_("Seen by")
    )
    editable_by_roles = ArrayField(
        models.CharField(max_length=40), default=list, blank=True, verbose_name=_("Changed by")
    )
    is_active = models.BooleanField(_("In use"), default=True)

    class Meta:
        verbose_name = _("Custom field")
        constraints = [
            models.UniqueConstraint(fields=["host", "code"], name="custom_field_code_uq"),
            models.CheckConstraint(
                condition=Q(code__regex=r"^[a-z][a-z0-9_]{0,39}$"), name="custom_field_code_ck"
            ),
            models.CheckConstraint(
                condition=Q(
                    kind__in=[
                        "TEXT",
                        "LONG_TEXT",
                        "INTEGER",
                        "DECIMAL",
                        "MONEY",
                        "DATE",
                        "MOMENT",
                        "BOOLEAN",
                        "CHOICE",
                        "CHOICES",
                        "STAFF",
                        "FILE",
                    ]
                ),
                name="custom_field_kind_ck",
            ),
            models.CheckConstraint(
                condition=Q(index_state__in=["", "BUILDING", "READY"]),
                name="custom_field_index_ck",
            ),
            models.CheckConstraint(
                condition=Q(is_unique=False, is_searchable=False) | ~Q(index_state=""),
                name="custom_field_keyed_ck",
            ),
        ]

    def __str__(self) -> str:
        return self.label_zh or self.label_en

    @property
    def is_indexed(self) -> bool:
        return self.index_state != self.IndexState.NONE


class CustomKey(models.Model):
    """What an indexed field's value is found and sorted by, kept beside the row.

    The application's role cannot make an index for each field, so one table with few indexes serves
    all of them. A field of several choices has a key for each (``position``).
    """

    field = models.ForeignKey(CustomField, models.CASCADE, db_index=False, related_name="keys")
    row_id = models.BigIntegerField()
    position = models.PositiveSmallIntegerField(default=0)
    # By code point, so that a prefix is a range of the index under every collation.
    text_key = models.CharField(max_length=250, db_collation="C")
    number_key = models.DecimalField(max_digits=24, decimal_places=6, null=True)
    is_unique = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["field", "row_id", "position"], name="custom_key_row_uq"
            ),
            models.UniqueConstraint(
                fields=["field", "text_key"],
                condition=Q(is_unique=True),
                name="custom_key_value_uq",
            ),
        ]
        indexes = [
            models.Index(fields=["field", "text_key", "row_id"], name="custom_key_text_idx"),
            models.Index(
                fields=["field", "number_key", "row_id"],
                condition=Q(number_key__isnull=False),
                name="custom_key_number_idx",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.field_id}: {self.text_key}"
