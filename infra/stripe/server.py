"""The stand-in as a web server: calls with a key, pages without one."""

import json
import threading
import urllib.parse
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import stripe

from forecourt.config.embedded import STRIPE_SECRET_KEY as SECRET_KEY
from forecourt.config.embedded import STRIPE_WEBHOOK_SECRET as WEBHOOK_SECRET
from infra.stripe.api import Api
from infra.stripe.delivery import Delivery
from infra.stripe.engine import Engine
from infra.stripe.pages import Pages, Redirect
from infra.stripe.refusals import Refused
from infra.stripe.store import Row, Store

PORT = 8420
__all__ = ["PORT", "SECRET_KEY", "WEBHOOK_SECRET", "StandIn", "running"]
VERSION = stripe.api_version
REASONS = {200: "OK", 302: "Found"}
TICK_SECONDS = 1.0
POLL_SECONDS = 0.02
EVENT_SHOWS = {"subscription": "_subscription", "invoice": "invoice"}
StartResponse = Callable[[str, list[tuple[str, str]]], Any]


class StandIn:
    """All of it: store, engine, API, pages, and events on their way to ``webhook_url``."""

    def __init__(self, *, base: str, webhook_url: str, file: Path | None = None) -> None:
        self.store = Store(file)
        self.delivery = Delivery(webhook_url, WEBHOOK_SECRET)
        self.engine = Engine(self.store, self.announce)
        self.api = Api(self.store, self.engine, base)
        self.pages = Pages(self.api, self.delivery)

    def announce(self, kind: str, row: Row) -> None:
        """Make an event with the row as it is now, and send it."""
        shows = EVENT_SHOWS.get(row["object"])
        data = getattr(self.api, shows)(row) if shows else row
        text = json.dumps({k: v for k, v in data.items() if not k.startswith("_")})
        event = self.store.add(
            "event",
            type=kind,
            api_version=VERSION,
            pending_webhooks=1,
            request={"id": None, "idempotency_key": None},
            data={"object": json.loads(text)},
        )
        self.delivery.send(event)

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length).decode()
        if method in ("GET", "DELETE"):
            body = environ.get("QUERY_STRING", "")
        with self.store.change():
            if path.startswith("/v1/"):
                status, content = self._called(environ, method, path, body)
                headers = [("Content-Type", "application/json"), ("Request-Id", "req_stand_in")]
            else:
                status, headers, content = self._shown(method, path, body)
        start_response(
            f"{status} {REASONS.get(status, 'Error')}",
            [*headers, ("Content-Length", str(len(content)))],
        )
        return [content]

    def _called(
        self, environ: dict[str, Any], method: str, path: str, body: str
    ) -> tuple[int, bytes]:
        key = environ.get("HTTP_IDEMPOTENCY_KEY") if method == "POST" else None
        asked = [method, path, sorted(urllib.parse.parse_qsl(body))]
        try:
            _require_caller(environ)
            if key and key in self.store.answers:
                return self._answered_before(key, asked)
            status, answer = 200, self.api.answer(method, path, body)
        except Refused as refusal:
            status, answer = refusal.status, refusal.document
        if key and status == 200:
            self.store.answers[key] = json.loads(json.dumps([asked, answer]))
        return status, json.dumps(answer, default=str).encode()

    def _answered_before(self, key: str, asked: list[Any]) -> tuple[int, bytes]:
        known, answer = self.store.answers[key]
        if known != json.loads(json.dumps(asked)):
            raise Refused(
                "Keys for idempotent requests can only be used with the same parameters they were "
                f"first used with. ({key})",
                kind="idempotency_error",
            )
        return 200, json.dumps(answer).encode()

    def _shown(self, method: str, path: str, body: str) -> tuple[int, list[tuple[str, str]], bytes]:
        try:
            kind, content = self.pages.answer(method, path, body)
        except Redirect as redirect:
            return 302, [("Location", redirect.address)], b""
        except Refused as refusal:
            return refusal.status, [("Content-Type", "text/plain")], refusal.message.encode()
        return 200, [("Content-Type", kind)], content

    def tick(self) -> None:
        """Do what has fallen due by the clock."""
        with self.store.change():
            self.engine.advance(self.store.now())


def _require_caller(environ: dict[str, Any]) -> None:
    if environ.get("HTTP_AUTHORIZATION") != f"Bearer {SECRET_KEY}":
        raise Refused("Invalid API Key provided.", status=401)
    if environ.get("HTTP_STRIPE_VERSION") != VERSION:
        raise Refused(f"The stand-in speaks the version {VERSION} alone.", param="Stripe-Version")


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _QuietHandler(WSGIRequestHandler):
    def log_message(self, *arguments: Any) -> None:
        """Says nothing: the product's own log tells of its calls."""


@contextmanager
def running(
    *, port: int = 0, webhook_url: str, file: Path | None = None, ticks: bool = False
) -> Iterator[StandIn]:
    """Serve on loopback while inside; ``stand_in.api.base`` is the address."""
    server = make_server("127.0.0.1", port, lambda *_: [], _Server, _QuietHandler)
    stand_in = StandIn(
        base=f"http://127.0.0.1:{server.server_port}", webhook_url=webhook_url, file=file
    )
    server.set_app(stand_in)
    stand_in.delivery.start()
    ends = threading.Event()

    def keep_time() -> None:
        while not ends.wait(TICK_SECONDS):
            stand_in.tick()

    serving = threading.Thread(target=server.serve_forever, args=(POLL_SECONDS,), daemon=True)
    threads = [serving]
    if ticks:
        threads.append(threading.Thread(target=keep_time, daemon=True))
    for thread in threads:
        thread.start()
    try:
        yield stand_in
    finally:
        ends.set()
        server.shutdown()
        stand_in.delivery.stop()
        server.server_close()
