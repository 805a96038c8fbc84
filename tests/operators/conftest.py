"""Operators' browsers on the bare domain."""

from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.test import Client

from forecourt.accounts.models import User
from forecourt.kernel.groups import GroupIdentity, inside
from forecourt.operators.accounts import create_operator
from forecourt.operators.models import Operator

Role = Operator.Role


@pytest.fixture
def operator_browser(group: GroupIdentity) -> Callable[..., Client]:
    """``operator_browser("li")``: an operator's, with a second factor unless told otherwise."""

    def make(name: str = "li", *, role: str = Role.OPERATOR, has_factor: bool = True) -> Client:
        browser = Client(headers={"host": settings.BASE_DOMAIN})
        with inside("public"):
            operator, _password = create_operator(
                email=f"{name}@forecourt.example", name=name.title(), role=role
            )
            user = User.objects.get(pk=operator.user_id)
            if has_factor:
                Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={})
            browser.force_login(user)
        return browser

    return make
