"""Requests over one kept connection: to the API with a token, to the pages as a browser does."""

from __future__ import annotations

import http.client
import json
import time
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode

SECONDS_TO_ANSWER = 300
# Both servers close a connection that rests for 30 seconds.
SECONDS_TO_REST = 15


@dataclass
class Answer:
    status: int
    body: bytes
    headers: http.client.HTTPMessage

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Client:
    """A keep-alive connection to one server under one host name, with a token or a jar."""

    port: int
    host: str = "127.0.0.1"
    token: str = ""
    cookies: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    _connection: http.client.HTTPConnection | None = field(default=None, repr=False)
    _used_at: float = field(default=0.0, repr=False)

    def send(self, method: str, path: str, body: Any = None) -> Answer:
        """One request with a body of JSON.

        Raises AssertionError for a server error, so that no time is of a failure.
        """
        content = None if body is None else json.dumps(body).encode()
        return self._send(method, path, content, "application/json")

    def expect(self, status: int, method: str, path: str, body: Any = None) -> Answer:
        """As :meth:`send`, and raises AssertionError for another status."""
        return _expect(self.send(method, path, body), status, f"{method} {path}")

    def submit(self, path: str, fields: dict[str, str]) -> Answer:
        """Send a form as a browser does, with the forgery token that a page before it set."""
        fields = {**fields, "csrfmiddlewaretoken": self.cookies.get("csrftoken", "")}
        content = urlencode(fields).encode()
        return self._send("POST", path, content, "application/x-www-form-urlencoded")

    def follow(self, answer: Answer) -> str:
        """Where a redirect leads. Raises AssertionError when it is none."""
        return _expect(answer, 302, "a redirect").headers["Location"]

    def again(self) -> Client:
        """Another connection to the same place."""
        return Client(self.port, self.host, self.token, dict(self.cookies), self.headers)

    def _send(self, method: str, path: str, content: bytes | None, content_type: str) -> Answer:
        # Spelt as Host so that a group answers: what resolves is the loopback address.
        headers = {"Host": f"{self.host}:{self.port}", **self.headers}
        if content is not None:
            headers["Content-Type"] = content_type
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{key}={text}" for key, text in self.cookies.items())
        if self._connection is None or time.monotonic() - self._used_at > SECONDS_TO_REST:
            self._connection = http.client.HTTPConnection(
                "127.0.0.1", self.port, timeout=SECONDS_TO_ANSWER
            )
        self._connection.request(method, path, content, headers)
        response = self._connection.getresponse()
        answer = Answer(response.status, response.read(), response.headers)
        self._used_at = time.monotonic()
        for line in response.headers.get_all("Set-Cookie", []):
            self.cookies.update((key, one.value) for key, one in SimpleCookie(line).items())
        if answer.status >= 500:
            raise AssertionError(f"{method} {path}: {answer.status} {answer.body[:300]!r}")
        return answer


def _expect(answer: Answer, status: int, what: str) -> Answer:
    if answer.status != status:
        raise AssertionError(f"{what}: {answer.status} {answer.body[:500]!r}")
    return answer
