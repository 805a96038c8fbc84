"""Structured logs: one JSON object a line, tagged with request, group and person.

Never personal data: what a log line may carry beside its message is named in ``EXTRA``, and digits
that could be a phone, an identity number, an account or a token are blanked in the message itself.
"""

import json
import logging
import re
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

request_context: ContextVar[dict[str, Any]] = ContextVar(
    "request_context",
    default={},  # noqa: B039 - read only; a request sets its own
)

EXTRA = (
    "status",
    "method",
    "path",
    "milliseconds",
    "queries",
    "task",
    "topic",
    "job",
    "kind",
    "group",
)
SENSITIVE = re.compile(
    r"(?<![\w.])\+?\d[\d -]{8,}[\dXx](?![\w.])|fc[tfw]_[A-Za-z0-9_-]+|[\w.+-]+@[\w-]+\.[\w.]+"
)


def scrub(text: str) -> str:
    """Without phone numbers, tokens and mail addresses."""
    return SENSITIVE.sub("[…]", text)


class JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": scrub(record.getMessage()),
            **request_context.get(),
        }
        line.update({key: getattr(record, key) for key in EXTRA if hasattr(record, key)})
        if record.exc_info:
            line["exception"] = scrub(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False, default=str)
