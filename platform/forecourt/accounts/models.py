"""The account of a person. One table a group, and one in the public schema for operators.

An account is only the means to sign in; who the person is and what she may do stands in the
organisation module (``StaffMember``).
"""

import hashlib
import secrets
from typing import Any, ClassVar, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from forecourt.kernel.clock import now


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=(username or "").strip())


class User(AbstractBaseUser):
    email = models.EmailField(_("E-mail"))
    mobile = models.CharField(_("Mobile"), max_length=20, blank=True)
    name = models.CharField(_("Name"), max_length=100)
    language = models.CharField(
        _("Language"),
        max_length=10,
        blank=True,
        choices=[("", _("The group's language")), ("zh-hans", "简体中文"), ("en", "English")],
    )
    is_active = models.BooleanField(_("May sign in"), default=True)
    created_at = models.DateTimeField(default=now, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        verbose_name = _("Account")
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_uq"),
            models.UniqueConstraint(
                fields=["mobile"], condition=~models.Q(mobile=""), name="user_mobile_uq"
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return self.name


class ApiTokenQuerySet(models.QuerySet):
    def usable(self) -> Self:
        return self.filter(
            models.Q(expires_at__isnull=True) | models.Q(expires_at__gt=now()),
            revoked_at__isnull=True,
            user__is_active=True,
        )


class ApiToken(models.Model):
    """A token for the API. Shown once when made; only its SHA-256 is kept.

    ``scopes`` narrows what the token may do to these permissions; empty means all that its person
    may do. The text starts with ``fct_``, so that it is recognised where it must not be (logs).
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="api_tokens")
    name = models.CharField(pgettext_lazy("thing", "Name"), max_length=80)
    digest = models.CharField(max_length=64)
    hint = models.CharField(max_length=12)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField(_("Expires"), null=True, blank=True)
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("API token")
        constraints = [models.UniqueConstraint(fields=["digest"], name="api_token_digest_uq")]

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"

    @staticmethod
    def digest_of(text: str) -> str:
        return hashlib.sha256(text.encode()).hexdigest()

    @classmethod
    def issue(cls, user: User, name: str, **fields: Any) -> tuple["ApiToken", str]:
        """A new token and its text, which cannot be had again."""
        text = f"fct_{secrets.token_urlsafe(32)}"
        token = cls.objects.create(
            user=user, name=name, digest=cls.digest_of(text), hint=text[:10], **fields
        )
        return token, text
