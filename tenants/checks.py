"""What is looked at before work is taken, and by `manage.py check`."""

from typing import Any

from django.core.checks import CheckMessage, Error, register
from django.db import DatabaseError

from forecourt.kernel.middleware import register_readiness
from tenants import keys

register_readiness("master_key", keys.state)


@register
def master_key_is_right(app_configs: Any, **_options: Any) -> list[CheckMessage]:
    """Left out where there is no database yet."""
    try:
        found = keys.state()
    except DatabaseError:
        return []
    if found == keys.OK:
        return []
    return [Error(keys.ADVICE[found], id="forecourt.E001")]
