"""The Celery application. Durable work lives in tables; this only wakes it up.

The beat schedule names sweeps that go over the groups (:mod:`tenants.sweeps`); everything they
start is idempotent, so a lost or doubled message delays work and never loses or repeats it.
"""

import os
from typing import Any

from celery import Celery
from celery.schedules import crontab
from celery.signals import worker_init
from django.core.exceptions import ImproperlyConfigured

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "forecourt.config.settings.prod")
app = Celery("forecourt")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
def prepare_worker(**_options: Any) -> None:
    """A worker that cannot open the groups' secrets takes no work."""
    from forecourt.config.sharing import load_libraries  # noqa: PLC0415 - needs the applications
    from tenants.keys import require_master_key  # noqa: PLC0415

    try:
        require_master_key()
    except ImproperlyConfigured as error:
        raise SystemExit(str(error)) from error
    load_libraries()


# A round that no worker took within its minute is dropped: the next one finds the same work.
EACH_MINUTE = {
    "groups": "tenants.sweeps.sweep_groups",
    "platform": "tenants.sweeps.keep_the_platform",
    "subscriptions": "billing.sweeps.keep_subscriptions",
    "domains": "tenants.domains.check_due",
}
# Assigned as a whole: to read it would load the settings when this module is imported.
app.conf.beat_schedule = {
    **{
        name: {"task": task, "schedule": 60.0, "options": {"expires": 55}}
        for name, task in EACH_MINUTE.items()
    },
    "compare-with-stripe": {
        "task": "billing.sweeps.compare_with_stripe",
        "schedule": crontab(hour=3, minute=50),
    },
}
