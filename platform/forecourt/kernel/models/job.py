from django.db import models
from django.utils.translation import gettext_lazy as _


class Job(models.Model):
    """A piece of long work with progress, cancel and resume, shown to the person who started it."""

    class State(models.TextChoices):
        WAITING = "WAITING", _("Waiting")
        RUNNING = "RUNNING", _("Running")
        DONE = "DONE", _("Done")
        FAILED = "FAILED", _("Failed")
        CANCELLED = "CANCELLED", _("Cancelled")

    OPEN_STATES = (State.WAITING, State.RUNNING)

    kind = models.CharField(max_length=60)
    params = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    done_count = models.PositiveIntegerField(default=0)
    total_count = models.PositiveIntegerField(default=0)
    result = models.JSONField(default=dict)
    error = models.CharField(max_length=500, blank=True)
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=150)
    cancel_requested = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    heartbeat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["WAITING", "RUNNING", "DONE", "FAILED", "CANCELLED"]),
                name="job_state_ck",
            ),
        ]
        indexes = [
            models.Index(
                fields=["heartbeat_at"],
                condition=models.Q(state__in=["WAITING", "RUNNING"]),
                name="job_open_idx",
            ),
            models.Index(fields=["actor_id", "-id"], name="job_actor_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN_STATES

    @property
    def percent(self) -> int:
        return min(100, self.done_count * 100 // self.total_count) if self.total_count else 0
