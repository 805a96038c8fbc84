"""Signs of life of work that goes on inside one long transaction."""

from __future__ import annotations

import threading

from django.db import connection

from forecourt.kernel import jobs
from forecourt.kernel.clock import now
from forecourt.kernel.groups import current_schema, inside
from forecourt.kernel.models import Job

SECONDS = 2.0


class Pulse:
    """Tells the outside how far an open transaction is, and hears whether to stop it.

    The transaction's own changes are invisible until it ends, so a thread with a connection of its
    own keeps the job's heartbeat and count.
    """

    def __init__(self, job: Job) -> None:
        self.job_id = job.pk
        self.schema_name = current_schema()
        self.done = 0
        self.cancelled = threading.Event()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._keep, daemon=True)

    def beat(self, done: int) -> None:
        """Say how many rows are done. Raises Cancelled when somebody wants it stopped."""
        self.done = done
        if self.cancelled.is_set():
            raise jobs.Cancelled

    def __enter__(self) -> Pulse:
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._over.set()
        self._thread.join(timeout=30)

    def _keep(self) -> None:
        try:
            with inside(self.schema_name):
                while not self._over.wait(SECONDS):
                    running = Job.objects.filter(pk=self.job_id, state=Job.State.RUNNING)
                    running.update(heartbeat_at=now(), done_count=self.done)
                    if running.filter(cancel_requested=True).exists():
                        self.cancelled.set()
        finally:
            connection.close()
