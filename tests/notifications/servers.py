"""Far sides for tests: an HTTP server that keeps what it is sent, and a mail server."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass
class Request:
    """One request as it came over the wire."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.body)


@dataclass
class Provider:
    """Answers with what stands in ``answers``, the last one again and again.

    An answer is (status, body, headers), or a function of the request.
    """

    url: str = ""
    answers: list[Any] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)

    def next_answer(self, request: Request) -> tuple[int, dict[str, Any], dict[str, str]]:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return answer(request) if callable(answer) else answer


@contextmanager
def http_server() -> Iterator[Provider]:
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.do_POST()

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            parts = urlsplit(self.path)
            request = Request(
                self.command,
                parts.path,
                {name: found[0] for name, found in parse_qs(parts.query).items()},
                {name.lower(): value for name, value in self.headers.items()},
                self.rfile.read(length),
            )
            answer = provider.next_answer(request)
            if answer is None:  # hang up without a word
                self.close_connection = True
                return
            status, body, headers = answer
            content = json.dumps(body).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_arguments: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    provider.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class MailServer:
    """Takes mail by SMTP. ``refuse`` answers a recipient with a reply of its own, ``at`` is called
    at each step (``EHLO``, ``RCPT``, ``DATA``, ``END`` before the last answer)."""

    port: int = 0
    mails: list[tuple[str, list[str], str]] = field(default_factory=list)
    refuse: dict[str, str] = field(default_factory=dict)
    at: Callable[[str], None] = lambda _step: None
    lock: threading.Lock = field(default_factory=threading.Lock)


@contextmanager
def mail_server() -> Iterator[MailServer]:
    box = MailServer()

    class Handler(socketserver.StreamRequestHandler):
        def say(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())

        def handle(self) -> None:
            self.say("220 test ESMTP")
            sender, recipients = "", []
            while line := self.rfile.readline():
                command = line.decode().strip()
                word = command.split(" ")[0].upper()
                if word in ("EHLO", "HELO"):
                    box.at("EHLO")
                    self.say("250 test")
                elif word == "MAIL":
                    sender, recipients = command[10:].strip("<> "), []
                    self.say("250 ok")
                elif word == "RCPT":
                    box.at("RCPT")
                    address = command[8:].strip("<> ")
                    if address in box.refuse:
                        self.say(box.refuse[address])
                        continue
                    recipients.append(address)
                    self.say("250 ok")
                elif word == "DATA":
                    box.at("DATA")
                    self.say("354 go on")
                    text = self.read_text()
                    with box.lock:
                        box.mails.append((sender, recipients, text))
                    box.at("END")
                    self.say("250 taken")
                elif word == "QUIT":
                    self.say("221 bye")
                    return
                else:
                    self.say("250 ok")

        def read_text(self) -> str:
            lines = []
            while (line := self.rfile.readline()) not in (b".\r\n", b""):
                lines.append(
                    line.decode().removeprefix(".") if line[:2] == b".." else line.decode()
                )
            return "".join(lines)

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

        def handle_error(self, *_arguments: object) -> None:
            """A client that was killed is no fault of ours."""

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    box.port = server.server_address[1]
    try:
        yield box
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
