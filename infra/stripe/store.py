"""What the stand-in remembers, and its clock."""

import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from infra.stripe.refusals import missing

Row = dict[str, Any]
PREFIXES = {
    "product": "prod",
    "price": "price",
    "customer": "cus",
    "payment_method": "pm",
    "checkout.session": "cs_test",
    "billing_portal.session": "bps",
    "subscription": "sub",
    "subscription_item": "si",
    "invoice": "in",
    "invoiceitem": "ii",
    "billing.meter": "mtr_test",
    "billing.meter_event": "mev",
    "event": "evt",
}


class Store:
    """Rows by kind and id, kept in a file when there is one; one request at a time."""

    def __init__(self, file: Path | None = None) -> None:
        self.file = file
        self.lock = threading.RLock()
        self.rows: dict[str, dict[str, Row]] = {kind: {} for kind in PREFIXES}
        self.answers: dict[str, Any] = {}
        """What was answered to requests with an idempotency key."""
        self.offset = 0
        self.moment: int | None = None
        """While the clock is being moved: the moment that it has reached."""
        if file is not None and file.exists():
            kept = json.loads(file.read_text())
            self.rows |= kept["rows"]
            self.answers, self.offset = kept["answers"], kept["offset"]

    def now(self) -> int:
        """Seconds, as Stripe counts them."""
        return self.moment if self.moment is not None else int(time.time()) + self.offset

    @contextmanager
    def change(self) -> Iterator[None]:
        """One change at a time, written down before it is answered."""
        with self.lock:
            yield
            if self.file is not None:
                draft = self.file.with_suffix(".new")
                kept = {"rows": self.rows, "answers": self.answers, "offset": self.offset}
                draft.write_text(json.dumps(kept))
                draft.replace(self.file)

    def add(self, kind: str, **values: Any) -> Row:
        row_id = values.pop("id", None) or f"{PREFIXES[kind]}_{secrets.token_hex(10)}"
        row = {"id": row_id, "object": kind, "created": self.now(), "livemode": False, **values}
        self.rows[kind][row_id] = row
        return row

    def get(self, kind: str, row_id: str, param: str = "id") -> Row:
        """Raises Refused for an unknown one."""
        row = self.rows[kind].get(row_id)
        if row is None:
            raise missing(kind, row_id, param)
        return row

    def all(self, kind: str, **wanted: Any) -> list[Row]:
        """The newest first, as Stripe lists them."""
        found = [
            row
            for row in self.rows[kind].values()
            if all(row.get(name) == value for name, value in wanted.items())
        ]
        return found[::-1]
