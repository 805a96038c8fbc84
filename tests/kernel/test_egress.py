"""Requests to addresses that people enter reach public hosts only, and end in time."""

import ipaddress
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from forecourt.kernel import egress
from forecourt.kernel.egress import AddressRefused, NoAnswer, Unreachable
from tests.receivers import receiver

PRIVATE = [
    "0.0.0.0",
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1",
    "100.64.0.1",
    "fd00:ec2::254",
    "fec0::1",
    "ff02::1",
    "::ffff:10.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::10.0.0.1",
    "2002:0a00:0001::",
    "2001::1",
    "2001:db8::1",
]
PUBLIC = ["8.8.8.8", "203.119.1.1", "2400:3200::1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"]


@pytest.fixture
def as_in_production(settings: Any) -> None:
    settings.EGRESS_ALLOW_LOOPBACK = False


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """What the far-away name server says; each name gives its next answer when it is asked."""
    answers: dict[str, list[str]] = {}
    real = socket.getaddrinfo

    def resolve(host: str, port: int, *rest: Any, **options: Any) -> Any:
        if host not in answers:
            return real(host, port, *rest, **options)
        ips = answers[host]
        ip = ips.pop(0) if len(ips) > 1 else ips[0]
        return real(ip, port, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return answers


@pytest.mark.parametrize("number", PRIVATE)
def test_private_numbers_are_not_public(number: str) -> None:
    assert not egress.is_public(ipaddress.ip_address(number))


@pytest.mark.parametrize("number", PUBLIC)
def test_public_numbers_are_public(number: str) -> None:
    assert egress.is_public(ipaddress.ip_address(number))


@pytest.mark.parametrize(
    "url",
    [
        *[f"https://[{n}]/" if ":" in n else f"https://{n}/" for n in PRIVATE],
        "https://localhost/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0177.0.0.1/",
        "https://localhost./",
    ],
)
def test_private_addresses_are_refused(as_in_production: None, url: str) -> None:
    with pytest.raises(AddressRefused):
        egress.require_public(url)
    with pytest.raises(AddressRefused):
        egress.post(url, b"{}", {})


@pytest.mark.parametrize(
    "url",
    [
        "http://8.8.8.8/",
        "ftp://8.8.8.8/",
        "file:///etc/passwd",
        "https://",
        "https:///path",
        "https://user:secret@8.8.8.8/",
        "https://8.8.8.8/#part",
        "https://8.8.8.8:22/",
        "https://8.8.8.8:25/",
        "https://8.8.8.8:99999/",
        "https://8.8.8.8/a b",
        "https://8.8.8.8/\r\nX: y",
        "https://中国.example/",
        "https://[::1",
        "https://no-such-host.invalid/",
        "https://8.8.8.8/" + "a" * 500,
        "",
    ],
)
def test_what_is_no_public_web_address_is_refused(as_in_production: None, url: str) -> None:
    with pytest.raises(AddressRefused) as refusal:
        egress.require_public(url, field="url")
    assert refusal.value.field == "url"


def test_ordinary_addresses_are_taken(as_in_production: None) -> None:
    egress.require_public("https://8.8.8.8/hook?a=1")
    egress.require_public("https://8.8.8.8:8443/hook")


def test_a_name_that_stands_for_a_private_number_is_refused(
    as_in_production: None, names: dict[str, list[str]]
) -> None:
    names["inside.example"] = ["10.0.0.5"]

    with pytest.raises(AddressRefused):
        egress.post("https://inside.example/", b"{}", {})


def test_loopback_is_for_development_only_and_opens_no_other_network(settings: Any) -> None:
    with receiver() as far:
        assert egress.post(far.url, b"{}", {}).status == 200
        for url in ("http://10.0.0.1:8000/", "http://169.254.169.254/", "http://192.168.0.1:9000/"):
            with pytest.raises(AddressRefused):
                egress.post(url, b"{}", {})
        settings.EGRESS_ALLOW_LOOPBACK = False
        with pytest.raises(AddressRefused):
            egress.post(far.url, b"{}", {})
        assert len(far.got) == 1


def test_the_connection_goes_to_what_was_checked(names: dict[str, list[str]]) -> None:
    """A name that changes its answer after the check is asked no second time."""
    with receiver() as far:
        port = far.url.split(":")[2].split("/")[0]
        names["turning.example"] = ["127.0.0.1", "10.255.255.1"]

        answer = egress.post(f"http://turning.example:{port}/x?y=1", b"{}", {"X-A": "b"})

    assert answer.status == 200
    assert far.got[0].headers["Host"] == f"turning.example:{port}"
    assert (far.got[0].path, far.got[0].headers["X-A"]) == ("/x?y=1", "b")


def test_a_redirect_is_an_answer_and_not_followed() -> None:
    with receiver() as far, receiver() as inside:
        far.status, far.headers = 307, {"Location": inside.url}

        assert egress.post(far.url, b"{}", {}).status == 307
        assert inside.got == []


def test_answers_are_read_to_a_bound() -> None:
    with receiver() as far:
        far.text = "x" * 100_000

        assert len(egress.post(far.url, b"{}", {}, most=500).body) == 500


def test_a_slow_answer_ends_in_time() -> None:
    with receiver() as far:
        far.delay_seconds = 2
        with pytest.raises(Unreachable):
            egress.post(far.url, b"{}", {}, seconds=0.3)


@contextmanager
def _talking(talk: Any) -> Iterator[int]:
    """A server that does something else than HTTP with each connection; answers its port."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        try:
            while True:
                talk(listening.accept()[0])
        except OSError:
            return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()


def _drip(connection: socket.socket) -> None:
    with connection:
        connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while True:
            connection.sendall(b"x")
            time.sleep(0.05)


def test_an_answer_that_drips_ends_in_time_too() -> None:
    with _talking(_drip) as port, pytest.raises(Unreachable):
        egress.post(f"http://127.0.0.1:{port}/", b"{}", {}, seconds=0.5)


@pytest.mark.parametrize("said", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n"])
def test_what_is_no_http_is_no_answer(said: bytes) -> None:
    def talk(connection: socket.socket) -> None:
        with connection:
            got = b""
            while not got.endswith(b"{}"):
                got += connection.recv(1000)
            connection.sendall(said)

    steps: list[str] = []
    with _talking(talk) as port, pytest.raises(NoAnswer):
        egress.post(
            f"http://127.0.0.1:{port}/", b"{}", {}, before_sending=lambda: steps.append("sent")
        )

    assert steps == ["sent"]


def test_through_a_closed_port_nothing_is_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    steps: list[str] = []

    with pytest.raises(Unreachable) as caught:
        egress.post(
            f"http://127.0.0.1:{port}/", b"{}", {}, before_sending=lambda: steps.append("sent")
        )

    assert not isinstance(caught.value, NoAnswer)
    assert steps == []


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for hook.example, with its key, in one file."""
    path = tmp_path / "hook.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-keyout", path, "-out", tmp_path / "cert.pem", "-days", "1"),
            *("-subj", "/CN=hook.example", "-addext", "subjectAltName=DNS:hook.example"),
        ],
        check=True,
        capture_output=True,
    )
    path.write_bytes(path.read_bytes() + (tmp_path / "cert.pem").read_bytes())
    return path


def test_the_certificate_must_show_the_name(
    certificate: Path, names: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def talk(plain: socket.socket) -> None:
        try:
            with context.wrap_socket(plain, server_side=True) as connection:
                got = b""
                while not got.endswith(b"{}"):
                    got += connection.recv(1000)
                connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
        except OSError:
            return

    names["hook.example"] = names["other.example"] = ["127.0.0.1"]
    with _talking(talk) as port:
        with pytest.raises(Unreachable):  # nobody we trust has signed it
            egress.post(f"https://hook.example:{port}/", b"{}", {})
        monkeypatch.setattr(
            egress, "_trust", lambda: ssl.create_default_context(cafile=str(certificate))
        )
        assert egress.post(f"https://hook.example:{port}/", b"{}", {}).status == 204
        with pytest.raises(Unreachable):
            egress.post(f"https://other.example:{port}/", b"{}", {})
