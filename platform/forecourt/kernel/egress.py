"""Requests to addresses that people enter: to public hosts only, and only to what was checked.

A name is resolved once, every address that it stands for must be public, and the connection goes to
one of exactly those: a name that changes its mind between check and connection gains nothing.
Redirects are not followed, answers are read to a small bound, and the whole exchange ends within a
time, however slowly the far side talks.

Outside of development only https is taken. ``EGRESS_ALLOW_LOOPBACK`` also allows http and this
machine itself, for development and tests; other private networks stay closed.
"""

import http.client
import ipaddress
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from forecourt.kernel.errors import Invalid

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
SECONDS = 10.0
"""How long a whole exchange may take."""
CONNECT_SECONDS = 5
MOST_BYTES = 64 * 1024
LONGEST_ADDRESS = 500
UNPRIVILEGED_PORTS = 1024
CLOSED = [
    ipaddress.ip_network(text)
    for text in (
        "168.63.129.16/32",  # Azure's host, inside the cloud
        "192.0.0.0/24",  # protocols; Oracle's cloud has its metadata there
        "192.88.99.0/24",  # relays of 6to4
        "64:ff9b:1::/48",
        "100::/64",
        "2001::/23",
        "3fff::/20",
        "5f00::/16",
    )
]
"""Not of the public internet, whatever the version of Python knows of them."""
NAT64 = ipaddress.ip_network("64:ff9b::/96")


class AddressRefused(Invalid):
    """The address is none that may be called."""

    code = "address_refused"


class Unreachable(Exception):
    """No connection was made that can be trusted, so nothing was sent."""


class NoAnswer(Unreachable):
    """It was sent, and no whole answer came in time: what became of it is not known."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; ``body`` is the beginning of it."""

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


@dataclass(frozen=True, slots=True)
class _Target:
    scheme: str
    host: str
    port: int
    path: str
    ips: tuple[IPAddress, ...]

    @property
    def host_header(self) -> str:
        name = f"[{self.host}]" if ":" in self.host else self.host
        usual = 443 if self.scheme == "https" else 80
        return name if self.port == usual else f"{name}:{self.port}"


def require_public(url: str, *, field: str | None = None) -> None:
    """Raises AddressRefused, in words for the person, unless the address may be called now."""
    try:
        _target(url)
    except AddressRefused as refusal:
        raise AddressRefused(refusal.message, field=field) from refusal


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    seconds: float = SECONDS,
    most: int = MOST_BYTES,
    before_sending: Callable[[], None] = lambda: None,
) -> Answer:
    """POST to a public address; at most ``most`` bytes of the answer are read.

    ``before_sending`` is called once the connection stands, before the first byte of the request.
    Raises AddressRefused for an address that may not be called, Unreachable when nothing was sent,
    NoAnswer when no answer comes within ``seconds``.
    """
    return _called("POST", url, body, headers, seconds, most, before_sending)


def get(
    url: str,
    headers: Mapping[str, str] | None = None,
    *,
    seconds: float = SECONDS,
    most: int = MOST_BYTES,
) -> Answer:
    """GET from a public address, for what changes nothing there. Raises as :func:`post`."""
    return _called("GET", url, None, headers or {}, seconds, most, lambda: None)


def _called(
    method: str,
    url: str,
    body: bytes | None,
    headers: Mapping[str, str],
    seconds: float,
    most: int,
    before_sending: Callable[[], None],
) -> Answer:
    target = _target(url)
    is_sent = False
    try:
        connected = _connect(target.ips, target.port, CONNECT_SECONDS)
        if target.scheme == "https":
            # The name is what the certificate must show, not the number.
            connected = _trust().wrap_socket(
                connected, server_hostname=target.host, do_handshake_on_connect=False
            )
        with closing(connected), _ended_after(seconds, connected):
            connected.settimeout(seconds)
            if isinstance(connected, ssl.SSLSocket):
                connected.do_handshake()
            before_sending()
            is_sent = True
            return _exchange(connected, target, method, body, headers, most)
    except (OSError, http.client.HTTPException) as error:
        failure = NoAnswer if is_sent else Unreachable
        raise failure(f"{type(error).__name__}: {error}"[:300]) from error


def connection_to(host: str, port: int, *, seconds: float = SECONDS) -> socket.socket:
    """A connection to a public host, for what is not HTTP: mail.

    Raises AddressRefused or Unreachable.
    """
    try:
        return _connect(_public_ips(host, port), port, seconds)
    except OSError as error:
        raise Unreachable(f"{type(error).__name__}: {error}"[:300]) from error


def require_public_host(host: str, *, field: str | None = None) -> None:
    """Raises AddressRefused, in words for the person, unless the host may be called now."""
    try:
        _public_ips(host, None)
    except AddressRefused as refusal:
        raise AddressRefused(refusal.message, field=field) from refusal


def _exchange(
    connected: socket.socket,
    target: _Target,
    method: str,
    body: bytes | None,
    headers: Mapping[str, str],
    most: int,
) -> Answer:
    talk = http.client.HTTPConnection(target.host, target.port)
    talk.sock = connected
    talk.putrequest(method, target.path, skip_host=True, skip_accept_encoding=True)
    talk.putheader("Host", target.host_header)
    if body is not None:
        talk.putheader("Content-Length", str(len(body)))
    talk.putheader("Connection", "close")
    for name, value in headers.items():
        talk.putheader(name, value)
    talk.endheaders(body)
    with talk.getresponse() as response:
        return Answer(response.status, dict(response.getheaders()), response.read(most))


def _target(url: str) -> _Target:
    parts = _parts(url)
    host, port = _host_of(parts), _port_of(parts)
    path = parts.path or "/"
    if parts.query:
        path = f"{path}?{parts.query}"
    return _Target(parts.scheme, host, port, path, _public_ips(host, port))


def _parts(url: str) -> SplitResult:
    if len(url) > LONGEST_ADDRESS or not url.isascii() or not url.isprintable() or " " in url:
        raise AddressRefused(_("This is no web address. It may hold ASCII characters only."))
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise AddressRefused(_("This is no web address.")) from error
    if parts.scheme != "https" and not (parts.scheme == "http" and settings.EGRESS_ALLOW_LOOPBACK):
        raise AddressRefused(_("The address must begin with https://."))
    if parts.username is not None or parts.password is not None:
        raise AddressRefused(_("The address must hold no user name and no password."))
    if parts.fragment:
        raise AddressRefused(_("The address must hold no part after “#”."))
    return parts


def _host_of(parts: SplitResult) -> str:
    host = (parts.hostname or "").rstrip(".")
    if not host:
        raise AddressRefused(_("This is no web address."))
    return host


def _port_of(parts: SplitResult) -> int:
    try:
        port = parts.port
    except ValueError as error:
        raise AddressRefused(_("This is no web address.")) from error
    usual = 443 if parts.scheme == "https" else 80
    if port is None or port == usual:
        return usual
    # Below are other services than the web: mail, files, databases of the system.
    if port < UNPRIVILEGED_PORTS:
        raise AddressRefused(_("Port %(port)s is not for web addresses.") % {"port": port})
    return port


def _public_ips(host: str, port: int | None) -> tuple[IPAddress, ...]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise AddressRefused(
            _("There is no host of the name %(host)s.") % {"host": host[:100]}
        ) from error
    ips = tuple(dict.fromkeys(ipaddress.ip_address(entry[4][0]) for entry in found))
    if not ips or not all(_is_allowed(ip) for ip in ips):
        raise AddressRefused(
            _("%(host)s is not on the public internet; only public addresses are called.")
            % {"host": host[:100]}
        )
    return ips


def _is_allowed(ip: IPAddress) -> bool:
    return is_public(ip) or (ip.is_loopback and bool(settings.EGRESS_ALLOW_LOOPBACK))


def is_public(ip: IPAddress) -> bool:
    """Whether the number belongs to the public internet, whatever number it may be wrapped in."""
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if ip in NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if ip.is_site_local:
            return False
    if any(ip in network for network in CLOSED):
        return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def _connect(ips: tuple[IPAddress, ...], port: int, seconds: float) -> socket.socket:
    """A connection to the first of the checked numbers that takes one. Raises OSError."""
    failure = OSError("no address")
    for ip in ips:
        try:
            return socket.create_connection((str(ip), port), timeout=seconds)
        except OSError as error:
            failure = error
    raise failure


def _trust() -> ssl.SSLContext:
    return ssl.create_default_context()


@contextmanager
def _ended_after(seconds: float, connected: socket.socket) -> Iterator[None]:
    """Hang up after so long; raises TimeoutError then.

    A timeout of the socket begins anew with every byte, so a far side that drips could hold us for
    ever.
    """
    is_over = threading.Event()

    def hang_up() -> None:
        is_over.set()
        with suppress(OSError):
            connected.shutdown(socket.SHUT_RDWR)

    watch = threading.Timer(seconds, hang_up)
    watch.daemon = True
    watch.start()
    try:
        yield
    finally:
        watch.cancel()
        if is_over.is_set():
            # What was read before the end may look whole and is not.
            raise TimeoutError(f"no whole answer within {seconds} seconds")
