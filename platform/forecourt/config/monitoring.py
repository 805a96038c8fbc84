"""Error tracking: on where a DSN is set, tagged by group, never with personal data."""

from typing import Any

import sentry_sdk

from forecourt.kernel.logs import request_context, scrub

DROPPED = ("request", "user", "extra", "breadcrumbs")


def scrub_event(event: dict[str, Any], hint: dict[str, Any]) -> dict[str, Any]:
    """Remove what may hold personal data, and tag the event with group, person and request."""
    request = event.get("request") or {}
    for part in DROPPED:
        event.pop(part, None)
    if request.get("url"):
        event["request"] = {"method": request.get("method"), "url": request["url"].split("?")[0]}
    for exception in (event.get("exception") or {}).get("values", []):
        exception["value"] = scrub(exception.get("value") or "")
        for frame in (exception.get("stacktrace") or {}).get("frames", []):
            frame.pop("vars", None)
    if isinstance(event.get("message"), str):
        event["message"] = scrub(event["message"])
    event["tags"] = {**(event.get("tags") or {}), **request_context.get()}
    return event


def start(dsn: str) -> None:
    sentry_sdk.init(
        dsn=dsn,
        before_send=scrub_event,
        send_default_pii=False,
        include_local_variables=False,
        max_breadcrumbs=0,
        traces_sample_rate=0.0,
    )
