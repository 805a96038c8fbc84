"""``Idempotency-Key``: a POST that is sent again is answered again and done once."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import QueryDict
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from forecourt.kernel.idempotency import Answer, claim, remember

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
MAX_LENGTH = 100


def once(
    request: Request, work: Callable[[], Response], told_once: tuple[str, ...] = ()
) -> Response:
    """Do the work, or give the answer that the same request with this key was given.

    What ``told_once`` names of the answer is not kept: a secret stands nowhere in clear.

    The key is kept in the transaction of the work: what is refused is rolled back with its key, and
    may be sent again. Raises KeyReused for another request with the same key.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return work()
    _require_readable(key)
    actor_id = request.actor.staff_id
    with transaction.atomic():
        known = claim(actor_id=actor_id, key=key, fingerprint=_fingerprint(request))
        if known is not None:
            return Response(known.body, status=known.status, headers={REPLAYED: "true"})
        response = work()
        # What is kept is what was sent, so that a repeat is equal to the first to the letter.
        body = json.loads(json.dumps(response.data, cls=JSONEncoder))
        body |= dict.fromkeys(told_once)
        remember(actor_id=actor_id, key=key, answer=Answer(response.status_code, body))
        return response


def _require_readable(key: str) -> None:
    if not 1 <= len(key) <= MAX_LENGTH or not key.isascii() or not key.isprintable():
        message = _("1 to %(most)s printable ASCII characters.") % {"most": MAX_LENGTH}
        raise ValidationError({HEADER: [message]})


def _comparable(data: Any) -> Any:
    """The body as JSON; a file stands as its name and the hash of what it holds."""
    if not isinstance(data, QueryDict):
        return data
    fields = {name: values for name, values in data.lists() if not _is_file(values[0])}
    return fields | {
        name: [file.name, _hash_of(file)] for name, file in data.items() if _is_file(file)
    }


def _is_file(value: Any) -> bool:
    return isinstance(value, UploadedFile)


def _hash_of(file: UploadedFile) -> str:
    digest = hashlib.sha256()
    for piece in file.chunks():
        digest.update(piece)
    file.seek(0)
    return digest.hexdigest()


def _fingerprint(request: Request) -> str:
    """What makes two requests the same: address, body, and the token that may do it."""
    body = json.dumps(_comparable(request.data), sort_keys=True, cls=JSONEncoder)
    token = request.auth.token_id if request.auth is not None else "session"
    text = "\n".join([request.method, request.get_full_path(), str(token), body])
    return hashlib.sha256(text.encode()).hexdigest()
