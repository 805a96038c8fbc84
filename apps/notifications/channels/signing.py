"""How the two Chinese clouds want a request signed, written from what they publish."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit

JSON = "application/json; charset=utf-8"


def json_of(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def host_of(address: str) -> str:
    return urlsplit(address).netloc


def tencent_headers(
    *,
    host: str,
    service: str,
    action: str,
    version: str,
    region: str,
    body: bytes,
    key_id: str,
    key: str,
    moment: int,
) -> dict[str, str]:
    """The headers of a POST in Tencent Cloud's API 3.0, TC3-HMAC-SHA256 over three headers."""
    day = datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d")
    signed = "content-type;host;x-tc-action"
    canonical = "\n".join(
        [
            "POST",
            "/",
            "",
            f"content-type:{JSON}",
            f"host:{host}",
            f"x-tc-action:{action.lower()}",
            "",
            signed,
            _sha256(body),
        ]
    )
    scope = f"{day}/{service}/tc3_request"
    to_sign = "\n".join(["TC3-HMAC-SHA256", str(moment), scope, _sha256(canonical.encode())])
    secret = f"TC3{key}".encode()
    for part in (day, service, "tc3_request"):
        secret = _hmac(secret, part)
    signature = _hmac(secret, to_sign).hex()
    return {
        "Authorization": (
            f"TC3-HMAC-SHA256 Credential={key_id}/{scope}, SignedHeaders={signed}, "
            f"Signature={signature}"
        ),
        "Content-Type": JSON,
        "Host": host,
        "X-TC-Action": action,
        "X-TC-Version": version,
        "X-TC-Timestamp": str(moment),
        "X-TC-Region": region,
    }


def aliyun_headers(
    *,
    host: str,
    action: str,
    version: str,
    query: Mapping[str, str],
    body: bytes,
    key_id: str,
    key: str,
    moment: str,
    nonce: str,
) -> dict[str, str]:
    """The headers of a POST in Alibaba Cloud's RPC style, signature version 3."""
    hashed = _sha256(body)
    headers = {
        "host": host,
        "x-acs-action": action,
        "x-acs-content-sha256": hashed,
        "x-acs-date": moment,
        "x-acs-signature-nonce": nonce,
        "x-acs-version": version,
    }
    signed = ";".join(headers)
    lines = [f"{name}:{value}" for name, value in headers.items()]
    canonical = "\n".join(["POST", "/", canonical_query(query), *lines, "", signed, hashed])
    to_sign = f"ACS3-HMAC-SHA256\n{_sha256(canonical.encode())}"
    signature = _hmac(key.encode(), to_sign).hex()
    return {
        **headers,
        "Authorization": (
            f"ACS3-HMAC-SHA256 Credential={key_id},SignedHeaders={signed},Signature={signature}"
        ),
    }


def canonical_query(query: Mapping[str, str]) -> str:
    """The parameters by name, encoded as RFC 3986 has it."""
    return "&".join(
        f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in sorted(query.items())
    )


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
