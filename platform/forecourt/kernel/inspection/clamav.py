"""Asking ClamAV: its daemon is sent the bytes over a socket and says what it thinks of them."""

from __future__ import annotations

import socket
import struct
from typing import IO
from urllib.parse import urlsplit

PIECE_BYTES = 1 << 18
SECONDS = 120


class ScannerUnavailable(Exception):
    """The scanner does not answer, or not with a verdict; until it has, nobody gets the file."""


def scan(file: IO[bytes], address: str) -> str:
    """The name of what was found, or nothing.

    ``address`` is ``tcp://host:3310`` or ``unix:///path/to/clamd.sock``. Raises ScannerUnavailable.
    """
    try:
        with _connected(address) as scanner:
            file.seek(0)
            scanner.sendall(b"zINSTREAM\0")
            while piece := file.read(PIECE_BYTES):
                scanner.sendall(struct.pack(">I", len(piece)) + piece)
            scanner.sendall(struct.pack(">I", 0))
            verdict = _answer(scanner)
    except OSError as error:
        raise ScannerUnavailable(f"ClamAV: {error}") from error
    if verdict == "stream: OK":
        return ""
    if verdict.startswith("stream: ") and verdict.endswith(" FOUND"):
        return verdict.removeprefix("stream: ").removesuffix(" FOUND")
    raise ScannerUnavailable(f"ClamAV: {verdict or 'no answer'}")


def _connected(address: str) -> socket.socket:
    parts = urlsplit(address)
    if parts.scheme == "unix":
        scanner = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        scanner.settimeout(SECONDS)
        scanner.connect(parts.path)
        return scanner
    if parts.scheme != "tcp" or not parts.hostname:
        raise ScannerUnavailable(f"ClamAV: {address!r} is no address")
    return socket.create_connection((parts.hostname, parts.port or 3310), SECONDS)


def _answer(scanner: socket.socket) -> str:
    answer = b""
    while b"\0" not in answer and len(answer) < 4096:
        piece = scanner.recv(1024)
        if not piece:
            break
        answer += piece
    return answer.rstrip(b"\0\n").decode(errors="replace")
