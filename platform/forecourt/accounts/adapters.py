"""How allauth signs people in here: closed sign-up, one group at a time, sealed secrets."""

import uuid
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.utils import perform_login
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from forecourt.accounts import mail
from forecourt.accounts.events import AccountActivity
from forecourt.accounts.models import User
from forecourt.accounts.policy import requires_second_factor
from forecourt.kernel import crypto, events
from forecourt.kernel.groups import account_url, current_group, in_group

SECOND_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
"""What counts as a second factor; recovery codes only stand in for one."""

OPERATORS_HOME = "/operators/"
"""Where the platform's own people go, who sign in on the bare domain."""

CHANGES = {
    "account/email/password_changed": gettext_lazy("Your password was changed."),
    "account/email/password_reset": gettext_lazy("Your password was set anew by a link by mail."),
    "mfa/email/totp_activated": gettext_lazy("An authenticator app was added to your account."),
    "mfa/email/totp_deactivated": gettext_lazy(
        "The authenticator app was removed from your account."
    ),
    "mfa/email/webauthn_added": gettext_lazy("A passkey was added to your account."),
    "mfa/email/webauthn_removed": gettext_lazy("A passkey was removed from your account."),
    "mfa/email/recovery_codes_generated": gettext_lazy(
        "New recovery codes were made; the old ones no longer work."
    ),
}
"""allauth's notices about an account's safety, each as one sentence of the same mail."""


def client_address(request: HttpRequest) -> str | None:
    """The address that the request came from, seen behind the trusted proxies."""
    try:
        return AccountAdapter().get_client_ip(request)
    except PermissionDenied:
        return None


def tell(request: HttpRequest, action: str, user_id: int | None, **details: Any) -> None:
    """Publish what somebody did with an account, with where it came from."""
    events.publish(
        AccountActivity(
            action=action,
            user_id=user_id,
            address=client_address(request),
            device=request.META.get("HTTP_USER_AGENT", ""),
            details=details,
        )
    )


def sign_in(request: HttpRequest, user: User, redirect_to: str) -> HttpResponse:
    """Sign a person in who proved herself by a link; a second factor is still asked for."""
    return perform_login(request, user, redirect_url=redirect_to)


def masked_login(login: str) -> str:
    """Enough of what was typed to recognise it, too little if it was a password."""
    name, at, domain = login.partition("@")
    return f"{name[:2]}…{at}{domain}" if at else f"{login[:2]}…"


class AccountAdapter(DefaultAccountAdapter):
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "account_inactive": gettext_lazy("This account may not sign in at present."),
        "email_password_mismatch": gettext_lazy(
            "E-mail address or mobile number and password do not belong together."
        ),
        "enter_current_password": gettext_lazy("This is not your present password."),
        "incorrect_code": gettext_lazy("This code is not right, or was used already."),
        "incorrect_password": gettext_lazy("This is not your password."),
        "invalid_password_reset": gettext_lazy("This link is no longer good."),
        "too_many_login_attempts": gettext_lazy(
            "Too many failed tries. Wait five minutes, or set a new password."
        ),
        "rate_limited": gettext_lazy("Too many tries. Try again in a minute."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Inside a group people are invited; groups themselves sign up on the bare domain."""
        return False

    def is_safe_url(self, url: str) -> bool:
        """Only this very host: another group's address shares the domain, not the trust."""
        return url_has_allowed_host_and_scheme(
            url, allowed_hosts={self.request.get_host()}, require_https=self.request.is_secure()
        )

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return super().get_login_redirect_url(request) if in_group() else OPERATORS_HOME

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("account_profile") if in_group() else reverse("mfa_index")

    def get_logout_redirect_url(self, request: HttpRequest) -> str:
        return reverse("account_login")

    def set_password(self, user: User, password: str) -> None:
        user.set_password(password)
        user.save(update_fields=["password"])

    def reauthenticate(self, user: User, password: str) -> bool:
        found = self.authenticate(self.request, email=user.email, password=password)
        return found is not None and found.pk == user.pk

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        login = str(credentials.get("email", ""))
        user_id = User.objects.filter(email__iexact=login).values_list("pk", flat=True).first()
        tell(request, "sign_in_failed", user_id, login=masked_login(login))

    def post_login(self, request: HttpRequest, user: User, **options: Any) -> HttpResponse:
        response = super().post_login(request, user, **options)
        if user.language:
            response.set_cookie(
                settings.LANGUAGE_COOKIE_NAME, user.language, max_age=settings.SESSION_COOKIE_AGE
            )
        tell(request, "signed_in", user.pk)
        return response

    def logout(self, request: HttpRequest) -> None:
        user_id = request.user.pk
        super().logout(request)
        tell(request, "signed_out", user_id)

    def get_reset_password_url(self) -> str:
        path = reverse("account_reset_password")
        return account_url(path) if in_group() else self.request.build_absolute_uri(path)

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Not at the host of the request, which may be one that the group no longer has."""
        url: str = super().get_reset_password_from_key_url(key)
        return account_url(urlsplit(url).path) if in_group() else url

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """allauth's mails leave by our outbox and in the reader's language."""
        user = context.get("user")
        mail.send(
            template_prefix,
            to=email,
            key=uuid.uuid4().hex,
            language=getattr(user, "language", ""),
            context=context,
        )

    def send_notification_mail(
        self,
        template_prefix: str,
        user: User,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """Tell a person that her account's protection changed, in case it was not she."""
        self.send_mail(
            "account/email/protection_changed",
            email or user.email,
            {
                "user": user,
                "change": CHANGES[template_prefix],
                "address": client_address(self.request),
                "reset_url": self.get_reset_password_url(),
                **(context or {}),
            },
        )


class MFAAdapter(DefaultMFAAdapter):
    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": gettext_lazy("This code is not right, or was used already."),
        "cannot_delete_authenticator": gettext_lazy(
            "Your group asks everybody for a second factor: add another one before you remove this."
        ),
        "cannot_generate_recovery_codes": gettext_lazy(
            "Recovery codes stand in for a second factor: add one first."
        ),
    }

    def encrypt(self, text: str) -> str:
        return crypto.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return crypto.decrypt(encrypted_text)

    def get_totp_issuer(self) -> str:
        group = current_group()
        return group.name if group else "Forecourt"

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """The relying party is this group's own host, so a passkey is good for one group."""
        return {**super().get_public_key_credential_rp_entity(), "name": self.get_totp_issuer()}

    def generate_authenticator_name(self, user: User, type: str) -> str:  # noqa: A002 - allauth's
        number = Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1
        return _("Passkey %(number)s") % {"number": number}

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """The last second factor stays where the group demands one."""
        if not requires_second_factor():
            return True
        others = Authenticator.objects.filter(
            user_id=authenticator.user_id, type__in=SECOND_FACTORS
        )
        return others.exclude(pk=authenticator.pk).exists()
