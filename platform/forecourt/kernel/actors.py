"""The actor behind an account, for work that goes on after the request has ended.

Who has which rights is known by a module above the kernel; the setting `ACTOR_SOURCE` names the
function that says it.
"""

from collections.abc import Callable
from functools import cache
from typing import cast

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from forecourt.kernel.access import Actor
from forecourt.kernel.errors import NotPermitted

ActorSource = Callable[..., Actor | None]


@cache
def _source() -> ActorSource:
    return cast(ActorSource, import_string(settings.ACTOR_SOURCE))


def actor_again(user_id: int, *, channel: str) -> Actor:
    """The person with the rights that she has now. Raises NotPermitted when she has left."""
    actor = _source()(user_id, channel=channel)
    if actor is None:
        raise NotPermitted(_("The person who started this no longer works here."))
    return actor
