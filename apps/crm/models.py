"""Customers, leads, opportunities, contacts with them, and the rules that hand out leads."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.crm.rules import customers as customer_rules
from apps.crm.rules.assignment import Strategy
from apps.crm.rules.contacts import FollowUpState, InteractionKind, InteractionResult
from apps.crm.rules.customers import CustomerKind, Gender, Lifecycle
from apps.crm.rules.leads import OPEN_STATES, InvalidReason, LeadSource, LeadState
from apps.crm.rules.opportunities import (
    OPEN_STAGES,
    WON_STAGES,
    IntentLevel,
    LostReason,
    PaymentWay,
    Stage,
)
from forecourt.kernel.access import Masked, RowAccess, ScopedModel

CUSTOMER_ACCESS = RowAccess(view="crm.view_customer", store=("home_store_id",), owner=("owner_id",))


class Customer(ScopedModel):
    """A person or company, once in the whole group.

    ``owner`` is the one sales advisor who looks after the customer; ``touched_at`` is the last
    contact or assignment, from which the owner's protection runs. ``lifecycle`` follows from leads,
    opportunities and ``last_purchase_date``, which sales report. ``search_text`` and ``grams`` hold
    the name, its pinyin and all phones.
    """

    access: ClassVar[RowAccess] = CUSTOMER_ACCESS
    masked_fields: ClassVar[dict[str, Masked]] = {
        "primary_phone": Masked("crm.see_phone", customer_rules.masked_phone),
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
    division_code = models.CharField(_("Administrative division"), max_length=6, blank=True)
    address = models.CharField(_("Address"), max_length=200, blank=True)
    source = models.CharField(_("Source"), max_length=12, choices=LeadSource)
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
    created_at = models.DateTimeField()
    search_text = models.CharField(max_length=500, blank=True)
    grams = ArrayField(models.TextField(), default=list)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=CustomerKind.values), name="customer_kind_ck"
            ),
            models.CheckConstraint(
                condition=Q(source__in=LeadSource.values), name="customer_source_ck"
            ),
            models.CheckConstraint(
                condition=Q(lifecycle__in=Lifecycle.values), name="customer_lifecycle_ck"
            ),
            models.CheckConstraint(
                condition=Q(gender__in=Gender.values), name="customer_gender_ck"
            ),
        ]
        indexes = [
            GinIndex(fields=["grams"], name="customer_grams_idx", fastupdate=False),
            models.Index(fields=["owner", "-id"], name="customer_owner_idx"),
            models.Index(fields=["home_store", "-id"], name="customer_store_idx"),
            models.Index(fields=["name_sort", "id"], name="customer_name_idx"),
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


class Lead(ScopedModel):
    """An enquiry that came in and is not yet qualified.

    A customer has at most one open lead: whoever asks again joins it. ``assignment`` says why the
    lead went where it went. The response clock runs while ``response_due_at`` is set and
    ``first_response_at`` is not. ``revision`` changes with every change of state or owner.
    """

    access: ClassVar[RowAccess] = RowAccess(
        view="crm.view_lead", store=("store_id",), owner=("owner_id",)
    )

    number = models.CharField(_("Lead no."), max_length=30)
    customer = models.ForeignKey(
        Customer,
        models.PROTECT,
        related_name="leads",
        db_index=False,
        verbose_name=_("Customer"),
    )
    source = models.CharField(_("Source"), max_length=12, choices=LeadSource)
    external_id = models.CharField(_("Reference of the channel"), max_length=100, blank=True)
    payload = models.JSONField(default=dict, blank=True)
    message = models.CharField(_("Message"), max_length=1000, blank=True)
    division_code = models.CharField(_("Region of the customer"), max_length=6, blank=True)
    brand = models.CharField(_("Brand"), max_length=60, blank=True)
    series = models.CharField(_("Series"), max_length=60, blank=True)
    store = models.ForeignKey(
        "organisation.Store",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="leads",
        db_index=False,
        verbose_name=_("Store"),
    )
    owner = models.ForeignKey(
        "organisation.StaffMember",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="leads",
        db_index=False,
        verbose_name=_("Owner"),
    )
    state = models.CharField(_("State"), max_length=9, choices=LeadState, default=LeadState.NEW)
    repeat_count = models.PositiveIntegerField(_("Repeats"), default=0)
    assignment = models.JSONField(default=dict)
    received_at = models.DateTimeField(_("Received on"))
    received_date = models.DateField()
    assigned_at = models.DateTimeField(null=True)
    response_due_at = models.DateTimeField(_("Answer due"), null=True)
    first_response_at = models.DateTimeField(_("First answered"), null=True)
    reminded_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    invalid_reason = models.CharField(_("Reason"), max_length=14, choices=InvalidReason, blank=True)
    invalid_note = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["number"], name="lead_number_uq"),
            models.UniqueConstraint(
                fields=["source", "external_id"],
                condition=~Q(external_id=""),
                name="lead_external_id_uq",
            ),
            models.UniqueConstraint(
                fields=["customer"],
                condition=Q(state__in=OPEN_STATES),
                name="lead_open_customer_uq",
            ),
            models.CheckConstraint(condition=Q(state__in=LeadState.values), name="lead_state_ck"),
            models.CheckConstraint(
                condition=Q(source__in=LeadSource.values), name="lead_source_ck"
            ),
            models.CheckConstraint(
                condition=(
                    Q(state=LeadState.NEW, owner__isnull=True)
                    | Q(
                        state__in=[
                            LeadState.ASSIGNED,
                            LeadState.CONTACTED,
                            LeadState.QUALIFIED,
                        ],
                        owner__isnull=False,
                        store__isnull=False,
                        assigned_at__isnull=False,
                    )
                    | Q(state__in=[LeadState.INVALID, LeadState.MERGED])
                ),
                name="lead_owner_ck",
            ),
            models.CheckConstraint(
                condition=Q(state=LeadState.INVALID) ^ Q(invalid_reason=""),
                name="lead_invalid_reason_ck",
            ),
            models.CheckConstraint(
                condition=~Q(state=LeadState.CONTACTED) | Q(first_response_at__isnull=False),
                name="lead_contacted_ck",
            ),
            models.CheckConstraint(
                condition=Q(state__in=OPEN_STATES, closed_at__isnull=True)
                | (~Q(state__in=OPEN_STATES) & Q(closed_at__isnull=False)),
                name="lead_closed_ck",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-id"], name="lead_customer_idx"),
            models.Index(fields=["store", "-id"], name="lead_store_idx"),
            models.Index(fields=["owner", "state"], name="lead_owner_idx"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def wish(self) -> str:
        """What the customer asked for, in a few words."""
        return " ".join(part for part in (self.brand, self.series) if part)

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES

    @property
    def is_clock_running(self) -> bool:
        return (
            self.state == LeadState.ASSIGNED
            and self.response_due_at is not None
            and self.first_response_at is None
        )


class Opportunity(ScopedModel):
    """A qualified wish to buy."""

    access: ClassVar[RowAccess] = RowAccess(
        view="crm.view_opportunity", store=("store_id",), owner=("owner_id",)
    )

    lead = models.OneToOneField(
        Lead, models.PROTECT, null=True, blank=True, related_name="opportunity"
    )
    customer = models.ForeignKey(
        Customer,
        models.PROTECT,
        related_name="opportunities",
        db_index=False,
        verbose_name=_("Customer"),
    )
    owner = models.ForeignKey(
        "organisation.StaffMember",
        models.PROTECT,
        related_name="opportunities",
        db_index=False,
        verbose_name=_("Owner"),
    )
    store = models.ForeignKey(
        "organisation.Store",
        models.PROTECT,
        related_name="opportunities",
        db_index=False,
        verbose_name=_("Store"),
    )
    level = models.CharField(_("Intent level"), max_length=1, choices=IntentLevel)
    stage = models.CharField(_("Stage"), max_length=11, choices=Stage, default=Stage.NEW)
    brand = models.CharField(_("Brand"), max_length=60, blank=True)
    series = models.CharField(_("Series"), max_length=60, blank=True)
    wishes = models.CharField(_("Wishes"), max_length=500, blank=True)
    budget_amount = models.DecimalField(
        _("Budget"), max_digits=14, decimal_places=2, null=True, blank=True
    )
    payment_way = models.CharField(
        _("Payment"), max_length=7, choices=PaymentWay, default=PaymentWay.UNKNOWN
    )
    has_trade_in = models.BooleanField(_("Trades in a car"), default=False)
    competitor = models.CharField(_("Compares with"), max_length=100, blank=True)
    opened_at = models.DateTimeField(_("Opened"))
    opened_date = models.DateField()
    stage_changed_at = models.DateTimeField(_("In this stage since"))
    won_date = models.DateField(_("Ordered on"), null=True, blank=True)
    lost_at = models.DateTimeField(null=True, blank=True)
    lost_reason = models.CharField(_("Lost reason"), max_length=16, choices=LostReason, blank=True)
    lost_note = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(stage__in=Stage.values), name="opportunity_stage_ck"
            ),
            models.CheckConstraint(
                condition=Q(level__in=IntentLevel.values), name="opportunity_level_ck"
            ),
            models.CheckConstraint(
                condition=Q(payment_way__in=PaymentWay.values), name="opportunity_payment_ck"
            ),
            models.CheckConstraint(
                condition=Q(budget_amount__isnull=True) | Q(budget_amount__gt=0),
                name="opportunity_budget_ck",
            ),
            models.CheckConstraint(
                condition=Q(stage__in=WON_STAGES, won_date__isnull=False)
                | (~Q(stage__in=WON_STAGES) & Q(won_date__isnull=True)),
                name="opportunity_won_ck",
            ),
            models.CheckConstraint(
                condition=(Q(stage=Stage.LOST, lost_at__isnull=False) & ~Q(lost_reason=""))
                | (~Q(stage=Stage.LOST) & Q(lost_at__isnull=True, lost_reason="")),
                name="opportunity_lost_ck",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-id"], name="opportunity_customer_idx"),
            models.Index(fields=["store", "-id"], name="opportunity_store_idx"),
            models.Index(fields=["owner", "opened_date"], name="opportunity_owner_idx"),
            models.Index(fields=["stage", "-stage_changed_at"], name="opportunity_stage_idx"),
        ]

    def __str__(self) -> str:
        return self.wish or f"#{self.pk}"

    @property
    def wish(self) -> str:
        return " ".join(part for part in (self.brand, self.series) if part)

    @property
    def is_open(self) -> bool:
        return self.stage in OPEN_STAGES


class Interaction(models.Model):
    """A contact that took place, or an enquiry that came in again. Append-only."""

    append_only = True

    customer = models.ForeignKey(
        Customer, models.PROTECT, related_name="interactions", db_index=False
    )
    lead = models.ForeignKey(
        Lead, models.PROTECT, null=True, related_name="interactions", db_index=False
    )
    opportunity = models.ForeignKey(
        Opportunity, models.PROTECT, null=True, related_name="interactions", db_index=False
    )
    store_id = models.BigIntegerField(null=True)
    author = models.ForeignKey(
        "organisation.StaffMember",
        models.PROTECT,
        null=True,
        related_name="interactions",
        db_index=False,
    )
    kind = models.CharField(max_length=7, choices=InteractionKind)
    result = models.CharField(max_length=12, choices=InteractionResult)
    note = models.CharField(max_length=1000, blank=True)
    happened_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    source = models.CharField(max_length=12, choices=LeadSource, blank=True)
    external_id = models.CharField(max_length=100, blank=True)
    payload = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=InteractionKind.values), name="interaction_kind_ck"
            ),
            models.CheckConstraint(
                condition=Q(result__in=InteractionResult.values), name="interaction_result_ck"
            ),
            models.UniqueConstraint(
                fields=["source", "external_id"],
                condition=~Q(external_id=""),
                name="interaction_external_id_uq",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-happened_at"], name="interaction_customer_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.happened_at:%F %R}"


class FollowUp(ScopedModel):
    """A contact that is planned: who is to get in touch with whom, by when."""

    access: ClassVar[RowAccess] = RowAccess(
        view="crm.view_lead", store=("store_id",), owner=("owner_id",)
    )

    customer = models.ForeignKey(
        Customer, models.PROTECT, related_name="follow_ups", db_index=False
    )
    lead = models.ForeignKey(
        Lead, models.PROTECT, null=True, related_name="follow_ups", db_index=False
    )
    opportunity = models.ForeignKey(
        Opportunity, models.PROTECT, null=True, related_name="follow_ups", db_index=False
    )
    owner = models.ForeignKey(
        "organisation.StaffMember",
        models.PROTECT,
        related_name="follow_ups",
        db_index=False,
        verbose_name=_("Owner"),
    )
    store_id = models.BigIntegerField(null=True)
    due_at = models.DateTimeField(_("Due"))
    purpose = models.CharField(_("Purpose"), max_length=200, blank=True)
    state = models.CharField(max_length=7, choices=FollowUpState, default=FollowUpState.OPEN)
    completed_at = models.DateTimeField(null=True)
    skip_reason = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=FollowUpState.values), name="follow_up_state_ck"
            ),
            models.CheckConstraint(
                condition=Q(lead__isnull=True) | Q(opportunity__isnull=True),
                name="follow_up_subject_ck",
            ),
            models.CheckConstraint(
                condition=Q(state=FollowUpState.OPEN, completed_at__isnull=True)
                | (~Q(state=FollowUpState.OPEN) & Q(completed_at__isnull=False)),
                name="follow_up_completed_ck",
            ),
            models.UniqueConstraint(
                fields=["lead"],
                condition=Q(state=FollowUpState.OPEN),
                name="follow_up_open_lead_uq",
            ),
            models.UniqueConstraint(
                fields=["opportunity"],
                condition=Q(state=FollowUpState.OPEN),
                name="follow_up_open_opportunity_uq",
            ),
        ]
        indexes = [
            models.Index(
                fields=["owner", "due_at"],
                condition=Q(state=FollowUpState.OPEN),
                name="follow_up_due_idx",
            ),
            models.Index(fields=["customer", "-id"], name="follow_up_customer_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.due_at:%F %R}"


class AssignmentRule(ScopedModel):
    """One line of the ordered list that decides who gets a lead; the first that matches counts.

    ``conditions`` holds lists under sources, divisions, brands and series. Without a store the
    stores that cover the customer's region are meant, without named people all sales advisors.
    """

    access: ClassVar[RowAccess] = RowAccess(view="crm.manage_assignment")

    name = models.CharField(_("Name"), max_length=80)
    sequence = models.PositiveIntegerField()
    is_active = models.BooleanField(_("Switched on"), default=True)
    conditions = models.JSONField(default=dict)
    store = models.ForeignKey(
        "organisation.Store",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="assignment_rules",
        db_index=False,
        verbose_name=_("Store"),
    )
    staff_ids = ArrayField(models.BigIntegerField(), default=list, blank=True)
    strategy = models.CharField(
        _("Strategy"), max_length=11, choices=Strategy, default=Strategy.WON_RATE
    )
    open_lead_cap = models.PositiveIntegerField(_("Most open leads per person"), null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sequence"], name="assignment_rule_sequence_uq"),
            models.CheckConstraint(
                condition=Q(strategy__in=Strategy.values), name="assignment_rule_strategy_ck"
            ),
            models.CheckConstraint(
                condition=Q(open_lead_cap__isnull=True) | Q(open_lead_cap__gt=0),
                name="assignment_rule_cap_ck",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class AssignmentShare(models.Model):
    """A sales advisor's weight, and her place in the line of those who wait for leads.

    The row is locked while a lead is being handed out, so no two leads see the same line.
    """

    staff = models.OneToOneField(
        "organisation.StaffMember", models.CASCADE, related_name="assignment_share"
    )
    weight = models.FloatField(default=1.0)
    won_count = models.PositiveIntegerField(default=0)
    opened_count = models.PositiveIntegerField(default=0)
    weighed_date = models.DateField()
    turn = models.FloatField(default=0.0)
    served = models.FloatField(default=0.0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(weight__gt=0), name="assignment_share_weight_ck"),
        ]

    def __str__(self) -> str:
        return f"{self.staff_id}: {self.weight:.3f}"


class LeadPolicy(models.Model):
    """What a group chooses for its leads. One row, id 1."""

    response_minutes = models.PositiveIntegerField(_("First answer within (minutes)"), default=30)
    protection_days = models.PositiveIntegerField(_("Owner's protection (days)"), default=90)
    repeat_days = models.PositiveIntegerField(_("Repeats join within (days)"), default=90)
    open_lead_cap = models.PositiveIntegerField(_("Most open leads per person"), default=60)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="lead_policy_one"),
            models.CheckConstraint(
                condition=Q(
                    response_minutes__range=(1, 1440),
                    protection_days__range=(0, 3650),
                    repeat_days__range=(0, 3650),
                    open_lead_cap__range=(1, 10000),
                ),
                name="lead_policy_range_ck",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.response_minutes}/{self.protection_days}"
