"""HTTP calls of the providers, and what their answers mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings

from apps.notifications.channels.base import NotNow, Refused, Unknown
from forecourt.kernel import egress
from forecourt.kernel.egress import Answer

TRY_AGAIN = frozenset({408, 425, 429, 500, 502, 503})
LONGEST_WAIT = timedelta(hours=1)


def address_of(provider: str) -> str:
    """The provider's own address. Only tests name another one."""
    return str(settings.NOTIFICATION_PROVIDERS[provider])


def post(
    url: str,
    *,
    body: bytes,
    headers: Mapping[str, str],
    before_sending: Callable[[], None],
) -> dict[str, Any]:
    """The provider's answer as JSON. Raises NotNow, Refused or Unknown by what HTTP says."""
    return _understood(lambda: egress.post(url, body, headers, before_sending=before_sending))


def get(url: str) -> dict[str, Any]:
    """What the provider tells, as JSON: nothing is sent by it. Raises as :func:`post`."""
    return _understood(lambda: egress.get(url))


def _understood(call: Callable[[], Answer]) -> dict[str, Any]:
    try:
        answer = call()
    except egress.NoAnswer as error:
        raise Unknown(str(error)) from error
    except (egress.Unreachable, egress.AddressRefused) as error:
        raise NotNow(str(error)) from error
    if answer.status in TRY_AGAIN:
        raise NotNow(_said(answer), wait=_asked_to_wait(answer))
    if answer.status == 504:
        raise Unknown(_said(answer))
    if not 200 <= answer.status < 300 and not answer.json():
        raise Refused(_said(answer))
    return answer.json()


def _said(answer: Answer) -> str:
    return f"HTTP {answer.status} {answer.body[:200].decode('utf-8', 'replace')}".strip()


def _asked_to_wait(answer: Answer) -> timedelta | None:
    text = next(
        (value for name, value in answer.headers.items() if name.lower() == "retry-after"), ""
    )
    return min(timedelta(seconds=int(text)), LONGEST_WAIT) if text.isdigit() else None
