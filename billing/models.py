"""What the platform knows of who pays. No key leads from here to a group's tables or to the groups'
own rows: a group is named by its schema."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from billing.rules import Facts


class Subscription(models.Model):
    """How a group stands with us: what Stripe said last, one row for each group.

    ``customer_id`` and ``subscription_id`` are Stripe's, ``status`` is its word; ``due_at`` is when
    the clock changes something next.
    """

    schema_name = models.CharField(max_length=63)
    customer_id = models.CharField(max_length=64, blank=True)
    subscription_id = models.CharField(max_length=64, blank=True)
    status = models.CharField(max_length=20, blank=True)
    plan = models.CharField(pgettext_lazy("subscription", "Plan"), max_length=20, blank=True)
    interval = models.CharField(max_length=5, blank=True)
    currency = models.CharField(_("Currency"), max_length=3, blank=True)
    stores = models.PositiveIntegerField(_("Stores"), default=0)
    trial_ends_at = models.DateTimeField()
    period_ends_at = models.DateTimeField(null=True)
    cancels_at = models.DateTimeField(null=True)
    unpaid_since = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    followed_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    held_at = models.DateTimeField(null=True)
    """Since when an operator keeps the group suspended, whatever is paid; None: nobody does."""
    told = models.CharField(max_length=60, blank=True)
    """The last notice that was sent ahead: state, day and how many days before."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["schema_name"], name="subscription_schema_uq"),
            models.UniqueConstraint(
                fields=["customer_id"],
                condition=~models.Q(customer_id=""),
                name="subscription_customer_uq",
            ),
        ]
        indexes = [models.Index(fields=["due_at"], name="subscription_due_idx")]

    def __str__(self) -> str:
        return f"{self.schema_name} {self.plan} {self.status}"

    @property
    def is_live(self) -> bool:
        """Whether there is a subscription at Stripe that has not ended."""
        return bool(self.subscription_id) and self.ended_at is None

    @property
    def facts(self) -> Facts:
        return Facts(
            trial_ends_at=self.trial_ends_at,
            status=self.status,
            unpaid_since=self.unpaid_since,
            ended_at=self.ended_at,
            cancels_at=self.cancels_at,
            held_at=self.held_at,
        )


class StripeEvent(models.Model):
    """An event as it came, kept before anything is done about it."""

    class State(models.TextChoices):
        RECEIVED = "RECEIVED", _("Received")
        HANDLED = "HANDLED", _("Handled")
        IGNORED = "IGNORED", _("Of nobody we know")

    event_id = models.CharField(max_length=64)
    type = models.CharField(max_length=80)
    customer_id = models.CharField(max_length=64, blank=True)
    payload = models.TextField()
    received_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State, default=State.RECEIVED)
    attempts = models.PositiveSmallIntegerField(default=0)
    available_at = models.DateTimeField()
    handled_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["event_id"], name="stripe_event_id_uq"),
            models.CheckConstraint(
                condition=models.Q(state__in=["RECEIVED", "HANDLED", "IGNORED"]),
                name="stripe_event_state_ck",
            ),
        ]
        indexes = [
            models.Index(
                fields=["available_at"],
                condition=models.Q(state="RECEIVED"),
                name="stripe_event_due_idx",
            ),
            models.Index(
                fields=["customer_id"],
                condition=models.Q(state="RECEIVED"),
                name="stripe_event_customer_idx",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} {self.type} {self.state}"


class UsageReport(models.Model):
    """What a group used on one day of its calendar, counted once and told to Stripe once."""

    schema_name = models.CharField(max_length=63)
    meter = models.CharField(max_length=40)
    day = models.DateField()
    amount = models.PositiveBigIntegerField()
    reported_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["schema_name", "meter", "day"], name="usage_report_uq")
        ]
        indexes = [
            models.Index(
                fields=["day"],
                condition=models.Q(reported_at__isnull=True),
                name="usage_report_open_idx",
            )
        ]

    def __str__(self) -> str:
        return f"{self.schema_name} {self.meter} {self.day} {self.amount}"

    @property
    def identifier(self) -> str:
        """The same for the same day: Stripe counts an event of one identifier once."""
        return f"{self.schema_name}-{self.meter}-{self.day:%F}"


class GroupFigures(models.Model):
    """How large a group is and how its work runs, told by the group itself: counts and no more.

    What operators see of a group's inside, so that nobody has to look into it. ``failed_jobs`` are
    those of the last seven days, ``stuck_messages`` those that were tried in vain and wait.
    """

    schema_name = models.CharField(max_length=63)
    taken_at = models.DateTimeField()
    stores = models.PositiveIntegerField()
    staff = models.PositiveIntegerField()
    stored_bytes = models.PositiveBigIntegerField()
    open_jobs = models.PositiveIntegerField()
    failed_jobs = models.PositiveIntegerField()
    stuck_messages = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["schema_name"], name="group_figures_schema_uq")
        ]

    def __str__(self) -> str:
        return f"{self.schema_name} {self.taken_at:%F %T}"
