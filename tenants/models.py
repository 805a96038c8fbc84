"""What the platform knows of its groups. Nothing here is a group's business data, and no foreign
key leads from here into a group's schema or back."""

from typing import ClassVar

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_tenants.models import DomainMixin, TenantMixin

from forecourt.kernel.groups import GroupIdentity

SLUG = RegexValidator(
    r"^[a-z][a-z0-9-]{1,28}[a-z0-9]$",
    _("3 to 30 small letters, digits and hyphens, beginning with a letter."),
)


class DealerGroup(TenantMixin):
    """A tenant: a dealer group with a schema of its own."""

    class State(models.TextChoices):
        PREPARING = "PREPARING", _("Being prepared")
        TRIALING = "TRIALING", _("Trial")
        ACTIVE = "ACTIVE", pgettext_lazy("group", "Active")
        PAST_DUE = "PAST_DUE", _("Past due")
        RESTRICTED = "RESTRICTED", _("Read-only")
        SUSPENDED = "SUSPENDED", pgettext_lazy("group", "Suspended")
        CLOSED = "CLOSED", _("Closed")

    auto_create_schema = False
    auto_drop_schema = False
    READABLE_STATES: ClassVar[set[str]] = {
        "TRIALING",
        "ACTIVE",
        "PAST_DUE",
        "RESTRICTED",
        "SUSPENDED",
    }
    """States in which the group's address answers; what it answers is decided by
    :mod:`forecourt.kernel.standing`."""

    schema_name = models.CharField(max_length=63)
    slug = models.CharField(_("Web address"), max_length=30, validators=[SLUG])
    name = models.CharField(_("Name"), max_length=100)
    language = models.CharField(_("Language"), max_length=10, default="zh-hans")
    time_zone = models.CharField(_("Time zone"), max_length=40, default="Asia/Shanghai")
    currency = models.CharField(_("Currency"), max_length=3, default="CNY")
    country = models.CharField(_("Country"), max_length=2, default="CN")
    store_count = models.PositiveSmallIntegerField(_("Number of stores"), default=1)
    cell = models.CharField(max_length=30, default="main")
    state = models.CharField(max_length=12, choices=State, default=State.TRIALING)
    plan = models.CharField(max_length=20, blank=True, default="", db_default="")
    """The code of the plan that is paid for; empty for a trial."""
    state_until = models.DateTimeField(null=True)
    """When the state changes unless something is done; None where it lasts."""
    is_held = models.BooleanField(default=False, db_default=False)
    """Whether an operator keeps the group suspended, whatever is paid."""
    host = models.CharField(max_length=253, blank=True, default="", db_default="")
    """The group's own host name that links lead to; empty for the one below our domain."""
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["schema_name"], name="dealer_group_schema_uq"),
            models.UniqueConstraint(fields=["slug"], name="dealer_group_slug_uq"),
            models.CheckConstraint(
                condition=models.Q(slug__regex=r"^[a-z][a-z0-9-]{1,28}[a-z0-9]$"),
                name="dealer_group_slug_ck",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    state__in=[
                        "PREPARING",
                        "TRIALING",
                        "ACTIVE",
                        "PAST_DUE",
                        "RESTRICTED",
                        "SUSPENDED",
                        "CLOSED",
                    ]
                ),
                name="dealer_group_state_ck",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def identity(self) -> GroupIdentity:
        return GroupIdentity(
            schema_name=self.schema_name,
            slug=self.slug,
            name=self.name,
            language=self.language,
            time_zone=self.time_zone,
            currency=self.currency,
            state=self.state,
            plan=self.plan,
            state_until=self.state_until,
            is_held=self.is_held,
            host=self.host,
        )


class Domain(DomainMixin):
    """A host name that leads to a group."""

    domain = models.CharField(max_length=253)
    tenant = models.ForeignKey(DealerGroup, models.CASCADE, related_name="domains")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["domain"], name="domain_host_uq")]


class OwnDomain(models.Model):
    """A host name of a group's own: asked for, and hers once a record in the DNS proves it.

    Several groups may ask for one name; the record holds ``token``, which is of this group alone,
    so that only one of them can prove it. A proven name has a :class:`Domain`, by which it is
    found. ``checked_at`` is when the DNS last answered; ``check_at`` when it is asked next, None:
    when somebody presses the button;
    ``missing_since`` since when a record that was there is not.
    """

    class State(models.TextChoices):
        WAITING = "WAITING", _("Waiting for the record")
        PROVEN = "PROVEN", pgettext_lazy("domain", "Active")
        LOST = "LOST", pgettext_lazy("domain", "Switched off")

    group = models.ForeignKey(DealerGroup, models.CASCADE, related_name="own_domains")
    host = models.CharField(max_length=253)
    token = models.CharField(max_length=64)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    added_at = models.DateTimeField()
    checked_at = models.DateTimeField(null=True)
    check_at = models.DateTimeField(null=True)
    missing_since = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["group", "host"], name="own_domain_uq"),
            models.UniqueConstraint(
                fields=["host"], condition=models.Q(state="PROVEN"), name="own_domain_proven_uq"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["WAITING", "PROVEN", "LOST"]),
                name="own_domain_state_ck",
            ),
        ]
        indexes = [models.Index(fields=["check_at"], name="own_domain_due_idx")]

    def __str__(self) -> str:
        return f"{self.host} {self.state}"


class Space(models.Model):
    """A group's schema: made ahead of time, taken by the group that signs up next.

    ``release`` and ``seeds`` say how far its tables and its shipped data are.
    """

    class State(models.TextChoices):
        BUILDING = "BUILDING", _("Building")
        READY = "READY", pgettext_lazy("space", "Ready")
        TAKEN = "TAKEN", _("Taken")
        FAILED = "FAILED", _("Failed")

    schema_name = models.CharField(max_length=63)
    release = models.CharField(max_length=64)
    seeds = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.BUILDING)
    created_at = models.DateTimeField(auto_now_add=True)
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["schema_name"], name="space_schema_uq"),
            models.CheckConstraint(
                condition=models.Q(state__in=["BUILDING", "READY", "TAKEN", "FAILED"]),
                name="space_state_ck",
            ),
        ]
        indexes = [models.Index(fields=["state", "id"], name="space_state_idx")]

    def __str__(self) -> str:
        return f"{self.schema_name} ({self.state})"


class SpaceScript(models.Model):
    """The statements that lead a schema to one release, recorded once from a real migration.

    ``from_release`` names the set of migrations that the schema has already, empty for a new one;
    ``catalog`` is what the really migrated schema then looked like.
    """

    release = models.CharField(max_length=64)
    from_release = models.CharField(max_length=64, blank=True)
    steps = models.JSONField()
    catalog = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["release", "from_release"], name="space_script_uq")
        ]

    def __str__(self) -> str:
        return f"{self.from_release or 'nothing'} → {self.release}"


class GroupMigration(models.Model):
    """How far one group is on its way to a release."""

    class State(models.TextChoices):
        PENDING = "PENDING", _("Pending")
        DONE = "DONE", _("Done")
        FAILED = "FAILED", _("Failed")

    schema_name = models.CharField(max_length=63)
    release = models.CharField(max_length=64)
    state = models.CharField(max_length=8, choices=State, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    milliseconds = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=1000, blank=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["schema_name", "release"], name="group_migration_uq"),
            models.CheckConstraint(
                condition=models.Q(state__in=["PENDING", "DONE", "FAILED"]),
                name="group_migration_state_ck",
            ),
        ]
        indexes = [models.Index(fields=["release", "state"], name="group_migration_state_idx")]

    def __str__(self) -> str:
        return f"{self.schema_name} {self.release} {self.state}"


class SignUp(models.Model):
    """Somebody who asked for a group, until her e-mail is confirmed and the group exists.

    An open sign-up holds its address until it expires, so that whoever confirms in time gets it.
    The link that was mailed and the password are kept only as digests.
    """

    class State(models.TextChoices):
        WAITING = "WAITING", _("Waiting for the e-mail to be confirmed")
        CONFIRMED = "CONFIRMED", _("Confirmed")
        READY = "READY", pgettext_lazy("space", "Ready")

    digest = models.CharField(max_length=64)
    group_name = models.CharField(_("Name of the dealer group"), max_length=100)
    slug = models.CharField(_("Web address"), max_length=30, validators=[SLUG])
    person_name = models.CharField(_("Your name"), max_length=100)
    email = models.EmailField(_("E-mail"))
    password = models.CharField(max_length=200)
    country = models.CharField(_("Country"), max_length=2, default="CN")
    store_count = models.PositiveSmallIntegerField(_("Number of stores"), default=1)
    language = models.CharField(max_length=10, default="zh-hans")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    schema_name = models.CharField(max_length=63, blank=True)
    error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    mailed_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["digest"], name="sign_up_digest_uq"),
            models.UniqueConstraint(
                fields=["slug"],
                condition=models.Q(state__in=["WAITING", "CONFIRMED"]),
                name="sign_up_slug_uq",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["WAITING", "CONFIRMED", "READY"]),
                name="sign_up_state_ck",
            ),
        ]
        indexes = [models.Index(fields=["expires_at"], name="sign_up_expires_idx")]

    def __str__(self) -> str:
        return f"{self.slug} ({self.state})"


class Membership(models.Model):
    """Which groups a mail address has an account in, for "find your group".

    Holds a keyed digest of the address, so this table alone names nobody.
    """

    schema_name = models.CharField(max_length=63)
    user_id = models.BigIntegerField()
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["schema_name", "user_id"], name="membership_uq")
        ]
        indexes = [models.Index(fields=["digest"], name="membership_digest_idx")]

    def __str__(self) -> str:
        return f"{self.schema_name} {self.user_id}"


class PlatformKey(models.Model):
    """The public schema's data key, wrapped by the master key: one row (:mod:`tenants.keys`)."""

    id = models.BigIntegerField(primary_key=True)
    wrapped = models.TextField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="platform_key_one_ck")]

    def __str__(self) -> str:
        return "Platform key"


class GroupImport(models.Model):
    """An archive on its way into a group, until the group opens with it.

    ``archive`` stands for the archive (:class:`tenants.archive.checking.Archive`), so a run that
    was cut off is gone on with and not mixed with another one. ``former_state`` is the state that
    the group gets back.
    """

    schema_name = models.CharField(max_length=63)
    archive = models.CharField(max_length=64)
    former_state = models.CharField(max_length=12)
    begun_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["schema_name"], name="group_import_schema_uq")
        ]

    def __str__(self) -> str:
        return f"{self.schema_name} {self.archive[:12]}"


class PlatformJob(models.Model):
    """Work that an operator has ordered and a worker does (:mod:`tenants.chores`).

    ``params`` and ``result`` depend on the kind. A worker claims a job by its heartbeat; one that
    went silent is taken by the next worker.
    """

    class Kind(models.TextChoices):
        BACKUP = "BACKUP", _("Backup")
        COPY = "COPY", _("Backup into a new group")
        SPACES = "SPACES", _("Spaces prepared")

    class State(models.TextChoices):
        WAITING = "WAITING", _("Waiting")
        RUNNING = "RUNNING", _("Running")
        DONE = "DONE", _("Done")
        FAILED = "FAILED", _("Failed")

    OPEN_STATES: ClassVar[tuple[str, ...]] = ("WAITING", "RUNNING")

    kind = models.CharField(_("Kind"), max_length=8, choices=Kind)
    schema_name = models.CharField(max_length=63, blank=True)
    ordered_by = models.CharField(max_length=150)
    params = models.JSONField(default=dict)
    result = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    done_count = models.PositiveIntegerField(default=0)
    total_count = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField()
    heartbeat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["WAITING", "RUNNING", "DONE", "FAILED"]),
                name="platform_job_state_ck",
            ),
            # What is being written of a group is not begun a second time.
            models.UniqueConstraint(
                fields=["kind", "schema_name"],
                condition=models.Q(state__in=["WAITING", "RUNNING"]) & ~models.Q(kind="COPY"),
                name="platform_job_open_uq",
            ),
        ]
        indexes = [models.Index(fields=["schema_name", "-id"], name="platform_job_schema_idx")]

    def __str__(self) -> str:
        return f"{self.kind} {self.schema_name} {self.state}"

    @property
    def percent(self) -> int:
        return min(100, self.done_count * 100 // self.total_count) if self.total_count else 0


class ErasureCertificate(models.Model):
    """Proof of what was erased with a group; holds no personal data.

    ``counts`` are rows by table; ``places`` says what else went: stored files with their bytes,
    keys in the cache, messages in the queue. Whoever knows ``code`` may see it.
    """

    schema_name = models.CharField(max_length=63)
    slug = models.CharField(max_length=30)
    code = models.CharField(max_length=32, null=True)
    begun_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True)
    counts = models.JSONField()
    places = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["schema_name"], name="erasure_schema_uq"),
            models.UniqueConstraint(fields=["code"], name="erasure_code_uq"),
        ]
        indexes = [models.Index(fields=["slug"], name="erasure_slug_idx")]

    def __str__(self) -> str:
        return f"{self.slug} {self.begun_at:%F}"

    @property
    def row_count(self) -> int:
        return sum(self.counts.values())
