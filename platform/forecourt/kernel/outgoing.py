"""Calls to other people's servers: where to is asked before a byte is sent.

An address that a group types in must never reach what stands beside us: the database, a
neighbour's host, the cloud's metadata. So the name is looked up once, private and special
addresses are refused, and the connection is made to the very address that was looked at.
Redirects are not followed.

What became of a call is told apart by how far it got: :class:`Unreachable` before anything was
sent, :class:`NoAnswer` after that.
"""

from __future__ import annotations

import http.client
import ipaddress
import json
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

TIMEOUT = 10.0
"""Seconds to wait for the connection, and for each part of the answer."""
LONGEST_ANSWER = 64 * 1024


class OutgoingError(Exception):
    """A call came to nothing."""


class ForbiddenAddress(OutgoingError):
    """The name leads to an address that is not on the open internet."""


class Unreachable(OutgoingError):
    """No connection was made, so nothing was sent."""


class NoAnswer(OutgoingError):
    """It was sent, and no whole answer came: what became of it is not known."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        """The body as a JSON object; empty when it is none."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


def open_socket(host: str, port: int, timeout: float = TIMEOUT) -> socket.socket:
    """A connection to a host on the open internet. Raises ForbiddenAddress or Unreachable."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise Unreachable(f"{host}: {error}") from error
    allowed = [place for place in found if is_open(str(place[4][0]))]
    if not allowed:
        raise ForbiddenAddress(host)
    failure: OSError | None = None
    for family, kind, protocol, _name, address in allowed:
        connection = socket.socket(family, kind, protocol)
        connection.settimeout(timeout)
        try:
            connection.connect(address)
        except OSError as error:
            connection.close()
            failure = error
        else:
            return connection
    raise Unreachable(f"{host}: {failure}") from failure


def is_open(address: str) -> bool:
    """Whether an address may be called: one of the open internet, in tests any."""
    if settings.OUTGOING_TO_PRIVATE_ADDRESSES:
        return True
    found = ipaddress.ip_address(address.split("%", maxsplit=1)[0])
    mapped = getattr(found, "ipv4_mapped", None) or getattr(found, "sixtofour", None)
    return found.is_global and not found.is_multicast and (mapped is None or is_open(str(mapped)))


def post(
    url: str,
    *,
    body: bytes,
    headers: Mapping[str, str],
    before_sending: Callable[[], None] = lambda: None,
    timeout: float = TIMEOUT,
) -> Answer:
    """POST over HTTPS. ``before_sending`` is called once the connection stands.

    Raises ForbiddenAddress, Unreachable (nothing was sent) or NoAnswer (its fate is unknown).
    """
    parts = urlsplit(url)
    if parts.scheme != "https" and not settings.OUTGOING_TO_PRIVATE_ADDRESSES:
        raise ForbiddenAddress(url)
    connection = _connection(parts.scheme, parts.hostname or "", parts.port, timeout)
    try:
        try:
            connection.connect()
        except OutgoingError:
            raise
        except OSError as error:
            raise Unreachable(f"{parts.hostname}: {error}") from error
        before_sending()
        path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
        try:
            connection.request("POST", path, body=body, headers=dict(headers))
            response = connection.getresponse()
            content = response.read(LONGEST_ANSWER)
        except (OSError, http.client.HTTPException) as error:
            raise NoAnswer(f"{parts.hostname}: {type(error).__name__} {error}") from error
        return Answer(response.status, dict(response.getheaders()), content)
    finally:
        connection.close()


class _OpenConnection(http.client.HTTPConnection):
    """Connects to the address that was looked at, and to no other."""

    def connect(self) -> None:
        self.sock = open_socket(self.host, self.port, self.timeout or TIMEOUT)


class _OpenSecureConnection(http.client.HTTPSConnection):
    def connect(self) -> None:
        plain = open_socket(self.host, self.port, self.timeout or TIMEOUT)
        try:
            self.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=self.host)
        except OSError:
            plain.close()
            raise


def _connection(
    scheme: str, host: str, port: int | None, timeout: float
) -> http.client.HTTPConnection:
    if scheme == "https":
        return _OpenSecureConnection(host, port or 443, timeout=timeout)
    return _OpenConnection(host, port or 80, timeout=timeout)
