from django.db import models
from django.utils.translation import gettext_lazy as _

from forecourt.kernel.access import RowAccess, ScopedModel


class ImportRun(ScopedModel):
    """A file that somebody brought, on its way into the product.

    `shape` and `profile` say how the file is read and what its columns hold, `mapping` which field
    each column goes to, `options` how to run. `position` is the number of the last row that is
    written for good; it moves in the transaction that writes the rows.
    """

    class State(models.TextChoices):
        UPLOADED = "UPLOADED", _("Uploaded")
        MAPPED = "MAPPED", _("Columns chosen")
        CHECKED = "CHECKED", _("Checked")
        RUNNING = "RUNNING", _("Running")
        DONE = "DONE", _("Done")
        FAILED = "FAILED", _("Failed")
        CANCELLED = "CANCELLED", _("Cancelled")

    access = RowAccess(view="imports.view_importrun", store=("store_id",), owner=("actor_id",))

    kind = models.CharField(max_length=60)
    state = models.CharField(max_length=10, choices=State, default=State.UPLOADED)
    original_name = models.CharField(max_length=200)
    stored_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.BigIntegerField()
    shape = models.JSONField(default=dict)
    profile = models.JSONField(default=list)
    mapping = models.JSONField(default=dict)
    options = models.JSONField(default=dict)
    findings = models.JSONField(default=dict)
    row_count = models.PositiveIntegerField(default=0)
    position = models.PositiveIntegerField(default=0)
    done_count = models.PositiveIntegerField(default=0)
    created_count = models.PositiveIntegerField(default=0)
    updated_count = models.PositiveIntegerField(default=0)
    unchanged_count = models.PositiveIntegerField(default=0)
    rejected_count = models.PositiveIntegerField(default=0)
    warning_count = models.PositiveIntegerField(default=0)
    store_id = models.BigIntegerField(null=True)
    job_id = models.BigIntegerField(null=True)
    user_id = models.BigIntegerField(null=True)
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=150)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    state__in=[
                        "UPLOADED",
                        "MAPPED",
                        "CHECKED",
                        "RUNNING",
                        "DONE",
                        "FAILED",
                        "CANCELLED",
                    ]
                ),
                name="import_run_state_ck",
            ),
        ]
        indexes = [models.Index(fields=["actor_id", "-id"], name="import_run_actor_idx")]

    def __str__(self) -> str:
        return self.original_name

    @property
    def has_ended(self) -> bool:
        return self.state in (self.State.DONE, self.State.FAILED, self.State.CANCELLED)


class ImportIssue(models.Model):
    """What is wrong with one cell or row of a file; `column` is the file's name for it."""

    class Severity(models.TextChoices):
        ERROR = "ERROR", _("Error")
        WARNING = "WARNING", _("Warning")

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="issues")
    row_number = models.PositiveIntegerField()
    severity = models.CharField(max_length=7, choices=Severity)
    code = models.CharField(max_length=60)
    column = models.CharField(max_length=100, blank=True)
    value = models.CharField(max_length=200, blank=True)
    message = models.CharField(max_length=500)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(severity__in=["ERROR", "WARNING"]),
                name="import_issue_severity_ck",
            ),
        ]
        indexes = [models.Index(fields=["run", "row_number", "id"], name="import_issue_row_idx")]

    def __str__(self) -> str:
        return f"{self.row_number}: {self.code}"


class ImportMapping(models.Model):
    """The columns as they were mapped last time for files with the same header."""

    kind = models.CharField(max_length=60)
    signature = models.CharField(max_length=64)
    mapping = models.JSONField()
    options = models.JSONField(default=dict)
    used_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "signature"], name="import_mapping_uq")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.signature[:8]}"


class ImportedRow(models.Model):
    """The memory that keeps a file from being imported twice: which record each row became.

    `key` is a hash of what identifies the row, `content` of all its values.
    """

    kind = models.CharField(max_length=60)
    key = models.UUIDField()
    content = models.UUIDField()
    subject_id = models.BigIntegerField(null=True)
    run_id = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "key"], name="imported_row_uq")]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"
