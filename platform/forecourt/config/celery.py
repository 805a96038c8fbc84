"""The Celery application. Durable work lives in tables; this only wakes it up.

The beat schedule names sweeps that go over the groups (:mod:`tenants.sweeps`); everything they
start is idempotent, so a lost or doubled message delays work and never loses or repeats it.
"""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "forecourt.config.settings.prod")
app = Celery("forecourt")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
