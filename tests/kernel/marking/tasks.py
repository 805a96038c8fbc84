"""A task that takes a worker's time, as a large file would."""

import time

from celery import shared_task
from django.conf import settings


@shared_task
def dawdle(number: int) -> None:
    settings.MARK(f"flood-{number}")
    time.sleep(0.2)
