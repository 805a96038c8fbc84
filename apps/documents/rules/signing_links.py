"""Links by which papers are signed: made of a number and a secret, so that no table holds one."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode

from django.urls import reverse
from django.utils.crypto import salted_hmac

from forecourt.kernel.groups import current_schema, site_url


def signing_token(request_id: int) -> str:
    """The proof in the link of a request: made of its number by the platform's secret key.

    It is made anew wherever it is needed, so that no table holds it.
    """
    named = f"{current_schema()}:{request_id}"
    made = salted_hmac("documents.signing", named, algorithm="sha256").digest()
    return urlsafe_b64encode(made[:24]).decode()


def signing_address(request_id: int) -> str:
    return site_url(reverse("documents:sign", args=[signing_token(request_id)]))


def token_digest(token: str) -> str:
    """All that is kept of a link with the request itself."""
    return hashlib.sha256(token.encode()).hexdigest()
