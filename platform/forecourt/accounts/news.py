"""Turns allauth's signals into news of ours; connected once, when the app starts."""

from typing import Any

from allauth.account import signals as account_signals
from allauth.mfa import signals as factor_signals
from django.http import HttpRequest

from forecourt.accounts.adapters import tell
from forecourt.accounts.middleware import HAS_SECOND_FACTOR
from forecourt.accounts.models import User


def connect() -> None:
    account_signals.password_changed.connect(on_password_changed)
    account_signals.password_reset.connect(on_password_reset)
    factor_signals.authenticator_added.connect(on_factor_added)
    factor_signals.authenticator_removed.connect(on_factor_removed)
    factor_signals.authenticator_reset.connect(on_factor_renewed)
    factor_signals.authentication_failed.connect(on_factor_failed)


def on_password_changed(request: HttpRequest, user: User, **_options: Any) -> None:
    tell(request, "password_changed", user.pk)


def on_password_reset(request: HttpRequest, user: User, **_options: Any) -> None:
    tell(request, "password_reset", user.pk)


def on_factor_added(request: HttpRequest, user: User, authenticator: Any, **_options: Any) -> None:
    tell(request, "second_factor_added", user.pk, kind=str(authenticator.type))


def on_factor_removed(
    request: HttpRequest, user: User, authenticator: Any, **_options: Any
) -> None:
    request.session.pop(HAS_SECOND_FACTOR, None)
    tell(request, "second_factor_removed", user.pk, kind=str(authenticator.type))


def on_factor_renewed(
    request: HttpRequest, user: User, authenticator: Any, **_options: Any
) -> None:
    tell(request, "second_factor_renewed", user.pk, kind=str(authenticator.type))


def on_factor_failed(request: HttpRequest, user: User, authenticator: Any, **_options: Any) -> None:
    tell(request, "second_factor_failed", user.pk, kind=str(authenticator.type))
