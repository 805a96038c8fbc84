"""What others may hear of settings."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SettingChanged:
    """A decision was taken or taken back, in the transaction that is under way.

    ``level`` and ``subject`` say for whom: the group, a brand or a store.
    """

    key: str
    level: str
    subject: str
