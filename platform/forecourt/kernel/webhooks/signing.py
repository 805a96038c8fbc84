"""How a receiver knows that a delivery is ours: a keyed hash over the moment and the body."""

import hashlib
import hmac
import secrets
from datetime import datetime

HEADER = "Forecourt-Signature"
PREFIX = "fcw_"


def new_secret() -> str:
    return PREFIX + secrets.token_urlsafe(32)


def signature(body: bytes, moment: datetime, keys: list[str]) -> str:
    """``t=<Unix seconds>,v1=<hex>``: one ``v1`` for each secret that counts at present.

    Each is the HMAC-SHA256 of ``<t>.<body>``. The moment is signed too, so that an old request
    cannot be sent again later.
    """
    stamp = str(int(moment.timestamp()))
    parts = [f"t={stamp}"]
    for key in keys:
        signed = hmac.new(key.encode(), f"{stamp}.".encode() + body, hashlib.sha256)
        parts.append(f"v1={signed.hexdigest()}")
    return ",".join(parts)
