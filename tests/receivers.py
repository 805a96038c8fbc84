"""A receiver of webhooks: a real HTTP server on loopback that answers as a test wants."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Request:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """What came, and what is answered: ``answers`` one after the other, then ``status``."""

    url: str = ""
    status: int = 200
    text: str = "thanks"
    headers: dict[str, str] = field(default_factory=dict)
    delay_seconds: float = 0
    answers: list[int] = field(default_factory=list)
    got: list[Request] = field(default_factory=list)
    on_request: Callable[[Request], None] | None = None

    @property
    def ids(self) -> list[str]:
        return [request.headers["Forecourt-Event-Id"] for request in self.got]


@contextmanager
def receiver() -> Iterator[Receiver]:
    """Run a receiver; ``receiver.url`` is where it listens."""
    state = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            request = Request(self.path, dict(self.headers), body)
            state.got.append(request)
            status = state.answers.pop(0) if state.answers else state.status
            if state.on_request is not None:
                state.on_request(request)
            time.sleep(state.delay_seconds)
            text = state.text.encode()
            self.send_response(status)
            for name, value in state.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            with suppress(OSError):  # the test has hung up
                self.wfile.write(text)

        def log_message(self, *arguments: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_address[1]}/events"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
