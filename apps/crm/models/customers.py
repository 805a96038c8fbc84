"""Customers and their phones."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.crm.rules import customers as customer_rules
from apps.crm.rules.customers import CustomerKind, Gender, Lifecycle
from apps.crm.rules.leads import LEAD_SOURCES
from forecourt.kernel.access import (
    Masked,
    RowAccess,
    ScopedManager,
    ScopedModel,
    ScopedQuerySet,
)
from forecourt.kernel.citizen_id import masked_citizen_id
from forecourt.kernel.crypto.fields import EncryptedTextField
from forecourt.kernel.custom_fields.rows import CustomValues
from forecourt.kernel.option_lists.fields import OptionField, is_code

CUSTOMER_ACCESS = RowAccess(view="crm.view_customer", store=("home_store_id",), owner=("owner_id",))


class LiveCustomers(ScopedManager):
    """Customers, without those that were merged into another."""

    def get_queryset(self) -> ScopedQuerySet:
        return super().get_queryset().filter(merged_into=None)


class Customer(CustomValues, ScopedModel):
    """A person or company, once in the whole group.

    ``owner`` is the one sales advisor who looks after the customer; ``touched_at`` is the last
    contact or assignment, from which the owner's protection runs. ``lifecycle`` follows from leads,
    opportunities and ``last_purchase_date``, which sales report. ``search_text`` and ``grams`` hold
    the name, its pinyin and all phones. ``national_id_index`` is the blind index of the citizen
    identity number, by which it is found and unique; null where there is none. ``pooled_at`` is set
    while nobody looks after the customer and others may claim her, ``claimed_at`` when somebody
    last did. A customer that was ``merged_into`` another stays as a row, for the merge to be taken
    back, and is met only among ``everybody``.
    """

    objects: ClassVar[Any] = LiveCustomers()
    everybody: ClassVar[Any] = ScopedManager()

    access: ClassVar[RowAccess] = CUSTOMER_ACCESS
    masked_fields: ClassVar[dict[str, Masked]] = {
        "primary_phone": Masked("crm.see_phone", customer_rules.masked_phone),
        **dict.fromkeys(
            customer_rules.HIDDEN_WITH_PHONE, Masked("crm.see_phone", customer_rules.hidden)
        ),
        "national_id": Masked("crm.see_national_id", masked_citizen_id),
    }

    kind = models.CharField(
        _("Kind"), max_length=7, choices=CustomerKind, default=CustomerKind.PERSON
    )
    name = models.CharField(_("Name"), max_length=100, blank=True)
    name_sort = models.CharField(max_length=200, blank=True)
    primary_phone = models.CharField(_("Phone"), max_length=20, blank=True)
    wechat = models.CharField(_("WeChat"), max_length=60, blank=True)
    email = models.EmailField(_("E-mail"), blank=True)
    gender = models.CharField(_("Gender"), max_length=6, choices=Gender, blank=True)
    birth_date = models.DateField(_("Birthday"), null=True, blank=True)
    national_id = EncryptedTextField(_("National ID"))
    national_id_index = models.CharField(max_length=64, null=True, editable=False)
    occupation = models.CharField(
        _("Occupation"), max_length=60, blank=True, default="", db_default=""
    )
    family = models.CharField(_("Family"), max_length=200, blank=True, default="", db_default="")
    contact_time = models.CharField(
        _("Best time to call"), max_length=60, blank=True, default="", db_default=""
    )
    division_code = models.CharField(_("Administrative division"), max_length=6, blank=True)
    address = models.CharField(_("Address"), max_length=200, blank=True)
    source = OptionField(LEAD_SOURCES, _("Source"))
    owner = models.ForeignKey(
        "organisation.StaffMember",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="customers",
        db_index=False,
        verbose_name=_("Owner"),
    )
    home_store = models.ForeignKey(
        "organisation.Store",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="customers",
        db_index=False,
        verbose_name=_("Home store"),
    )
    consents = models.JSONField(_("Consents"), default=dict, blank=True)
    lifecycle = models.CharField(
        _("Lifecycle"), max_length=10, choices=Lifecycle, default=Lifecycle.POTENTIAL
    )
    last_purchase_date = models.DateField(_("Last purchase"), null=True, blank=True)
    note = models.CharField(_("Note"), max_length=500, blank=True)
    touched_at = models.DateTimeField(null=True)
    pooled_at = models.DateTimeField(_("In the shared pool since"), null=True)
    claimed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, editable=False, related_name="merged", db_index=False
    )
    search_text = models.CharField(max_length=500, blank=True)
    grams = ArrayField(models.TextField(), default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["national_id_index"], name="customer_national_id_uq"),
            models.CheckConstraint(
                condition=Q(kind__in=CustomerKind.values), name="customer_kind_ck"
            ),
            models.CheckConstraint(condition=is_code("source"), name="customer_source_ck"),
            models.CheckConstraint(
                condition=Q(lifecycle__in=Lifecycle.values), name="customer_lifecycle_ck"
            ),
            models.CheckConstraint(
                condition=Q(gender__in=Gender.values), name="customer_gender_ck"
            ),
            models.CheckConstraint(
                condition=Q(pooled_at__isnull=True) | Q(owner__isnull=True),
                name="customer_pool_ck",
            ),
            models.CheckConstraint(
                condition=~Q(merged_into=F("id")), name="customer_merged_into_ck"
            ),
        ]
        indexes = [
            GinIndex(fields=["grams"], name="customer_grams_idx", fastupdate=False),
            models.Index(fields=["owner", "-id"], name="customer_owner_idx"),
            models.Index(fields=["home_store", "-id"], name="customer_store_idx"),
            models.Index(fields=["name_sort", "id"], name="customer_name_idx"),
            models.Index(
                fields=["pooled_at", "id"],
                condition=Q(pooled_at__isnull=False),
                name="customer_pool_idx",
            ),
            models.Index(
                fields=["merged_into"],
                condition=Q(merged_into__isnull=False),
                name="customer_merged_idx",
            ),
        ]

    def __str__(self) -> str:
        return self.name or str(_("No name given"))

    @property
    def name_shown(self) -> str:
        return str(self)

    @property
    def store_id(self) -> int | None:
        """The store under which the audit log files what happens to the customer."""
        return self.home_store_id


class CustomerPhone(models.Model):
    """A phone of a customer, in E.164 form; a number belongs to one customer of the group."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="phones")
    phone = models.CharField(max_length=20)
    is_primary = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["phone"], name="customer_phone_uq"),
            models.UniqueConstraint(
                fields=["customer"],
                condition=Q(is_primary=True),
                name="customer_primary_phone_uq",
            ),
            models.CheckConstraint(
                condition=Q(phone__regex=r"^\+[1-9][0-9]{5,16}$"), name="customer_phone_ck"
            ),
        ]

    def __str__(self) -> str:
        return customer_rules.masked_phone(self.phone)
