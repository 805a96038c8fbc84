"""Callers of the API."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from apps.organisation.models import StaffMember
from forecourt.accounts.models import ApiToken
from forecourt.kernel.groups import GroupIdentity, inside


@dataclass
class Caller:
    """A program with a token (or none) at a group's address."""

    client: Client
    headers: dict[str, str]

    def get(self, path: str, **headers: str) -> Any:
        return self._at_home(self.client.get, f"/api/v1/{path}", headers=self._all(headers))

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self._send("post", path, body, headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> Any:
        return self._send("patch", path, body, headers)

    def delete(self, path: str, **headers: str) -> Any:
        return self._send("delete", path, None, headers)

    def _send(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Any:
        return self._at_home(
            getattr(self.client, method),
            f"/api/v1/{path}",
            data=json.dumps({} if body is None else body),
            content_type="application/json",
            headers=self._all(headers),
        )

    @staticmethod
    def _at_home(send: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        """A request leaves the connection in its group; the test goes on in its own."""
        home = connection.tenant
        try:
            return send(*arguments, **options)
        finally:
            connection.set_tenant(home)

    def _all(self, more: dict[str, str]) -> dict[str, str]:
        return {**self.headers, **{name.replace("_", "-"): text for name, text in more.items()}}


@pytest.fixture
def caller() -> Callable[..., Caller]:
    """``caller(group, staff)``: calls with a fresh token of the person; ``None`` has no token."""

    def make(
        group: GroupIdentity,
        staff: StaffMember | None = None,
        *,
        token: str | None = None,
        language: str = "en",
        **fields: Any,
    ) -> Caller:
        headers = {"Accept-Language": language} if language else {}
        if staff is not None:
            with inside(group):
                token = ApiToken.issue(staff.user, "test", **fields)[1]
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        client = Client(
            headers={"host": f"{group.slug}.{settings.BASE_DOMAIN}"}, raise_request_exception=False
        )
        return Caller(client, headers)

    return make
