"""Events on their way to the product: signed, sent over HTTP, again until they are taken.

They can be held back and let go twice or in another order, as it happens with the real ones.
"""

import hashlib
import hmac
import http.client
import json
import queue
import random
import threading
import time
import urllib.request
from typing import Any

Row = dict[str, Any]
WAITS = (1, 2, 5, 15, 60, 300, 1800)
SECONDS = 10


def signature(payload: bytes, secret: str, stamp: int | None = None) -> str:
    """The header ``Stripe-Signature`` of a body."""
    stamp = int(time.time()) if stamp is None else stamp
    digest = hmac.new(secret.encode(), f"{stamp}.".encode() + payload, hashlib.sha256).hexdigest()
    return f"t={stamp},v1={digest}"


class Delivery:
    """Sends each event at once, or keeps it while ``is_held``."""

    def __init__(self, url: str, secret: str) -> None:
        self.url, self.secret = url, secret
        self.is_held = False
        self.held: list[bytes] = []
        self._due: queue.PriorityQueue[tuple[float, int, int, bytes]] = queue.PriorityQueue()
        self._count = 0
        self._ends = threading.Event()
        self._thread: threading.Thread | None = None

    def send(self, event: Row) -> None:
        payload = json.dumps(event, indent=2).encode()
        if self.is_held:
            self.held.append(payload)
        else:
            self._queue(payload)

    def release(self, *, times: int = 1, shuffled: bool = False) -> None:
        """Let go what was held, each as often, in any order if wanted."""
        payloads, self.held = self.held * times, []
        if shuffled:
            random.shuffle(payloads)
        for payload in payloads:
            self._queue(payload)

    def start(self) -> None:
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._ends.set()
        if self._thread is not None:
            self._thread.join()

    def wait(self, seconds: float = 30) -> bool:
        """Until nothing is on its way; False when something still is."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            if not self._due.unfinished_tasks:
                return True
            time.sleep(0.02)
        return False

    def _queue(self, payload: bytes, attempt: int = 0, wait: float = 0) -> None:
        self._count += 1
        self._due.put((time.monotonic() + wait, self._count, attempt, payload))

    def _work(self) -> None:
        while not self._ends.is_set():
            try:
                at, _number, attempt, payload = self._due.get(timeout=0.1)
            except queue.Empty:
                continue
            if at > time.monotonic():
                self._due.put((at, _number, attempt, payload))
                self._due.task_done()
                self._ends.wait(0.05)
                continue
            if not post(self.url, payload, self.secret) and attempt < len(WAITS):
                self._queue(payload, attempt + 1, WAITS[attempt])
            self._due.task_done()


def post(url: str, payload: bytes, secret: str, *, stamp: int | None = None) -> bool:
    """Deliver once; says whether it was taken."""
    request = urllib.request.Request(
        url,
        payload,
        {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": signature(payload, secret, stamp),
            "User-Agent": "Stripe/1.0 (stand-in)",
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as response:
            return 200 <= response.status < 300
    except (OSError, http.client.HTTPException):
        return False
