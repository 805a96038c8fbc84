"""ETag and If-Match: nobody overwrites what she has not seen."""

import json
from typing import Any

from django.db import connection
from django.db.models import Model
from django.utils.crypto import salted_hmac
from rest_framework.request import Request
from rest_framework.utils.encoders import JSONEncoder

from api.errors import PreconditionFailed, PreconditionRequired


def etag_of(representation: Any) -> str:
    """The mark of a record as its reader sees it; keyed, so that nothing can be guessed from it."""
    text = json.dumps(representation, sort_keys=True, cls=JSONEncoder)
    return f'"{salted_hmac("api.etag", text, algorithm="sha256").hexdigest()[:32]}"'


def is_unchanged(request: Request, etag: str) -> bool:
    """Whether the reader has this state already (If-None-Match)."""
    return etag in _tags(request.headers.get("If-None-Match", "").replace("W/", ""))


def require_match(request: Request, etag: str, *, needed: bool = True) -> None:
    """Raises PreconditionRequired without If-Match, PreconditionFailed when it is of another state.

    Call with the row locked.
    """
    header = request.headers.get("If-Match")
    if header is None:
        if needed:
            raise PreconditionRequired
        return
    if header.strip() != "*" and etag not in _tags(header):
        raise PreconditionFailed


def lock_row(model: type[Model], pk: int) -> None:
    """Hold the row until the transaction ends, so that what was compared is what is changed."""
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT 1 FROM {table} WHERE id = %s FOR UPDATE", [pk])  # noqa: S608


def _tags(header: str) -> list[str]:
    return [tag.strip() for tag in header.split(",")]
