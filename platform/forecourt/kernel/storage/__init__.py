"""Where stored files live: one prefix a group, whatever the store.

Names are resolved against the prefix of the group that is entered, and a name that would leave it
is refused, so no key of one group reaches a file of another. Both stores are Django's storages and
give besides what lets the product's processes stay out of the way of the bytes: requests and links
that a browser uses by itself, each good for one name, one size, one type and some minutes.
"""

from typing import cast

from django.core.files.storage import storages

from forecourt.kernel.storage.direct import (
    DirectRequest,
    GroupStorage,
    Holdings,
    StorageUnavailable,
    group_prefix,
)
from forecourt.kernel.storage.local import LocalGroupStorage

__all__ = [
    "DirectRequest",
    "GroupStorage",
    "Holdings",
    "LocalGroupStorage",
    "StorageUnavailable",
    "group_prefix",
    "group_storage",
]


def group_storage() -> GroupStorage:
    """The store that this installation has chosen, within the prefix of the group entered."""
    return cast(GroupStorage, storages["default"])
