"""People who try every door."""

import json
import time
from collections.abc import Callable
from http.cookies import SimpleCookie
from typing import Any

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client

from apps.organisation.models import Role, RolePermission, StaffMember, Store
from forecourt.kernel.access import all_permissions
from forecourt.kernel.groups import GroupIdentity, inside
from tests.factories.organisation import make_staff
from tests.hostile.bodies import body_for, takes_file
from tests.hostile.routes import Route
from tests.hostile.rows import FORMS, QUERIES


def make_person(store: Store | None, scope: str | None) -> StaffMember:
    """Somebody who may do everything within one scope, or nothing at all."""
    person = make_staff("sales_advisor", store)
    person.roles.clear()
    if scope is not None:
        role, made = Role.objects.get_or_create(code=f"all_{scope.lower()}", name_zh=scope)
        if made:
            RolePermission.objects.bulk_create(
                RolePermission(role=role, permission=name, scope=scope)
                for name in all_permissions()
            )
        person.roles.add(role)
    return person


class Visitor:
    """A browser at a group's address that tries an address in every way, signed in anew at each."""

    def __init__(self, group: GroupIdentity, person: StaffMember | None) -> None:
        self.client = Client(
            headers={"host": f"{group.slug}.{settings.BASE_DOMAIN}"}, raise_request_exception=False
        )
        if person is not None:
            with inside(group):
                self.client.force_login(person.user)
                self._remember_password(person)
        self._signed_in = self.client.cookies.output(attrs=[], header="")

    def _remember_password(self, person: StaffMember) -> None:
        """As after signing in a moment ago, so that no page asks for the password again."""
        session = self.client.session
        session["account_authentication_methods"] = [
            {"method": "password", "at": time.time(), "reauthenticated": True}
        ]
        session["account_authentication_methods_user"] = str(person.user_id)
        session.save()

    def try_all(self, route: Route, values: dict[str, Any]) -> dict[str, Any]:
        """``{"GET": response, "POST": response, …}``; the connection stays where it was."""
        address = route.address(values)
        asked = f"{address}?{QUERIES[route.name]}" if route.name in QUERIES else address
        form = FORMS.get(route.name, {})
        home = connection.tenant
        self.client.cookies = SimpleCookie(self._signed_in)
        answers = {}
        try:
            answers["GET"] = self.client.get(asked)
            if not route.is_api:
                htmx = {"HX-Request": "true"}
                answers["GET htmx"] = self.client.get(asked, headers=htmx)
                answers["POST"] = self.client.post(address, form)
                answers["POST htmx"] = self.client.post(address, form, headers=htmx)
            else:
                for method in ("POST", "PATCH", "DELETE"):
                    answers[method] = self._send(method, route, values, address)
        finally:
            connection.set_tenant(home)
        return answers

    def _send(self, method: str, route: Route, values: dict[str, Any], address: str) -> Any:
        segments = address.split("/")
        for name in route.keywords:
            # Whole segments: the 1 of a version is not that of /api/v1/.
            if (value := str(values[name])) in segments:
                segments[segments.index(value)] = f"{{{name}}}"
        template = "/".join(segments)
        if takes_file(template, method.lower()):
            file = ContentFile(b"%PDF-1.7", name="file.pdf")
            return self.client.post(address, {"file": file}, headers={"If-Match": "*"})
        return getattr(self.client, method.lower())(
            address,
            data=json.dumps(body_for(template, method.lower()) or {}),
            content_type="application/json",
            headers={"If-Match": "*"},
        )


@pytest.fixture
def visitor() -> Callable[..., Visitor]:
    return Visitor


@pytest.fixture(autouse=True)
def without_limits(settings: Any) -> None:
    settings.API_RATE_PER_TOKEN = settings.API_RATE_PER_GROUP = 0
