from typing import Any

from forecourt.kernel.access import system_actor
from forecourt.kernel.group_settings import change_setting


def decide(key: str, value: Any, **place: Any) -> None:
    """Decide a setting; ``store_id``, ``brand_id`` and ``rule`` say where and how."""
    change_setting(key=key, value=value, actor=system_actor(), **place)
